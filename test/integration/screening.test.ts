/** Strangers' mail through the whole server, which asks a name server of the test. The PROXY header says who they are. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import type { QueueId } from '@mailstead/store'
import { ManualClock } from '@mailstead/testkit'
import { fakeServer, type FakeServer, type Said } from '../../packages/resolver/test/server.ts'
import { site, type Site } from './site.ts'

const MINUTE = 60_000

/** 192.0.2.1 is mx.far.example, 192.0.2.8 is the same but listed, 203.0.113.9 is nobody. */
const ZONE: Readonly<Record<string, Said>> = {
  'PTR 1.2.0.192.in-addr.arpa': { answers: [{ type: 'PTR', name: '1.2.0.192.in-addr.arpa', ttl: 60, data: 'mx.far.example' }] },
  'PTR 8.2.0.192.in-addr.arpa': { answers: [{ type: 'PTR', name: '8.2.0.192.in-addr.arpa', ttl: 60, data: 'mx.far.example' }] },
  'A mx.far.example': {
    answers: ['192.0.2.1', '192.0.2.8'].map((data) => ({ type: 'A', name: 'mx.far.example', ttl: 60, data }) as const),
  },
  'AAAA mx.far.example': {},
  'A a.root-servers.net': { answers: [{ type: 'A', name: 'a.root-servers.net', ttl: 60, data: '198.41.0.4' }] },
  'MX far.example': { answers: [{ type: 'MX', name: 'far.example', ttl: 60, data: { preference: 10, exchange: 'mx.far.example' } }] },
  'A 8.2.0.192.bl.example': { answers: [{ type: 'A', name: '8.2.0.192.bl.example', ttl: 60, data: '127.0.0.2' }] },
}

interface Bench extends Site {
  readonly dns: FakeServer
  readonly clock: ManualClock
}

/** `says`: what the name server answers; by default ZONE. */
async function bench(
  t: TestContext,
  config = '',
  says = (question: string): Said[] => [ZONE[question] ?? { rcode: 'NXDOMAIN' }],
): Promise<Bench> {
  const dns = await fakeServer(t, says)
  const clock = new ManualClock()
  const lines = [
    '[listen]',
    'proxies = ["127.0.0.1"]',
    '[dns]',
    `servers = ["${dns.address}:${dns.port}"]`,
    '[[dns_list]]',
    'zone = "bl.example"',
    'weight = 10',
    config,
  ]
  return { ...(await site(t, ['ann', 'ben'], { clock, config: lines.join('\n') })), dns, clock }
}

/** What the server says to one stranger who sends a message, greeting and EHLO left out. */
async function send({ connect }: Site, from: string, recipient: string, sender = 'x@far.example'): Promise<string> {
  const socket = connect('mx')
  socket.write(`PROXY TCP4 ${from} 127.0.0.1 4000 25\r\n`)
  await heard(socket, /^220 /)
  socket.write('EHLO mx.far.example\r\n')
  await heard(socket, /250 /)
  socket.write(`MAIL FROM:<${sender}>\r\nRCPT TO:<${recipient}>\r\nDATA\r\n`)
  const answers = await heard(socket, /(?:\r\n354 |\r\n554 ).*\r\n$/)
  if (answers.includes('\r\n354 ')) socket.write('Subject: x\r\n\r\nx\r\n.\r\n')
  socket.write('QUIT\r\n')
  const last = await heard(socket, /221 .*\r\n$/)
  socket.destroy()
  return answers + last
}

function heard(socket: Socket, last: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const listen = (chunk: Buffer): void => {
      text += chunk.toString()
      if (!last.test(text)) return
      socket.off('data', listen)
      resolve(text)
    }
    socket.on('data', listen)
    socket.once('close', () => reject(new Error(`closed after ${text}`)))
  })
}

/** Turns the clock on until the work is done. */
async function turning<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  const state = { done: false }
  const mark = (): void => void (state.done = true)
  work.then(mark, mark)
  while (!state.done) {
    clock.advance(1_000)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return work
}

/** The events of a message's trace but that it was accepted. */
async function traced({ server }: Site, said: string): Promise<string[]> {
  const queueId = /Queued as (\w+)/.exec(said)?.[1] ?? ''
  const events = await server.admin.intake.trace(queueId as QueueId)
  return events
    .filter(({ event }) => event !== 'accepted')
    .map(({ event, detail }) => (event === 'screened' ? `${event} ${detail}` : event))
}

