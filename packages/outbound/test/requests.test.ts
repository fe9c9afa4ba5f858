import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger, type Clock } from '@mailstead/base'
import { Schedules } from '@mailstead/queue'
import { scriptedPeer } from '@mailstead/testkit'
import { DNS_ONLY, Requests, type Relay, type RoutingTable } from '@mailstead/outbound'
import { ASKED_TIME, HOLD_TIME, REQUEST_INTERVAL } from '../src/limits.ts'
import { Stale } from '../src/engine/stale.ts'
import { Bench } from './bench.ts'
import { closedPort, plainSocket } from './support.ts'

const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' }
const BOSS = 'boss@here.example'

function relays(...keys: readonly [key: string, reachable: boolean, ...fetchedBy: string[]][]): ReadonlyMap<string, Relay> {
  return new Map(keys.map(([key, reachable, ...fetchedBy]) => [key, { key, reachable, fetchedBy: new Set(fetchedBy) }]))
}

/** An engine that holds x.example, and takes it to the peer when it is asked for. */
async function asked(t: Parameters<typeof Bench.open>[0], port: number) {
  const bench = await Bench.open(t)
  const { clock, store } = bench
  bench.routes.set('x.example', { kind: 'hold', asked: { kind: 'hosts', hosts: [{ host: '127.0.0.1', port }] } })
  bench.routes.set('y.example', { kind: 'hold', asked: { kind: 'mx', relayed: true } })
  bench.routes.set('.below.example', { kind: 'hold', asked: { kind: 'hosts', hosts: [{ host: '127.0.0.1', port }] } })
  bench.routes.set('z.example', { kind: 'hold' })
  const relayed = relays(
    ['x.example', true, BOSS],
    ['y.example', true, BOSS],
    ['.below.example', true],
    ['own.below.example', true, BOSS],
    ['z.example', false, BOSS],
  )
  const routing: RoutingTable = { ...DNS_ONLY, recipientDomains: bench.routes, relayed }
  const outbound = bench.start({ routing, dns: { 'y.example': { MX: [{ preference: 10, exchange: 'here.example' }] } } })
  const requests = new Requests({ routing, queue: store.queue, outbound: () => bench.outbound, clock, log: silentLogger })
  return { bench, outbound, requests, clock }
}

/** The engine has looked at all that is due. */
async function looked(bench: Bench, t: Parameters<typeof scriptedPeer>[0]): Promise<void> {
  const peer = await scriptedPeer(t)
  bench.route('elsewhere.example', peer)
  await bench.queue(['a@elsewhere.example'])
  await bench.until('elsewhere', () => peer.messages.length === 1 && bench.outbound?.claimed === 0)
}

test('mail that waits goes when it is asked for, and what comes later waits again', async (t) => {
  const peer = await scriptedPeer(t)
  const { bench, requests, clock } = await asked(t, peer.port)
  const first = await bench.queue(['a@x.example', 'b@x.example', 'c@z.example'])
  await bench.queue(['d@x.example'])
  assert.equal(peer.messages.length, 0)
  assert.deepEqual(await requests.start('x.example', false, BOSS), { kind: 'started', pending: 2 })
  await bench.until('both are there', async () => (await bench.listing()).length === 1)
  assert.deepEqual(await bench.fates(first), ['a@x.example sent 250', 'b@x.example sent 250', 'c@z.example - in 0'])
  // While they are there, what comes goes at once.
  clock.advance(ASKED_TIME - 1)
  await bench.queue(['e@x.example'])
  await bench.until('another', () => peer.messages.length === 3)
  clock.advance(ASKED_TIME)
  const late = await bench.queue(['f@x.example'])
  await looked(bench, t)
  assert.equal(peer.messages.length, 3)
  assert.equal((await bench.fates(late)).length, 1)
  assert.deepEqual(await requests.start('x.example', false, undefined), { kind: 'started' })
  await bench.until('the last', () => peer.messages.length === 4)
})

