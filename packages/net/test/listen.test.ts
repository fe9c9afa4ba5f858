import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { silentLogger, systemClock } from '@mailstead/base'
import { ConnectionGate, drainAll, listen, ListenError, openTls, type Listener, type ListenOptions, type Service } from '../src/index.ts'
import { HANDSHAKE_TIME, REFUSAL_TIME } from '../src/limits.ts'
import { dial, echoService, HandClock, handshake, memoryLog, tempDir, client, type LogLine } from './support.ts'

const tls = await openTls({ dir: tempDir(), hostName: 'mail.example.org', log: silentLogger, clock: systemClock })
after(() => tls.close())

/** Closed at the end, so that a failed test does not keep the run alive. */
async function opened(options: ListenOptions): Promise<Listener> {
  const listener = await listen(options)
  after(() => listener.close())
  after(() => options.service.drain(0).catch(() => {}))
  return listener
}

const base = { host: '127.0.0.1', port: 0, log: silentLogger, clock: systemClock }

test('hands a connection over with what is known of it', async () => {
  const service = echoService()
  const listener = await opened({ ...base, service, gate: new ConnectionGate() })
  const [a, b] = [dial(listener.address), dial(listener.address)]
  await Promise.all([a.until('hello'), b.until('hello')])
  assert.equal(new Set(service.seen.map(({ id }) => id)).size, 2)
  const [info] = service.seen
  assert.equal(info?.secure, false)
  assert.equal(info?.remoteAddress, '127.0.0.1')
  assert.equal(info?.localPort, listener.address.port)
  assert.equal(info?.loopback, true)
  await drainAll([listener, listener], [service, service], 1000)
  await Promise.all([a.closed, b.closed])
  await assert.rejects(dial(listener.address).until('hello'))
})

test('hands over after the handshake under implicit TLS', async () => {
  const service = echoService()
  const gate = new ConnectionGate()
  const listener = await opened({ ...base, service, gate, tls })
  const peer = client(
    await handshake({ port: listener.address.port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false }),
  )
  peer.socket.write('ping\r\n')
  await peer.until('ping')
  assert.equal(service.seen[0]?.secure, true)
  await drainAll([listener], [service], 1000)
  await peer.closed
  assert.equal(gate.open, 0)
})

test('logs handshakes that fail, and goes on', async () => {
  const lines: LogLine[] = []
  const service = echoService()
  const gate = new ConnectionGate()
  const listener = await opened({ ...base, service, gate, tls, log: memoryLog(lines) })
  const plain = dial(listener.address)
  plain.socket.write('EHLO nobody\r\n')
  await plain.closed
  const brief = dial(listener.address)
  brief.socket.end()
  await brief.closed
  await assert.rejects(
    handshake({
      port: listener.address.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    }),
  )
  const good = client(await handshake({ port: listener.address.port, host: '127.0.0.1', rejectUnauthorized: false }))
  await good.until('hello')
  assert.deepEqual(
    lines.map(({ event, fields }) => [event, fields['code']]),
    [
      ['TLS handshake failed', 'failed'],
      ['TLS handshake failed', 'closed'],
      ['TLS handshake failed', 'failed'],
    ],
  )
  assert.equal(service.seen.length, 1)
  await drainAll([listener], [service], 1000)
})

test('gives a handshake its time and no more', async () => {
  const clock = new HandClock()
  const lines: LogLine[] = []
  const service = echoService()
  const gate = new ConnectionGate()
  const listener = await opened({ ...base, service, gate, tls, clock, log: memoryLog(lines) })
  const silent = dial(listener.address)
  while (gate.open === 0) await new Promise((resolve) => setImmediate(resolve))
  clock.advance(HANDSHAKE_TIME)
  await silent.closed
  assert.equal(lines[0]?.fields['code'], 'timeout')
  await drainAll([listener], [service], 1000)
})

test('a listener that closes drops handshakes under way', async () => {
  const gate = new ConnectionGate()
  const listener = await opened({ ...base, service: echoService(), gate, tls })
  const silent = dial(listener.address)
  while (gate.open === 0) await new Promise((resolve) => setImmediate(resolve))
  await listener.close()
  await silent.closed
})

