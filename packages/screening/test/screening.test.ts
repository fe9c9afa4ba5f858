import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import type { PolicySubject, Verdict, Visit } from '@mailstead/delivery'
import { scriptedResolver, type DnsScript } from '@mailstead/resolver/scripted'
import { createScreening, type ScreeningOptions } from '@mailstead/screening'
import { openSqlite } from '@mailstead/sqlite'
import { collectLogger, ManualClock, tempDir } from '@mailstead/testkit'
import { ALLOWANCE_RENEWAL, NAME_QUESTIONS, NAME_QUEUE, PROBE_WARNING, SUSPECT_TIME, SUSPECT_WAIT, SUSPECTS } from '../src/limits.ts'
import { Suspects } from '../src/suspects.ts'

const MINUTE = 60_000
const clock = new ManualClock()
const log = collectLogger()
const store = await openSqlite({ path: join(await tempDir({ after } as Pick<TestContext, 'after'>), 'mail.db'), log, clock })
after(() => store.close())

/** Nothing is wrong with 192.0.2.1, called mx.far.example. */
const GOOD: DnsScript = {
  '1.2.0.192.in-addr.arpa': { PTR: ['mx.far.example'] },
  'mx.far.example': { A: ['192.0.2.1'] },
  'far.example': { MX: [{ preference: 10, exchange: 'mx.far.example' }] },
}

/** What DNS of the internet knows. */
const ROOT: DnsScript = { 'a.root-servers.net': { A: ['198.41.0.4'] } }

let networks = 0

/** An address of a network that no other test has. */
const address = (): string => `203.0.${113 + ++networks}.9`

interface Bench {
  readonly visit: (from?: string) => Visit | undefined
  readonly asked: readonly string[]
  /** Calls of the store. */
  readonly calls: string[]
}

function bench(script: DnsScript, options: Partial<ScreeningOptions> = {}): Bench {
  const resolver = scriptedResolver({ ...ROOT, ...script })
  const calls: string[] = []
  const counted = <Args extends unknown[], Result>(name: string, call: (...args: Args) => Result) => {
    return (...args: Args): Result => (calls.push(name), call(...args))
  }
  const { greylist } = store
  const policy = createScreening({
    resolver,
    greylist: {
      recall: counted('recall', (mark) => greylist.recall(mark)),
      note: counted('note', (mark) => greylist.note(mark)),
      allow: counted('allow', (network) => greylist.allow(network)),
      forget: (before) => greylist.forget(before),
    },
    hostName: 'mx.example.org',
    isOurs: (name) => Promise.resolve(name === 'mx.example.org'),
    trusted: [],
    checks: { reverseName: true, helo: true, senderDomain: true, earlyTalkers: true, authentication: false },
    lists: [],
    thresholds: { greylist: 3, refuse: 10 },
    greylistDelay: 5 * MINUTE,
    patience: 4_000,
    log,
    clock,
    ...options,
  })
  return { visit: (from = '192.0.2.1') => policy.visit({ session: 's1', address: from }), asked: resolver.asked, calls }
}

const recipient = (localPart: string) => ({ address: { localPart, domain: 'example.org' }, account: {} as never })
const message = (...addresses: string[]): PolicySubject =>
  ({ recipients: addresses.map((each) => ({ address: each })) }) as unknown as PolicySubject

/** One transaction as far as its recipient. */
async function attempt(
  visit: Visit | undefined,
  { helo = 'mx.far.example', domain = 'far.example', to = 'ann' }: { helo?: string; domain?: string; to?: string } = {},
): Promise<Verdict> {
  assert.ok(visit)
  visit.helo(helo)
  visit.sender({ localPart: 'x', domain })
  return visit.recipient(recipient(to))
}

const words = ({ ruling, findings }: Verdict): string[] => [ruling, ...findings.map(({ check }) => check)]

test('an honest host passes, and the store hears nothing of it', async () => {
  const b = bench(GOOD)
  const visit = b.visit()
  assert.equal(visit?.connected(), undefined, 'no delay')
  assert.deepEqual(await attempt(visit), { ruling: 'accept', score: 0, findings: [] })
  assert.equal((await visit?.message(message('ann@example.org')))?.ruling, 'accept')
  assert.deepEqual(b.calls, [])
})