test('a server that is not there, or is ourselves, costs no mail', async (t) => {
  const { bench, requests, clock } = await asked(t, await closedPort())
  const queueId = await bench.queue(['a@x.example', 'b@y.example'])
  assert.equal((await requests.start('x.example', false, undefined)).kind, 'started')
  assert.equal((await requests.start('y.example', false, undefined)).kind, 'started')
  await bench.until('tried', async () => (await bench.fates(queueId)).every((fate) => !fate.includes(' - ')))
  assert.deepEqual(await bench.fates(queueId), ['a@x.example 4.4.1 in 5', 'b@y.example 5.4.6 in 5'])
  // Now it waits for the next wish, not for the schedule.
  clock.advance(HOLD_TIME)
  await looked(bench, t)
  assert.deepEqual(
    (await bench.listing()).map(({ attempts }) => attempts),
    [1, 1],
  )
  const peer = await scriptedPeer(t)
  bench.routes.set('x.example', { kind: 'hold', asked: { kind: 'hosts', hosts: [{ host: '127.0.0.1', port: peer.port }] } })
  assert.equal((await requests.start('x.example', false, undefined)).kind, 'started')
  await bench.until('there', () => peer.messages.length === 1)
})

test('a server that could not be reached is tried again when it asks', async (t) => {
  const peer = await scriptedPeer(t, { on: { CONNECT: [{ drop: true, reply: '421 4.3.2 busy' }, '220 here'] } })
  const bench = await Bench.open(t)
  bench.route('x.example', peer)
  const queueId = await bench.queue(['a@x.example'])
  const outbound = bench.start()
  await bench.until('refused', async () => (await bench.fates(queueId))[0] === 'a@x.example 4.3.2 in 5')
  await outbound.ask(['x.example'])
  await bench.until('there', () => peer.messages.length === 1)
})

test('what an administrator wants tried again is tried where nobody could be reached', async (t) => {
  const peer = await scriptedPeer(t, { on: { CONNECT: [{ drop: true, reply: '421 4.3.2 busy' }, '220 here'] } })
  const bench = await Bench.open(t)
  bench.route('x.example', peer)
  const queueId = await bench.queue(['a@x.example'])
  const outbound = bench.start()
  await bench.until('refused', async () => (await bench.fates(queueId))[0] === 'a@x.example 4.3.2 in 5')
  await bench.store.queue.act({ queueId }, { kind: 'retry' })
  await looked(bench, t)
  assert.equal(peer.messages.length, 0, 'the destination rests')
  outbound.retry()
  await bench.until('there', () => peer.messages.length === 1)
})

test('what is not to leave yet does not leave', async (t) => {
  const peer = await scriptedPeer(t)
  const { bench, requests, clock } = await asked(t, peer.port)
  await bench.queue([{ recipient: 'a@x.example', domain: 'x.example', parameters: {}, notBefore: clock.now() + 10 * HOLD_TIME }])
  assert.deepEqual(await requests.start('x.example', false, BOSS), { kind: 'started', pending: 0 })
  assert.deepEqual(await requests.fetch([], BOSS), { kind: 'nothing' })
  assert.equal(peer.messages.length, 0)
})

test('who may ask for what, and how often', async (t) => {
  const peer = await scriptedPeer(t)
  const { bench, requests, clock } = await asked(t, peer.port)
  await bench.queue(['a@x.example', 'a@one.below.example', 'a@two.below.example', 'a@own.below.example'])
  const ask = async (domain: string, account?: string): Promise<string> => {
    const below = domain.startsWith('@')
    const answer = await requests.start(below ? domain.slice(1) : domain, below, account)
    return answer.kind === 'started' ? `started ${answer.pending ?? '?'}` : answer.kind === 'refused' ? answer.reason : answer.kind
  }
  assert.equal(await ask('far.example'), 'no mail is kept for it here')
  assert.equal(await ask('sub.x.example'), 'no mail is kept for it here')
  assert.equal(await ask('below.example'), 'no mail is kept for it here')
  assert.equal(await ask('z.example'), 'its mail is fetched by ATRN')
  assert.equal(await ask('x.example', 'eve@here.example'), 'it is not yours')
  assert.equal(await ask('one.below.example', BOSS), 'it is not yours')
  assert.equal(await ask('x.example', BOSS), 'started 1')
  assert.equal(await ask('x.example', BOSS), 'unable')
  assert.equal(await ask('x.example'), 'started ?')
  assert.equal(await ask('x.example'), 'unable')
  // Strangers ask for one domain of a route for many, whatever they think of.
  assert.equal(await ask('one.below.example'), 'started ?')
  assert.equal(await ask('two.below.example'), 'unable')
  clock.advance(REQUEST_INTERVAL)
  assert.equal(await ask('@below.example', BOSS), 'started 1')
  assert.equal(await ask('@below.example'), 'started ?')
  await bench.until('all there', () => peer.messages.length === 4)
  assert.equal(await ask('@com'), 'no mail is kept for it here')
})

