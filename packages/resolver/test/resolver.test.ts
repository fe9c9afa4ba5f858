import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Answer } from 'dns-packet'
import { ManualClock } from '@mailstead/testkit'
import { createResolver, type Resolver } from '../src/index.ts'
import { MAX_CHAIN, MAX_LIFE, NEGATIVE_LIFE, ROUNDS, SERVER_TIME } from '../src/limits.ts'
import { fakeServer, type FakeServer, type Said } from './server.ts'

const a = (name: string, data: string, ttl = 300): Answer => ({ type: 'A', name, data, ttl })
const alias = (name: string, data: string): Answer => ({ type: 'CNAME', name, data, ttl: 300 })
const soa = (ttl: number, minimum: number): Answer => ({
  type: 'SOA',
  name: 'example.org',
  ttl,
  data: { mname: 'ns.example.org', rname: 'x.example.org', serial: 1, refresh: 1, retry: 1, expire: 1, minimum },
})

interface Scene {
  readonly resolver: Resolver
  readonly server: FakeServer
  readonly clock: ManualClock
}

async function scene(t: TestContext, script: Readonly<Record<string, Said | readonly Said[]>>): Promise<Scene> {
  const clock = new ManualClock()
  const server = await fakeServer(t, (question, tcp) => {
    const said = script[tcp ? `tcp ${question}` : question]
    return said === undefined ? [{ rcode: 'NXDOMAIN' }] : [said].flat()
  })
  return { resolver: createResolver({ servers: [server], clock }), server, clock }
}

const found = (...records: unknown[]): unknown => ({ kind: 'records', records, authenticated: false })
const none = (reason: string): unknown => ({ kind: 'none', reason, authenticated: false })
const failed = (reason: string): unknown => ({ kind: 'failed', reason })

test('records of every type', async (t) => {
  const { resolver } = await scene(t, {
    'A example.org': { answers: [a('example.org', '192.0.2.1'), a('EXAMPLE.org', '192.0.2.2'), a('other.example', '192.0.2.3')] },
    'AAAA example.org': { answers: [{ type: 'AAAA', name: 'example.org', data: '2001:db8::1', ttl: 1 }] },
    'MX example.org': { answers: [{ type: 'MX', name: 'example.org', ttl: 1, data: { preference: 10, exchange: 'MX.example.org' } }] },
    'MX null.example': { answers: [{ type: 'MX', name: 'null.example', ttl: 1, data: { preference: 0, exchange: '.' } }] },
    'TXT example.org': { answers: [{ type: 'TXT', name: 'example.org', ttl: 1, data: ['v=spf1 ', Buffer.from([0xe4]), '-all'] }] },
    'PTR 1.2.0.192.in-addr.arpa': { answers: [{ type: 'PTR', name: '1.2.0.192.in-addr.arpa', ttl: 1, data: 'mail.Example.org' }] },
    'TLSA _25._tcp.mx.example.org': {
      answers: [
        {
          type: 'TLSA',
          name: '_25._tcp.mx.example.org',
          ttl: 1,
          data: { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from([1, 2]) },
        },
      ],
    },
  })
  assert.deepEqual(await resolver.look('A', 'Example.ORG.'), found('192.0.2.1', '192.0.2.2'))
  assert.deepEqual(await resolver.look('AAAA', 'example.org'), found('2001:db8::1'))
  assert.deepEqual(await resolver.look('MX', 'example.org'), found({ preference: 10, exchange: 'mx.example.org' }))
  assert.deepEqual(await resolver.look('MX', 'null.example'), found({ preference: 0, exchange: '' }))
  assert.deepEqual(await resolver.look('TXT', 'example.org'), found('v=spf1 \xe4-all'))
  assert.deepEqual(await resolver.look('PTR', '1.2.0.192.in-addr.arpa'), found('mail.example.org'))
  assert.deepEqual(
    await resolver.look('TLSA', '_25._tcp.mx.example.org'),
    found({ usage: 3, selector: 1, matching: 1, data: Uint8Array.of(1, 2) }),
  )
})