test('loopback, private and trusted networks are let alone', () => {
  const b = bench({}, { trusted: ['198.51.100.0/24', '2001:db8:5::/48'] })
  for (const each of [
    '127.0.0.1',
    '10.1.2.3',
    '192.168.7.7',
    '172.20.0.1',
    '::1',
    'fd00::1',
    'fe80::1',
    '198.51.100.77',
    '2001:db8:5::9',
  ]) {
    assert.equal(b.visit(each), undefined, each)
  }
  assert.deepEqual(b.asked, [])
  assert.ok(b.visit('198.51.101.77'))
  assert.ok(b.visit('2001:db8:6::9'))
})

test('a suspicious host has to come again, and opens the way for its network', async () => {
  const b = bench(GOOD)
  const host = address()
  const first = await attempt(b.visit(host))
  assert.deepEqual(words(first), ['defer', 'no-reverse-name'])
  assert.equal(first.text, `Greylisted, try again in 5 min: ${host} has no name in DNS`)
  clock.advance(4 * MINUTE + 1)
  const second = await attempt(b.visit(host))
  assert.equal(second.ruling, 'defer')
  assert.match(second.text ?? '', /try again in 1 min/)
  assert.deepEqual(b.calls, ['recall', 'note', 'recall'])
  clock.advance(MINUTE)
  const third = b.visit(host)
  assert.deepEqual(words(await attempt(third)), ['accept', 'no-reverse-name'])
  assert.deepEqual(words((await third?.message(message('ann@example.org'))) as Verdict), ['accept', 'no-reverse-name'])
  const neighbour = host.replace(/9$/, '10')
  assert.equal((await attempt(b.visit(neighbour), { to: 'bob' })).ruling, 'accept')
  assert.deepEqual(b.calls.slice(3), ['recall', 'allow', 'recall'])
  assert.equal((await attempt(b.visit(address()))).ruling, 'defer', 'another network')
})

test('another sender or recipient begins anew', async () => {
  const b = bench({ ...GOOD, 'other.example': { A: ['192.0.2.1'] } })
  const host = address()
  await attempt(b.visit(host))
  clock.advance(5 * MINUTE)
  assert.equal((await attempt(b.visit(host), { to: 'bob' })).ruling, 'defer')
  assert.equal((await attempt(b.visit(host), { domain: 'other.example' })).ruling, 'defer')
  assert.equal((await attempt(b.visit(host), { to: 'ANN' })).ruling, 'accept', 'in any case')
})

test('a network that keeps coming is remembered anew once a day', async () => {
  const b = bench(GOOD)
  const host = address()
  await attempt(b.visit(host))
  clock.advance(5 * MINUTE)
  for (let n = 0; n < 3; n++) await attempt(b.visit(host))
  clock.advance(ALLOWANCE_RENEWAL)
  for (let n = 0; n < 3; n++) assert.equal((await attempt(b.visit(host))).ruling, 'accept')
  assert.equal(b.calls.filter((call) => call === 'allow').length, 2)
})

test('without greylisting suspicious hosts pass', async () => {
  const b = bench(GOOD, { greylistDelay: 0 })
  assert.deepEqual(words(await attempt(b.visit(address()))), ['accept', 'no-reverse-name'])
  assert.deepEqual(b.calls, [])
})

test('too many faults are refused, with all of them', async () => {
  const b = bench({})
  const host = address()
  const verdict = await attempt(b.visit(host), { helo: 'mx.example.org', domain: 'none.example' })
  assert.deepEqual(words(verdict), ['refuse', 'no-reverse-name', 'helo-ours', 'sender-domain'])
  assert.equal(
    verdict.text,
    `Refused: ${host} has no name in DNS; EHLO gives our own name: mx.example.org; the sender's domain none.example does not exist`,
  )
  assert.deepEqual(b.calls, [])
})