test('who fetches which mail, and how often', async (t) => {
  const customer = await scriptedPeer(t)
  const { bench, requests, clock } = await asked(t, 1)
  const kinds = async (domains: readonly string[], account = BOSS): Promise<string> => (await requests.fetch(domains, account)).kind
  assert.equal(await kinds([]), 'nothing')
  assert.equal(await kinds([], 'eve@here.example'), 'refused')
  const queueId = await bench.queue(['a@x.example', 'b@z.example', 'c@one.below.example', 'd@own.below.example'])
  assert.equal(await kinds(['x.example', 'far.example']), 'refused')
  assert.equal(await kinds(['x.example', 'one.below.example']), 'refused')
  assert.equal(await kinds(['x.example'], 'eve@here.example'), 'refused')
  assert.equal(await kinds(['y.example']), 'nothing')
  const answer = await requests.fetch([], 'Boss@Here.example')
  assert.equal(answer.kind, 'ready')
  assert.equal(await kinds(['z.example']), 'busy')
  if (answer.kind === 'ready')
    assert.equal(await answer.run({ socket: await plainSocket(customer.port), tls, peer: 'customer.example [192.0.2.7]' }), 3)
  assert.deepEqual(await bench.fates(queueId), [
    'a@x.example sent 250',
    'b@z.example sent 250',
    'c@one.below.example - in 0',
    'd@own.below.example sent 250',
  ])
  await bench.queue(['e@x.example'])
  assert.equal(await kinds(['x.example']), 'busy')
  clock.advance(REQUEST_INTERVAL)
  assert.equal(await kinds(['x.example']), 'ready')
})

test('nothing is begun before mail is sent at all', async (t) => {
  const bench = await Bench.open(t)
  const { clock, store } = bench
  const routing = { ...DNS_ONLY, relayed: relays(['x.example', true, BOSS]) }
  const requests = new Requests({ routing, queue: store.queue, outbound: () => undefined, clock, log: silentLogger })
  assert.deepEqual(await requests.start('x.example', false, BOSS), { kind: 'unable' })
  assert.deepEqual(await requests.fetch([], BOSS), { kind: 'unable' })
})

test('what nobody fetches in time comes back to its sender', async (t) => {
  const bench = await Bench.open(t)
  const { clock } = bench
  bench.routes.set('x.example', { kind: 'hold' })
  const schedules = new Schedules({ lifetime: 5 * HOLD_TIME, nullLifetime: 2 * HOLD_TIME })
  const old = await bench.queue(['a@x.example'])
  const fromNobody = await bench.queue(['b@x.example'], { mailFrom: '' })
  let looks = -1
  const counted: Clock = { now: () => clock.now(), after: (ms, run) => (looks++, clock.after(ms, run)) }
  const routing = { ...DNS_ONLY, recipientDomains: bench.routes }
  const stale = new Stale({ queue: bench.store.queue, routing, schedules, clock: counted, log: silentLogger })
  t.after(() => stale.stop())
  const hour = async (): Promise<number> => {
    const before = looks
    clock.advance(HOLD_TIME)
    // It has looked when it waits again.
    await bench.until('a look', () => looks > before)
    return (await bench.listing()).length
  }
  assert.equal(await hour(), 2)
  const young = await bench.queue(['c@x.example'])
  assert.deepEqual([await hour(), await hour(), await hour(), await hour()], [2, 2, 2, 1])
  const owed = await bench.store.queue.owed(10)
  assert.deepEqual(
    owed.map(({ queueId, reports }) => [queueId, reports[0]?.action, reports[0]?.diagnosis.status]),
    [[old, 'failed', '5.4.7']],
  )
  const events = async (queueId: typeof old): Promise<string | undefined> => (await bench.trace(queueId)).at(-1)?.event
  assert.deepEqual([await events(fromNobody), await events(young)], ['bounced', 'queued'])
})