test('no such name, no such record, names that nobody can have', async (t) => {
  const { resolver, server } = await scene(t, { 'A there.example': {} })
  assert.deepEqual(await resolver.look('A', 'nowhere.example'), none('no-such-name'))
  assert.deepEqual(await resolver.look('A', 'there.example'), none('no-such-record'))
  for (const name of ['', '.', 'a..example', `${'x'.repeat(64)}.example`, `${'x.'.repeat(127)}example`, 'a b.example', 'a\\.example']) {
    assert.deepEqual(await resolver.look('A', name), failed('bad-name'), name)
  }
  assert.deepEqual(server.asked, ['A nowhere.example', 'A there.example'])
})

test('aliases are followed, in one answer and over several, and not in circles', async (t) => {
  const chain = Object.fromEntries(
    Array.from({ length: MAX_CHAIN + 1 }, (_, n) => [`A n${n}.example`, { answers: [alias(`n${n}.example`, `n${n + 1}.example`)] }]),
  )
  const { resolver } = await scene(t, {
    ...chain,
    'A one.example': {
      answers: [alias('one.example', 'two.example'), alias('TWO.example', 'three.example'), a('three.example', '192.0.2.3')],
    },
    'CNAME one.example': { answers: [alias('one.example', 'Two.example')] },
    'A far.example': { answers: [alias('far.example', 'one.example')] },
    'A dead.example': { answers: [alias('dead.example', 'gone.example')], rcode: 'NXDOMAIN' },
    'A round.example': { answers: [alias('round.example', 'about.example'), alias('about.example', 'round.example')] },
    'A about.example': { answers: [alias('about.example', 'round.example')] },
  })
  assert.deepEqual(await resolver.look('A', 'one.example'), { ...(found('192.0.2.3') as object), alias: 'three.example' })
  assert.deepEqual(await resolver.look('CNAME', 'one.example'), found('two.example'))
  assert.deepEqual(await resolver.look('A', 'far.example'), { ...(found('192.0.2.3') as object), alias: 'three.example' })
  assert.deepEqual(await resolver.look('A', 'dead.example'), none('no-such-name'))
  assert.equal((await resolver.look('A', 'round.example')).kind === 'records', false)
  assert.deepEqual(await resolver.look('A', 'n0.example'), failed('malformed'))
})

test('an answer is taken only for its own question', async (t) => {
  const good: Said = { answers: [a('example.org', '192.0.2.1')] }
  const forged: Said = { answers: [a('example.org', '203.0.113.9')] }
  const { resolver } = await scene(t, { 'A example.org': [{ ...forged, idOff: 1 }, { ...forged, name: 'evil.example' }, good] })
  assert.deepEqual(await resolver.look('A', 'example.org'), found('192.0.2.1'))
})

test('a truncated answer is asked for again by TCP', async (t) => {
  const { resolver, server } = await scene(t, {
    'A big.example': { truncated: true, answers: [a('big.example', '192.0.2.1')] },
    'tcp A big.example': { answers: Array.from({ length: 500 }, (_, n) => a('big.example', `10.0.${n >> 8}.${n & 255}`)) },
    'A torn.example': { truncated: true },
    'tcp A torn.example': [],
  })
  const answer = await resolver.look('A', 'big.example')
  assert.equal(answer.kind === 'records' ? answer.records.length : 0, 500)
  assert.deepEqual(server.asked, ['A big.example', 'tcp A big.example'])
})

test('what is remembered, and for how long', async (t) => {
  const { resolver, server, clock } = await scene(t, {
    'A short.example': { answers: [a('short.example', '192.0.2.1', 60), a('short.example', '192.0.2.2', 30)] },
    'A zero.example': { answers: [a('zero.example', '192.0.2.1', 0)] },
    'A long.example': { answers: [a('long.example', '192.0.2.1', 2 ** 31 - 1)] },
    'A none.example': { authorities: [soa(3600, 20)] },
    'A plain.example': {},
  })
  const asks = async (name: string): Promise<boolean> => {
    const before = server.asked.length
    await resolver.look('A', name)
    return server.asked.length > before
  }
  for (const name of ['short', 'zero', 'long', 'none', 'plain']) assert.ok(await asks(`${name}.example`), name)
  assert.deepEqual(
    await Promise.all(['short.example', 'SHORT.example.', 'long.example', 'none.example', 'plain.example'].map(asks)),
    Array(5).fill(false),
  )
  assert.ok(await asks('zero.example'))
  clock.advance(20_000)
  assert.ok(await asks('none.example'))
  assert.ok(!(await asks('short.example')))
  clock.advance(10_000)
  assert.ok(await asks('short.example'))
  clock.advance(NEGATIVE_LIFE - 30_000)
  assert.ok(await asks('plain.example'))
  clock.advance(MAX_LIFE)
  assert.ok(await asks('long.example'))
})