test('too many connections: told by the service, and cut when they do not leave', async () => {
  const clock = new HandClock()
  const lines: LogLine[] = []
  const echo = echoService()
  const service: Service = { ...echo, refuse: (socket) => void socket.write('421 too many connections\r\n') }
  const listener = await opened({ ...base, service, clock, gate: new ConnectionGate({ perAddress: 1 }), log: memoryLog(lines) })
  const first = dial(listener.address)
  await first.until('hello')
  const second = dial(listener.address)
  await second.until('421 too many')
  clock.advance(REFUSAL_TIME)
  await second.closed
  assert.equal(lines[0]?.event, 'connection refused')
  first.socket.destroy()
  await first.closed
  await drainAll([listener], [service], 1000)
})

test('too many connections: just closed when the service has no words for it', async () => {
  const service = echoService()
  const listener = await opened({ ...base, service, gate: new ConnectionGate({ total: 0 }) })
  const refused = dial(listener.address)
  await refused.closed
  assert.equal(refused.received(), '')
  await listener.close()
})

test('a service that throws loses its connection only', async () => {
  const lines: LogLine[] = []
  const service: Service = {
    accept() {
      throw new Error('planted')
    },
    async drain() {},
  }
  const listener = await opened({ ...base, service, gate: new ConnectionGate(), log: memoryLog(lines) })
  await dial(listener.address).closed
  assert.equal(lines[0]?.level, 'error')
  await listener.close()
})

test('a taken port and a foreign address are named with their remedy', async () => {
  const gate = new ConnectionGate()
  const listener = await opened({ ...base, service: echoService(), gate })
  const { port } = listener.address
  await assert.rejects(listen({ ...base, port, service: echoService(), gate }), (error) => {
    assert.ok(error instanceof ListenError)
    assert.equal(error.code, 'in-use')
    assert.match(error.message, new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is taken .*--port-base`))
    return true
  })
  await listener.close()
  const again = await opened({ ...base, port, service: echoService(), gate })
  await again.close()
  await assert.rejects(listen({ ...base, host: '192.0.2.1', service: echoService(), gate }), {
    name: 'ListenError',
    code: 'no-such-address',
  })
})

test('drainAll gives every service its time, then tells what failed', async () => {
  const drained: string[] = []
  const good: Service = { accept() {}, drain: async (ms) => void drained.push(`good ${ms}`) }
  const bad: Service = {
    accept() {},
    async drain() {
      throw new Error('planted')
    },
  }
  await assert.rejects(drainAll([], [bad, good], 5), AggregateError)
  assert.deepEqual(drained, ['good 5'])
})

test('a service says before the handshake whom it lets in, and why not', async () => {
  const lines: LogLine[] = []
  const reasons: string[] = []
  const service: Service = {
    ...echoService(),
    admit: ({ secure }) => (reasons.push(`secure ${secure}`), 'too-often'),
    refuse: (socket, _, reason) => void socket.end(reason),
  }
  const gate = new ConnectionGate()
  const inClear = await opened({ ...base, service, gate, log: memoryLog(lines) })
  const refused = dial(inClear.address)
  assert.equal(await refused.until('often'), 'too-often')
  const behindTls = await opened({ ...base, service, gate, tls, log: memoryLog(lines) })
  await assert.rejects(handshake({ port: behindTls.address.port, host: '127.0.0.1', rejectUnauthorized: false }))
  assert.deepEqual(reasons, ['secure false', 'secure true'])
  assert.deepEqual(
    lines.map(({ event, fields }) => [event, fields['reason']]),
    [
      ['connection refused', 'too-often'],
      ['connection refused', 'too-often'],
    ],
  )
  assert.equal(gate.open, 0)
})

test('many who come at once are taken several in a turn, not one', async () => {
  const service = echoService()
  const listener = await opened({ ...base, service, gate: new ConnectionGate() })
  const peers = Array.from({ length: 64 }, () => dial(listener.address))
  // By then the kernel holds them all.
  for (const until = Date.now() + 100; Date.now() < until;);
  let turns = 0
  while (service.seen.length < peers.length && turns < 1000) {
    await new Promise((resolve) => setImmediate(resolve))
    if (service.seen.length > 0) turns++
  }
  assert.equal(service.seen.length, peers.length)
  assert.ok(turns < peers.length, `${turns} turns`)
})
