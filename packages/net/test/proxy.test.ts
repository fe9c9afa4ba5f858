import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { connect } from 'node:tls'
import { Networks, silentLogger, systemClock } from '@mailstead/base'
import { ConnectionGate, listen, openTls, type Listener } from '../src/index.ts'
import { PROXY_TIME } from '../src/limits.ts'
import { parseProxyHeader, type ProxyParse } from '../src/proxy-header.ts'
import { dial, echoService, HandClock, tempDir, client, type EchoService } from './support.ts'

const v2 = (command: number, family: number, body: readonly number[]): Buffer =>
  Buffer.from([...Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'), command, family, body.length >> 8, body.length & 255, ...body])

const FOUR = [192, 0, 2, 1, 198, 51, 100, 1, 0xdd, 0xd5, 0, 25]
const SIX = [0x20, 1, 0x0d, 0xb8, ...Array.from({ length: 11 }, () => 0), 1, ...Array.from({ length: 16 }, () => 0), 0, 25, 0, 143]
const MAPPED = [...Array.from({ length: 10 }, () => 0), 255, 255, 192, 0, 2, 9, ...Array.from({ length: 16 }, () => 0), 1, 0, 0, 143]

const headers: [what: string, header: string | Buffer, read: ProxyParse | { address: string; port: number }][] = [
  ['version 1', 'PROXY TCP4 192.0.2.1 198.51.100.1 56789 25\r\n', { address: '192.0.2.1', port: 56789 }],
  ['version 1, IPv6', 'PROXY TCP6 2001:db8::1 2001:db8::2 1 25\r\n', { address: '2001:db8::1', port: 1 }],
  ['version 1, a mapped address', 'PROXY TCP6 ::ffff:192.0.2.7 ::1 1 25\r\n', { address: '192.0.2.7', port: 1 }],
  ['version 1, unknown', 'PROXY UNKNOWN\r\n', { length: 15, client: undefined }],
  ['version 1, unknown with more', 'PROXY UNKNOWN ffff::1 x y\r\n', { length: 27, client: undefined }],
  ['version 1, the wrong family', 'PROXY TCP4 2001:db8::1 2001:db8::2 1 25\r\n', 'bad'],
  ['version 1, no port', 'PROXY TCP4 192.0.2.1 198.51.100.1 99999 25\r\n', 'bad'],
  ['version 1, a word too much', 'PROXY TCP4 192.0.2.1 198.51.100.1 1 25 x\r\n', 'bad'],
  ['version 1 without end', `PROXY TCP4 ${'1'.repeat(200)}`, 'bad'],
  ['version 2', v2(0x21, 0x11, FOUR), { address: '192.0.2.1', port: 56789 }],
  ['version 2, IPv6', v2(0x21, 0x21, SIX), { address: '2001:db8::1', port: 25 }],
  ['version 2, a mapped address', v2(0x21, 0x21, MAPPED), { address: '192.0.2.9', port: 256 }],
  ['version 2 with TLVs', v2(0x21, 0x11, [...FOUR, 4, 0, 1, 0]), { address: '192.0.2.1', port: 56789 }],
  ['version 2, a health check', v2(0x20, 0, []), { length: 16, client: undefined }],
  ['version 2, too short', v2(0x21, 0x11, [1, 2]), 'bad'],
  ['version 2, datagrams', v2(0x21, 0x12, FOUR), 'bad'],
  ['version 3', v2(0x31, 0x11, FOUR), 'bad'],
  ['no header', 'EHLO client.example\r\n', 'bad'],
  ['nothing', '', 'more'],
]

for (const [what, header, read] of headers) {
  test(`PROXY: ${what}`, () => {
    const octets = Buffer.from(header)
    const expected = typeof read === 'object' && 'address' in read ? { length: octets.length, client: read } : read
    assert.deepEqual(
      parseProxyHeader(Buffer.concat([octets, Buffer.from(expected === 'more' || expected === 'bad' ? '' : 'NOOP\r\n')])),
      expected,
    )
    if (typeof expected === 'string') return
    for (let length = 0; length < octets.length; length++) assert.equal(parseProxyHeader(octets.subarray(0, length)), 'more')
  })
}

async function behindProxy(
  options: Partial<Parameters<typeof listen>[0]> = {},
): Promise<{ listener: Listener; service: EchoService; gate: ConnectionGate }> {
  const service = echoService()
  const gate = new ConnectionGate({ perAddress: 2, exemptLoopback: true })
  const proxies = new Networks(['127.0.0.1'])
  const listener = await listen({ host: '127.0.0.1', port: 0, log: silentLogger, clock: systemClock, proxies, service, gate, ...options })
  after(() => listener.close())
  after(() => service.drain(0))
  return { listener, service, gate }
}

test('the client of a proxy is who the header names, and its octets behind it are kept', async () => {
  const { listener, service, gate } = await behindProxy()
  const peer = dial(listener.address)
  for (const piece of ['PROXY TCP4 192.0.2.1 198', '.51.100.1 56789 25\r', '\nping']) {
    peer.socket.write(piece)
    await new Promise(setImmediate)
  }
  await peer.until('ping')
  assert.equal(service.seen[0]?.remoteAddress, '192.0.2.1')
  assert.equal(service.seen[0]?.remotePort, 56789)
  assert.equal(service.seen[0]?.loopback, false, 'a client elsewhere is no local one')
  assert.equal(gate.open, 1)
  // Counted by its own address, not by its proxy's.
  dial(listener.address).socket.write('PROXY TCP4 192.0.2.1 198.51.100.1 1 25\r\n')
  const third = dial(listener.address)
  third.socket.write('PROXY TCP4 192.0.2.1 198.51.100.1 2 25\r\n')
  await third.closed
})

test('TLS begins behind the header', async () => {
  const tls = await openTls({ dir: tempDir(), hostName: 'mail.example.org', log: silentLogger, clock: systemClock })
  after(() => tls.close())
  const { listener, service } = await behindProxy({ tls })
  const raw = dial(listener.address).socket
  raw.write(v2(0x21, 0x21, SIX))
  raw.removeAllListeners('data')
  const peer = client(connect({ socket: raw, servername: 'localhost', rejectUnauthorized: false }))
  peer.socket.write('ping')
  await peer.until('ping')
  assert.equal(service.seen[0]?.remoteAddress, '2001:db8::1')
})

test('a proxy that names nobody is dropped: with another protocol, or in time', async () => {
  const clock = new HandClock()
  const { listener, service, gate } = await behindProxy({ clock })
  const talker = dial(listener.address)
  talker.socket.write('EHLO client.example\r\n')
  await talker.closed
  const silent = dial(listener.address)
  silent.socket.write('PROXY ')
  while (clock.pending === 0) await new Promise(setImmediate)
  clock.advance(PROXY_TIME)
  await silent.closed
  assert.deepEqual(service.seen, [])
  assert.equal(gate.open, 0)
})

test('a health check is the proxy itself; nobody else may say who he is', async () => {
  const { listener, service } = await behindProxy()
  const check = dial(listener.address)
  check.socket.write(v2(0x20, 0, []))
  await check.until('hello')
  assert.equal(service.seen[0]?.remoteAddress, '127.0.0.1')
  const direct = await behindProxy({ proxies: new Networks(['192.0.2.1']) })
  const stranger = dial(direct.listener.address)
  stranger.socket.write('PROXY TCP4 192.0.2.1 198.51.100.1 56789 25\r\n')
  await stranger.until('PROXY TCP4')
  assert.equal(direct.service.seen[0]?.remoteAddress, '127.0.0.1')
})