test('each check can be turned off', async () => {
  const all = { reverseName: true, helo: true, senderDomain: true, earlyTalkers: true, authentication: false }
  const found = async (checks: typeof all): Promise<string[]> => {
    const visit = bench({}, { checks }).visit(address())
    visit?.spokeEarly()
    return words(await attempt(visit, { helo: 'mx.example.org' })).slice(1)
  }
  assert.deepEqual(await found(all), ['early-talker', 'no-reverse-name', 'helo-ours', 'sender-domain'])
  assert.deepEqual(await found({ ...all, reverseName: false }), ['early-talker', 'helo-ours', 'sender-domain'])
  assert.deepEqual(await found({ ...all, helo: false }), ['early-talker', 'no-reverse-name', 'sender-domain'])
  assert.deepEqual(await found({ ...all, senderDomain: false }), ['early-talker', 'no-reverse-name', 'helo-ours'])
  assert.deepEqual(await found({ ...all, earlyTalkers: false, authentication: false }), ['no-reverse-name', 'helo-ours', 'sender-domain'])
})

const BLOCK = { zone: 'bl.example', weight: 10, codes: {} }
const LISTED: DnsScript = { ...GOOD, '1.2.0.192.bl.example': { A: ['127.0.0.2'] } }

test('a listed host is refused, but postmaster and abuse hear it', async () => {
  const b = bench(LISTED, { lists: [BLOCK] })
  const visit = b.visit()
  assert.deepEqual(words(await attempt(visit)), ['refuse', 'dns-list'])
  assert.equal((await attempt(visit)).text, 'Refused: 192.0.2.1 is listed by bl.example')
  for (const to of ['postmaster', 'Abuse']) assert.equal((await attempt(visit, { to })).ruling, 'accept', to)
  for (const to of ['postmaster@example.org', 'ABUSE@example.org']) assert.equal((await visit?.message(message(to)))?.ruling, 'accept', to)
  assert.equal((await visit?.message(message('ann@example.org')))?.ruling, 'refuse')
  assert.equal((await attempt(visit, { to: 'postmasters' })).ruling, 'refuse')
})

test('an allow list outweighs other faults', async () => {
  const host = address()
  const [a, b, c, d] = host.split('.')
  const lists = [{ zone: 'wl.example', weight: -8, codes: {} }]
  const verdict = await attempt(bench({ ...GOOD, [`${d}.${c}.${b}.${a}.wl.example`]: { A: ['127.0.0.2'] } }, { lists }).visit(host))
  assert.deepEqual([verdict.ruling, verdict.score], ['accept', -4])
})

test('DNS that fails weighs nothing', async () => {
  const failing = scriptedResolver(
    new Proxy<DnsScript>({}, { get: () => ({ PTR: 'timeout', A: 'timeout', AAAA: 'timeout', MX: 'server-failure' }) }),
  )
  assert.deepEqual(await attempt(bench({}, { resolver: failing, lists: [BLOCK] }).visit(address())), {
    ruling: 'accept',
    score: 0,
    findings: [],
  })
})

test('DNS that does not know the internet weighs nothing, and is told to the administrator once an hour', async () => {
  const b = bench({ 'a.root-servers.net': {} }, { lists: [BLOCK] })
  const warned = (): number => log.events.filter(({ event }) => event.startsWith('DNS does not know the internet')).length
  for (let n = 0; n < 2; n++) {
    const verdict = await attempt(b.visit(address()), { helo: 'gone.example', domain: 'none.example' })
    assert.deepEqual(verdict, { ruling: 'accept', score: 0, findings: [] })
  }
  assert.equal(warned(), 1)
  clock.advance(PROBE_WARNING)
  await attempt(b.visit(address()))
  assert.equal(warned(), 2)
})

test('DNS that is silent holds mail up for a bounded time, and counts when it speaks at last', async () => {
  const list = Promise.withResolvers<{ kind: 'records'; records: never[]; authenticated: boolean }>()
  const good = scriptedResolver(GOOD)
  const resolver: ScreeningOptions['resolver'] = {
    look: (type, name) => (name.endsWith('bl.example') ? list.promise : good.look(type, name)),
  }
  const visit = bench({}, { resolver, lists: [BLOCK] }).visit()
  const asked = attempt(visit)
  let answered = false
  void asked.then(() => (answered = true))
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(answered, false)
  clock.advance(4_000)
  assert.equal((await asked).ruling, 'accept')
  list.resolve({ kind: 'records', records: ['127.0.0.2' as never], authenticated: false })
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal((await visit?.message(message('ann@example.org')))?.ruling, 'refuse')
})

