import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Networks, silentLogger, systemClock } from '@mailstead/base'
import { ConnectionGate, listen, ListenError, listenOnSocket, type Closable, type UnixSocket } from '../src/index.ts'
import { client, dial, echoService, memoryLog, tempDir, type EchoService, type LogLine } from './support.ts'

const dir = tempDir()
let count = 0
const free = (): UnixSocket => ({ path: join(dir, `s${++count}`), mode: 0o660, group: undefined })

async function opened(socket: UnixSocket, service: EchoService = echoService(), gate = new ConnectionGate()): Promise<Closable> {
  const listener = await listenOnSocket({ socket, service, gate, log: silentLogger, clock: systemClock })
  after(() => listener.close())
  after(() => service.drain(0))
  return listener
}

const modeOf = (path: string): number => lstatSync(path).mode & 0o777

test('a socket is served as a port is, from this machine, with the mode it was given', async () => {
  const socket = free()
  const service = echoService()
  const gate = new ConnectionGate({ perAddress: 1 })
  const listener = await opened(socket, service, gate)
  assert.equal(modeOf(socket.path), 0o660)
  const [a, b] = [client(connect(socket.path)), client(connect(socket.path))]
  await Promise.all([a.until('hello'), b.until('hello')])
  const [info] = service.seen
  assert.deepEqual({ ...info, id: '' }, { id: '', secure: false, remoteAddress: '127.0.0.1', remotePort: 0, localPort: 0, loopback: true })
  assert.equal(gate.open, 2)
  await listener.close()
  await service.drain(0)
  await Promise.all([a.closed, b.closed])
  assert.equal(existsSync(socket.path), false)
})

test('until it has its mode nobody else can connect', async () => {
  const socket = free()
  const before = process.umask(0)
  try {
    const opening = opened(socket)
    assert.equal(modeOf(socket.path), 0o600)
    await opening
  } finally {
    process.umask(before)
  }
})

test('its group is given by number or by name', async () => {
  const own = process.getgid?.() ?? 0
  const name = spawnSync('id', ['-gn']).stdout.toString().trim()
  for (const group of [`${own}`, name]) {
    const socket = { ...free(), group }
    await opened(socket)
    assert.equal(lstatSync(socket.path).gid, own)
  }
  await assert.rejects(opened({ ...free(), group: 'no-such-group' }), {
    code: 'failed',
    message: 'There is no group no-such-group on this machine: correct socket_group',
  })
})

test('a socket that a dead server left is replaced', async () => {
  const socket = free()
  const script = `require('node:net').createServer().listen(${JSON.stringify(socket.path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script])
  assert.ok(lstatSync(socket.path).isSocket())
  await opened(socket)
  await client(connect(socket.path)).until('hello')
})

test('a socket that somebody listens at is left alone, and so is what is no socket', async () => {
  const socket = free()
  const other = createServer((peer) => peer.on('error', () => {}).end('other\r\n'))
  await new Promise<void>((resolve) => other.listen(socket.path, resolve))
  after(() => other.close())
  const failed = await opened(socket).catch((error: unknown) => error)
  assert.ok(failed instanceof ListenError)
  assert.deepEqual([failed.code, failed.message.includes(socket.path)], ['in-use', true])
  await client(connect(socket.path)).until('other')

  const file = free()
  writeFileSync(file.path, 'kept')
  await assert.rejects(opened(file), { code: 'in-use', message: /is no socket/ })
  assert.ok(existsSync(file.path))
})

test('a folder that is not there or takes nothing is told', async () => {
  await assert.rejects(opened({ ...free(), path: join(dir, 'none', 's') }), { code: 'not-allowed', message: /its folder has to be there/ })
  if (process.getuid?.() === 0) return
  const closed = join(dir, 'closed')
  mkdirSync(closed)
  chmodSync(closed, 0o500)
  await assert.rejects(opened({ ...free(), path: join(closed, 's') }), { code: 'not-allowed' })
})

test('who is not among the clients of a listener is told so and sent away', async () => {
  const lines: LogLine[] = []
  const gate = new ConnectionGate()
  const service = { ...echoService(), refuse: (socket: { end(text: string): void }, _: unknown, reason: string) => socket.end(reason) }
  const options = { host: '127.0.0.1', port: 0, service, gate, log: memoryLog(lines), clock: systemClock }
  const [open, closed] = [new Networks(['127.0.0.0/8']), new Networks(['192.0.2.0/24', '::1'])]
  const [welcome, strange] = [await listen({ ...options, clients: open }), await listen({ ...options, clients: closed })]
  after(() => Promise.all([welcome.close(), strange.close(), service.drain(0)]))
  await dial(welcome.address).until('hello')
  const refused = dial(strange.address)
  assert.equal(await refused.until('client'), 'not-a-client')
  await refused.closed
  assert.deepEqual(
    lines.map(({ event, fields }) => [event, fields['reason']]),
    [['connection refused', 'not among its clients']],
  )
  assert.equal(gate.open, 1)
})
