import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import type { Random } from '@mailstead/testkit'
import { Client } from '../../packages/imap/test/client.ts'
import { loggedErrors, type RealServer } from '../interop/server.ts'
import { loopDelayIn } from '../load/figures.ts'
import { mangled, rubble, transcriptLines } from './mutate.ts'
import { say } from './say.ts'
import { shown, type Target } from './target.ts'

/** How long a server may take for the end of a connection whose client has said all (ms). */
const PATIENCE = 20_000
/** Resident octets that the server may gain in a run of any length: its heap grows before it is collected, and threads keep what they had. */
const MOST_MEMORY = 600 * 1024 * 1024

/** ms of computing in which nobody else is heard. */
const MOST_COMPUTED = 50

export interface Login {
  readonly user: string
  readonly password: string
}

export interface Peer {
  readonly server: RealServer
  readonly login: Login
  /** By protocol, where clients connect. */
  readonly ports: { readonly imap: number; readonly smtp: number; readonly lmtp: number; readonly pop3: number }
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/**
 * Everything the server says to octets that come in pieces, until it ends the connection: it has to. `undefined`: a reset, as where
 * TLS began with rubbish, took what was not read yet.
 */
async function conversation(port: number, pieces: readonly Uint8Array[], what: () => string): Promise<string | undefined> {
  const socket = await open(port)
  let said = ''
  let wasReset = false
  socket.once('error', () => (wasReset = true))
  socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')))
  const { promise: ended, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), PATIENCE)
  // By a reset too: what was not read when the server let go comes back as one.
  socket.once('close', () => resolve(true))
  for (const piece of pieces) if (!socket.destroyed && socket.writable) socket.write(piece)
  socket.end()
  const inTime = await ended
  clearTimeout(timer)
  assert.ok(inTime, `the connection does not end after ${what()}; the server said ${shown(said)}`)
  return said === '' && wasReset ? undefined : said
}