test('a second EHLO or MAIL takes the place of the first', async () => {
  const b = bench({ ...GOOD, 'good.example': { A: ['192.0.2.1'] } }, { thresholds: { greylist: 1, refuse: 100 } })
  const visit = b.visit()
  assert.deepEqual(words(await attempt(visit, { helo: 'localhost', domain: 'none.example' })), ['defer', 'helo-no-name', 'sender-domain'])
  assert.deepEqual(words(await attempt(visit, { helo: 'mx.far.example', domain: 'good.example' })), ['accept'])
  assert.deepEqual(words(await attempt(visit, { domain: 'none.example' })), ['defer', 'sender-domain'])
  visit?.sender(undefined)
  assert.deepEqual(words((await visit?.recipient(recipient('ann'))) as Verdict), ['accept'])
  assert.equal(
    b.asked.filter((question) => question === 'A mx.far.example').length,
    2,
    'for the PTR and for one EHLO: the same name again is no other',
  )
})

test('a client that only changes its names asks DNS nothing', async () => {
  const silent: ScreeningOptions['resolver'] = { look: () => new Promise(() => {}) }
  let asked = 0
  const resolver: ScreeningOptions['resolver'] = { look: (type, name) => (asked++, silent.look(type, name)) }
  const visit = bench({}, { resolver }).visit()
  for (let n = 0; n < 1000; n++) {
    visit?.helo(`n${n}.example`)
    visit?.sender({ localPart: 'x', domain: `d${n}.example` })
  }
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(asked, 3, 'PTR, and A and AAAA of one name')
})

test('names whose servers never answer do not keep lists from being asked', async () => {
  const lists = scriptedResolver({ ...ROOT, '1.2.0.192.bl.example': { A: ['127.0.0.2'] } })
  let asked = 0
  const resolver: ScreeningOptions['resolver'] = {
    look: (type, name) => (/bl\.example|root-servers/.test(name) ? lists.look(type, name) : (asked++, new Promise(() => {}))),
  }
  const b = bench({}, { resolver, lists: [BLOCK] })
  for (let n = 0; n < NAME_QUESTIONS + NAME_QUEUE; n++) b.visit(`198.18.${n >> 8}.${n & 255}`)?.helo(`n${n}.slow.example`)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(asked, NAME_QUESTIONS)
  assert.ok(lists.asked.length > NAME_QUESTIONS)
  const refused = attempt(b.visit())
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(4_000)
  assert.deepEqual(words(await refused), ['refuse', 'dns-list'])
})

test('who was turned down lately waits for the greeting; who came again does not', async () => {
  const b = bench(GOOD)
  const host = address()
  assert.equal(b.visit(host)?.connected(), undefined)
  await attempt(b.visit(host))
  const wait = b.visit(host)?.connected()
  assert.ok(wait)
  let greeted = false
  void wait.then(() => (greeted = true))
  clock.advance(SUSPECT_WAIT - 1)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(greeted, false)
  clock.advance(1)
  await wait
  clock.advance(5 * MINUTE)
  await attempt(b.visit(host))
  assert.equal(b.visit(host)?.connected(), undefined, 'came again')
  const other = address()
  await attempt(b.visit(other), { helo: 'mx.example.org' })
  assert.ok(b.visit(other)?.connected(), 'refused')
  clock.advance(SUSPECT_TIME)
  assert.equal(b.visit(other)?.connected(), undefined, 'long ago')
})

test('what was found is in the log once a transaction', async () => {
  const b = bench(LISTED, { lists: [{ ...BLOCK, weight: 1 }] })
  const before = log.events.length
  const visit = b.visit()
  await attempt(visit)
  await visit?.recipient(recipient('bob'))
  await visit?.message(message('ann@example.org'))
  const told = log.events.slice(before).filter(({ event }) => event === 'screened')
  assert.deepEqual(
    told.map(({ fields }) => fields),
    [
      {
        session: 's1',
        decision: 'accept',
        score: 1,
        findings: [{ check: 'dns-list', weight: 1, reason: '192.0.2.1 is listed by bl.example' }],
      },
    ],
  )
})

test('few suspects are remembered: the oldest go', () => {
  const suspects = new Suspects(clock)
  for (let n = 0; n <= SUSPECTS; n++) suspects.add(`${n}`)
  suspects.add('1')
  suspects.add('new')
  assert.deepEqual(
    ['0', '1', '2', '3', `${SUSPECTS}`].map((network) => suspects.has(network)),
    [false, true, false, true, true],
  )
})
