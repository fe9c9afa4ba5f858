/**
 * What the adapter takes for granted of smtp-server's insides. None of it is documented, so an upgrade has to pass
 * here first; the version is pinned in package.json.
 */
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Duplex } from 'node:stream'
import { type Socket } from 'node:net'
import { mock, test } from 'node:test'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'
import { LibraryServer } from '../src/adapter/server.ts'
import { SmtpInput } from '../src/adapter/input.ts'
import { site } from './fixture.ts'

const prototype = SMTPConnection.prototype

test('the version that was read', () => {
  const path = createRequire(import.meta.url).resolve('smtp-server/package.json')
  assert.equal((JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version, '3.21.6')
})

test('every method that is replaced or called exists', () => {
  for (const name of [
    '_createParser',
    '_getHandler',
    '_onCommand',
    '_setListeners',
    'connectionReady',
    '_sendGreeting',
    'send',
    'close',
    '_armTimeout',
    '_onTimeout',
    '_onError',
    '_onClose',
    '_whenWritable',
  ] as const) {
    assert.equal(typeof prototype[name], 'function', name)
  }
})

/** Handlers of commands that are never reached, as the session has all commands. */
const UNREACHED = ['onData', 'onMailFrom', 'onRcptTo']

test('what stands for its server has all that connections read', () => {
  const path = createRequire(import.meta.url).resolve('smtp-server/lib/smtp-connection.js')
  const read = new Set(Array.from(readFileSync(path, 'utf8').matchAll(/this\._server\.(\w+)/g), ([, name]) => name ?? ''))
  const server: object = new LibraryServer()
  assert.deepEqual([...read].filter((name) => !(name in server)).sort(), UNREACHED)
})

/** A connection of the library alone, with an input of ours, on a socket that is none. */
class Bare extends SMTPConnection {
  readonly sent: [code: number, text: unknown][] = []
  readonly handled: string[] = []
  finish: (() => void) | undefined

  override _createParser(): ReturnType<SMTPConnection['_createParser']> {
    const input = new SmtpInput()
    input.oncommand = (line, next) => this._onCommand(line, next)
    return input as unknown as ReturnType<SMTPConnection['_createParser']>
  }

  override send(code: number, text?: string | string[] | null): void {
    this.sent.push([code, text])
  }

  override _getHandler(): (this: SMTPConnection, line: Buffer, next: () => void) => void {
    return (line, next) => {
      this.handled.push(line.toString())
      this.finish = next
    }
  }
}

class FakeSocket extends Duplex {
  remoteAddress = '127.0.0.1'
  override _read(): void {}
  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    done()
  }
  setTimeout(): this {
    return this
  }
}

function bare(): { connection: Bare; socket: FakeSocket } {
  const socket = new FakeSocket()
  const connection = new Bare(new LibraryServer().asLibrary, socket as unknown as Socket, {})
  return { connection, socket }
}

/** Greeted, as far as the library is concerned. */
function ready(): { connection: Bare; socket: FakeSocket } {
  const made = bare()
  made.connection._setListeners(() => made.connection.connectionReady())
  return made
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('the constructor makes the input and calls nothing else of ours', () => {
  const { connection } = bare()
  assert.ok((connection._parser as unknown) instanceof SmtpInput)
  assert.deepEqual([connection.sent, connection.handled], [[], []])
  assert.ok(connection instanceof EventEmitter)
})

test('with our options the greeting follows at once, without timer or look-up', () => {
  const { connection } = ready()
  assert.equal(connection._ready, true)
  assert.deepEqual(connection.sent[0]?.[0], 220)
})

test('one command at a time, marked as pending until its callback', async () => {
  const { connection, socket } = ready()
  socket.push('ONE\r\nTWO\r\n')
  await turn()
  assert.deepEqual(connection.handled, ['ONE'])
  assert.equal(connection._handlerPending, true)
  connection.finish?.()
  assert.deepEqual(connection.handled, ['ONE', 'TWO'])
  connection.finish?.()
  assert.equal(connection._handlerPending, false)
})

test('_nextHandler takes the next line, once', async () => {
  const { connection, socket } = ready()
  const lines: string[] = []
  connection.hostNameAppearsAs = 'x'
  connection._nextHandler = (line, next) => {
    lines.push(line.toString())
    next()
  }
  socket.push('MAIL\r\nNOOP\r\n')
  await turn()
  assert.deepEqual([lines, connection.handled], [['MAIL'], ['NOOP']])
})

test('the library lets MAIL, RCPT, DATA and AUTH through once hostNameAppearsAs is set, and says 503 before', async () => {
  const { connection, socket } = ready()
  socket.push('MAIL FROM:<>\r\n')
  await turn()
  assert.deepEqual([connection.sent[1]?.[0], connection.handled], [503, []])
  connection.hostNameAppearsAs = 'x'
  socket.push('MAIL FROM:<>\r\n')
  await turn()
  assert.deepEqual(connection.handled, ['MAIL FROM:<>'])
})

test('nothing is dispatched while TLS is being set up', async () => {
  const { connection, socket } = ready()
  connection._upgrading = true
  socket.push('NOOP\r\n')
  await turn()
  assert.deepEqual([connection.handled, connection.sent.length], [[], 1])
})

test('the codes that its dispatcher says itself are those that we have words for', () => {
  const codes = new Set([...prototype._onCommand.toString().matchAll(/this\.send\((\d+)/g)].map(([, code]) => code))
  // 500 and 530 are out of reach: every verb has a handler, and authOptional is set.
  assert.deepEqual(codes, new Set(['421', '451', '500', '503', '530']))
})

test('who does not hang up is cut five seconds after close, and what comes till then is dropped', () => {
  const { connection, socket } = ready()
  mock.timers.enable({ apis: ['setTimeout'] })
  connection.close()
  assert.equal(socket.isPaused(), false)
  mock.timers.tick(4999)
  assert.equal(socket.destroyed, false)
  mock.timers.tick(1)
  assert.equal(socket.destroyed, true)
  mock.timers.reset()
})

test('close stops the input and ends the socket; _onClose lets go of it', async () => {
  const { connection, socket } = ready()
  const input = connection._parser as unknown as SmtpInput
  connection.close()
  assert.equal(input.isClosed, true)
  assert.equal(socket.writableEnded, true)
  connection._onClose()
  assert.equal(connection._parser, false)
  assert.equal(connection._closed, true)
  socket.destroy()
  await turn()
})

test('the greeting needs no timer at all', async (t) => {
  const s = await site(t)
  const mx = await s.serve('mx')
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const greeting = await new Promise<string>((resolve) => {
    const socket = mx.connect()
    socket.once('data', (chunk: Buffer) => {
      socket.destroy()
      resolve(chunk.toString())
    })
  })
  t.mock.timers.reset()
  assert.equal(greeting, '220 mx.example.org ESMTP\r\n')
})