/** Octets as an IMAP client that has logged in might send them: answered by responses and nothing else. */
function imapOctets({ ports, login }: Peer): Target {
  const lines = transcriptLines('imap').filter((line) => !/\{\d{6,}|AUTHENTICATE|STARTTLS|COMPRESS|LOGOUT/i.test(line))
  return {
    name: 'imap-octets',
    async once(random) {
      const octets = Buffer.concat([
        Buffer.from(random.chance(0.2) ? '' : `l LOGIN ${login.user} ${login.password}\r\ns SELECT INBOX\r\n`),
        rubble(random, lines),
      ])
      const said = await conversation(ports.imap, random.split(octets, random.pick([5, 100, 10_000])), () => shown(octets))
      assert.match(said ?? '', /^\* OK /)
      for (const response of responsesIn(said ?? '')) {
        assert.match(response, /^(?:\* |\+ |[!-~]+ (?:OK|NO|BAD) )[^]*\r\n$/, `after ${shown(octets)}`)
      }
      assert.doesNotMatch(said ?? '', /SERVERBUG/, shown(octets))
    },
  }
}

/** Whole responses, literals and line ends included. */
function responsesIn(said: string): string[] {
  const found: string[] = []
  for (let from = 0; from < said.length;) {
    let end = from
    for (;;) {
      const line = said.indexOf('\r\n', end)
      end = line === -1 ? said.length : line + 2
      const literal = /\{(\d+)\}\r\n$/.exec(said.slice(Math.max(from, end - 26), end))
      if (literal === null) break
      end += Number(literal[1])
    }
    found.push(said.slice(from, end))
    from = end
  }
  return found
}

const SKIPPED = /^(LOGIN|AUTHENTICATE|UNAUTHENTICATE|STARTTLS|LOGOUT|COMPRESS)/i

/** Commands one by one: each is answered, once, with its tag. */
function imapConnection({ ports, login }: Peer): Target {
  const lines = transcriptLines('imap', true).filter((line) => !SKIPPED.test(line) && !/\{\d{5,}/.test(line))
  let client: Client | undefined
  let tags = 0
  const ready = async (): Promise<Client> => {
    if (client !== undefined) return client
    client = new Client(await open(ports.imap))
    await client.response()
    await client.ok(`LOGIN ${login.user} ${login.password}`)
    await client.ok('SELECT INBOX')
    return client
  }
  return {
    name: 'imap-connection',
    async once(random) {
      const line = mangled(random.pick(lines), random)
      if (/\{\d{4,}\+?\}$/.test(line) || SKIPPED.test(line)) return
      const answer = await say(await ready(), `f${++tags}`, line)
      assert.doesNotMatch(answer ?? '', /SERVERBUG/, shown(line))
      // After so many that are no IMAP the server says BYE.
      if (answer === undefined || random.chance(0.05)) {
        client?.socket.destroy()
        client = undefined
      }
    },
    end: () => void client?.socket.destroy(),
  }
}

/** Octets as a client of SMTP or POP3 might send them: answered by lines of the protocol, to the end. */
function lineOctets(name: string, port: number, lines: readonly string[], head: readonly string[], reply: RegExp): Target {
  return {
    name,
    async once(random: Random) {
      const octets = Buffer.concat([Buffer.from(random.pick(head), 'latin1'), rubble(random, lines)])
      const said = await conversation(port, random.split(octets, random.pick([5, 100, 10_000])), () => shown(octets))
      if (said !== undefined) assert.match(said, reply, `${shown(said)} after ${shown(octets)}`)
    },
  }
}

/** Chunks of all sizes, each with as many octets as it says: one answer for each, in whatever pieces they come. */
function chunkOctets({ ports, login }: Peer): Target {
  return {
    name: 'bdat-octets',
    async once(random) {
      const commands = ['EHLO x', 'MAIL FROM:<a@far.example> BODY=8BITMIME', `RCPT TO:<${login.user}>`]
      const parts = [Buffer.from(`${commands.join('\r\n')}\r\n`)]
      const chunks = 1 + random.int(6)
      for (let left = chunks; left > 0; left--) {
        const octets = Buffer.concat(Array.from({ length: random.int(20) }, () => piece(random)))
        parts.push(Buffer.from(`BDAT ${octets.length}${left === 1 ? ' LAST' : ''}\r\n`), octets)
      }
      const octets = Buffer.concat([...parts, Buffer.from('NOOP\r\nQUIT\r\n')])
      const said = await conversation(ports.smtp, random.split(octets, random.pick([5, 100, 10_000])), () => shown(octets))
      if (said === undefined) return
      const codes = said.split('\r\n').flatMap((line) => /^(\d{3})(?!-)/.exec(line)?.[1] ?? [])
      const expected = 1 + commands.length + chunks + 2
      assert.equal(codes.length, expected, `answers ${shown(said)} to ${shown(octets)}`)
      assert.deepEqual(codes.slice(-2), ['250', '221'], `answers ${shown(said)} to ${shown(octets)}`)
    },
  }
}

/** What a chunk may hold: lines, ends of lines and of messages, commands, anything. */
function piece(random: Random): Buffer {
  const text = random.pick([
    'line\r\n',
    '.\r\n',
    '\r\n.\r\n',
    '..',
    '\r',
    '\n',
    '\r\n',
    'QUIT\r\n',
    'BDAT 5\r\n',
    'x'.repeat(random.int(2000)),
    '\0',
  ])
  return random.chance(0.1) ? random.bytes(random.int(30)) : Buffer.from(text)
}

/** The connections of all protocols. `peer.ports` may be those of somebody between clients and server. */
export function connections(peer: Peer): Target[] {
  const { ports, login } = peer
  const envelope = 'EHLO x\r\nMAIL FROM:<a@far.example>\r\n'
  const local = envelope.replace('EHLO', 'LHLO')
  const recipient = `RCPT TO:<${login.user}>\r\nDATA\r\n`
  return [
    imapConnection(peer),
    imapOctets(peer),
    lineOctets('smtp-octets', ports.smtp, transcriptLines('smtp'), ['', envelope, envelope + recipient], /^220 [^]*\r\n$/),
    chunkOctets(peer),
    lineOctets('lmtp-octets', ports.lmtp, transcriptLines('smtp'), ['', local, local + recipient], /^220 [^]*\r\n$/),
    lineOctets(
      'pop3-octets',
      ports.pop3,
      transcriptLines('pop3'),
      ['', `USER ${login.user}\r\nPASS ${login.password}\r\n`],
      /^\+OK [^]*\r\n$/,
    ),
  ]
}

/** What the server must not have done in the meantime. `delays`: what the module that is loaded into it writes. */
export function watch(server: RealServer, delays: string): () => void {
  writeFileSync(`${delays}.begin`, '')
  const before = resident(server)
  return () => {
    const gained = resident(server) - before
    const computed = loopDelayIn(delays)?.computed ?? Infinity
    console.log(`the server has computed for ${computed.toFixed(0)} ms at once at most, and gained ${Math.round(gained / 1024 / 1024)} MiB`)
    assert.ok(computed < MOST_COMPUTED, 'the server has kept everybody waiting')
    assert.ok(gained < MOST_MEMORY, `the server has gained ${Math.round(gained / 1024 / 1024)} MiB`)
    assert.deepEqual(loggedErrors(server), [], 'the server has logged errors')
  }
}

function resident(server: RealServer): number {
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
}