test('the same question on its way twice is asked once', async (t) => {
  const { resolver, server } = await scene(t, { 'A example.org': { answers: [a('example.org', '192.0.2.1', 0)] } })
  const both = await Promise.all([resolver.look('A', 'example.org'), resolver.look('A', 'example.org.')])
  assert.deepEqual(both, [found('192.0.2.1'), found('192.0.2.1')])
  assert.equal(server.asked.length, 1)
})

test('a server in trouble is passed over; failures are not remembered', async (t) => {
  const clock = new ManualClock()
  let rcode: Said['rcode'] = 'SERVFAIL'
  const bad = await fakeServer(t, () => [rcode === undefined ? { answers: [a('example.org', '192.0.2.7')] } : { rcode }])
  const good = await fakeServer(t, () => [{ answers: [a('example.org', '192.0.2.1', 0)] }])
  assert.deepEqual(await createResolver({ servers: [bad, good], clock }).look('A', 'example.org'), found('192.0.2.1'))
  const alone = createResolver({ servers: [bad], clock })
  assert.deepEqual(await alone.look('A', 'example.org'), failed('server-failure'))
  assert.equal(bad.asked.length, 1 + ROUNDS)
  rcode = 'REFUSED'
  assert.deepEqual(await alone.look('A', 'example.org'), failed('refused'))
  rcode = undefined
  assert.deepEqual(await alone.look('A', 'example.org'), found('192.0.2.7'))
})

test('silent servers cost their time and no more', async (t) => {
  const clock = new ManualClock()
  const silent = await fakeServer(t, () => [])
  const resolver = createResolver({ servers: [silent], clock })
  let answered = false
  const answer = resolver.look('A', 'example.org').finally(() => (answered = true))
  for (let round = 1; round <= ROUNDS; round++) {
    while (silent.asked.length < round) await new Promise((resolve) => setTimeout(resolve, 2))
    assert.equal(answered, false)
    clock.advance(SERVER_TIME)
  }
  assert.deepEqual(await answer, failed('timeout'))
  assert.equal(clock.pending, 0)
})

test('the time of a server can be said', async (t) => {
  const clock = new ManualClock()
  const silent = await fakeServer(t, () => [])
  const answer = createResolver({ servers: [silent], serverTime: 500, clock }).look('A', 'example.org')
  for (let round = 1; round <= ROUNDS; round++) {
    while (silent.asked.length < round) await new Promise((resolve) => setTimeout(resolve, 2))
    clock.advance(500)
  }
  assert.deepEqual(await answer, failed('timeout'))
})

test('closing gives up what is under way and asks nobody any more', async (t) => {
  const clock = new ManualClock()
  const silent = await fakeServer(t, (_question, tcp) => (tcp ? [] : [{ truncated: true }]))
  const resolver = createResolver({ servers: [silent], clock })
  const answers = ['one.example', 'two.example'].map((name) => resolver.look('A', name))
  while (silent.asked.filter((question) => question.startsWith('tcp')).length < 2) await new Promise((resolve) => setTimeout(resolve, 2))
  resolver.close()
  assert.deepEqual(await Promise.all(answers), [failed('timeout'), failed('timeout')])
  assert.equal(clock.pending, 0)
  const asked = silent.asked.length
  assert.deepEqual(await resolver.look('A', 'three.example'), failed('timeout'))
  assert.equal(silent.asked.length, asked)
})

test('what is authenticated: by a server nearby or trusted, and every link of the way', async (t) => {
  const { resolver } = await scene(t, {
    'A safe.example': { authentic: true, answers: [a('safe.example', '192.0.2.1')] },
    'A plain.example': { answers: [a('plain.example', '192.0.2.1')] },
    'A half.example': { authentic: true, answers: [alias('half.example', 'plain.example')] },
    'A none.example': { authentic: true },
  })
  const authenticated = async (name: string): Promise<boolean> => {
    const answer = await resolver.look('A', name)
    return answer.kind !== 'failed' && answer.authenticated
  }
  assert.deepEqual(await Promise.all(['safe.example', 'plain.example', 'half.example', 'none.example'].map(authenticated)), [
    true,
    false,
    false,
    true,
  ])
})