test('strangers are screened', async (t) => {
  const b = await bench(t)

  await t.test('an honest host is not held up', async () => {
    const said = await send(b, '192.0.2.1', 'ann@example.test')
    assert.match(said, /^250 2\.1\.0 .*\r\n250 2\.1\.5 .*\r\n354 .*\r\n250 2\.0\.0 /)
    assert.deepEqual(await traced(b, said), ['delivered'])
    assert.ok(b.dns.asked.includes('PTR 1.2.0.192.in-addr.arpa'), 'the name servers of the configuration')
    assert.ok(b.dns.asked.includes('A 1.2.0.192.bl.example'))
  })

  await t.test('a suspicious host has to come again, and the trace tells of it', async () => {
    const first = await send(b, '203.0.113.9', 'ann@example.test')
    assert.match(first, /\r\n451 4\.7\.1 Greylisted, try again in 5 min: 203\.0\.113\.9 has no name in DNS\r\n554 5\.5\.1 /)
    b.clock.advance(5 * MINUTE)
    // It was turned down lately, so it waits for the greeting.
    const second = await turning(b.clock, send(b, '203.0.113.9', 'ann@example.test'))
    assert.match(second, /\r\n250 2\.0\.0 Queued/)
    assert.deepEqual(await traced(b, second), ['screened score 4: no-reverse-name 4 (203.0.113.9 has no name in DNS)', 'delivered'])
    assert.match(await send(b, '203.0.113.10', 'ben@example.test'), /\r\n250 2\.0\.0 Queued/)
  })

  await t.test('a listed host is refused, and reaches postmaster', async () => {
    const listed = await send(b, '192.0.2.8', 'ann@example.test')
    assert.match(listed, /\r\n550 5\.7\.1 Refused: 192\.0\.2\.8 is listed by bl\.example\r\n/)
    const said = await turning(b.clock, send(b, '192.0.2.8', 'postmaster@example.test'))
    assert.match(said, /\r\n250 2\.0\.0 Queued/)
    assert.deepEqual(await traced(b, said), ['screened score 10: dns-list 10 (192.0.2.8 is listed by bl.example)', 'delivered'])
  })
})

test('name servers that are no use harm nobody', async (t) => {
  const b = await bench(t, '', (question) => (question.includes('none.example') ? [] : [{ rcode: 'NXDOMAIN' }]))
  // This one denies all of the internet.
  assert.match(await send(b, '203.0.113.9', 'ann@example.test'), /\r\n250 2\.0\.0 Queued/)
  // It is silent now: mail is held up for a bounded time.
  const sent = send(b, '203.0.113.9', 'ann@example.test', 'x@none.example')
  while (!b.dns.asked.includes('MX none.example')) await new Promise((resolve) => setTimeout(resolve, 2))
  b.clock.advance(5_000)
  assert.match(await sent, /\r\n250 2\.0\.0 Queued/)
})

for (const [what, config] of [
  ['strangers who are trusted', '[screening]\ntrusted = ["203.0.113.0/24", "192.0.2.8"]'],
  ['all strangers where screening is off', '[screening]\nenabled = false'],
] as const) {
  test(`${what} are let alone`, async (t) => {
    const b = await bench(t, config)
    for (const from of ['203.0.113.9', '192.0.2.8']) {
      assert.match(await send(b, from, 'ann@example.test', 'x@none.example'), /\r\n250 2\.0\.0 Queued/)
    }
    assert.deepEqual(b.dns.asked, [])
  })
}

test('scores, delay and checks are those of the configuration', async (t) => {
  const b = await bench(t, '[screening]\nhelo = false\nsender_domain = false\ngreylist_score = 4\nrefuse_score = 20\ngreylist_delay = 60')
  assert.match(
    await send(b, '203.0.113.9', 'ann@example.test', 'x@none.example'),
    /\r\n451 4\.7\.1 Greylisted, try again in 1 min: [^;]*\r\n/,
  )
  assert.match(await send(b, '192.0.2.8', 'ann@example.test'), /\r\n451 4\.7\.1 Greylisted/)
  assert.ok(!b.dns.asked.includes('MX none.example'))
})
