/** Connections of the engine: how many, to whom, for how long, and what stops them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scriptedPeer } from '@mailstead/testkit'
import type { QueueStore } from '@mailstead/store'
import { DNS_ONLY } from '@mailstead/outbound'
import { Bench } from './bench.ts'
import { closedPort } from './support.ts'

const MINUTE = 60_000

const ok = '250 2.1.5 fine'

test('new mail wakes the engine, and goes over the connection that is there', async (t) => {
  const bench = await Bench.open(t)
  const peer = await scriptedPeer(t)
  bench.route('x.example', peer)
  bench.start()
  for (let round = 1; round <= 3; round++) {
    await bench.queue(['a@x.example'])
    await bench.until('taken', () => peer.messages.length === round)
    await bench.settled()
  }
  assert.equal(peer.connections, 1)
  bench.clock.advance(10_000)
  await bench.until('goodbye', () => peer.lines.at(-1) === 'QUIT')
})

test('a server that was tired of a connection without work gets a new one at once', async (t) => {
  const bench = await Bench.open(t)
  const peer = await scriptedPeer(t, { on: { MAIL: [ok, { drop: true, reply: '421 4.4.2 idle' }, ok] } })
  const silent = await scriptedPeer(t, { on: { MAIL: [ok, { drop: true }, ok] } })
  bench.route('x.example', silent)
  bench.route('y.example', peer)
  bench.start()
  for (let round = 0; round < 2; round++) {
    await bench.queue(['a@x.example'])
    await bench.until('taken', () => silent.messages.length === round + 1)
    await bench.settled()
  }
  assert.equal(silent.connections, 2)
})

test('dead destinations that rest cost the living nothing', async (t) => {
  const bench = await Bench.open(t)
  const live = await scriptedPeer(t)
  bench.route('live.example', live)
  const dead = ['one.example', 'two.example']
  for (const domain of dead) {
    bench.route(domain, await closedPort())
    for (let number = 0; number < 150; number++) await bench.queue([`u${number}@${domain}`])
  }
  const claimed: string[] = []
  let settled = 0
  const queue = new Proxy(bench.store.queue, {
    get(target, name: keyof QueueStore) {
      if (name === 'claim')
        return (...args: Parameters<QueueStore['claim']>) => {
          claimed.push(...args[0].map(({ domain }) => domain))
          return target.claim(...args)
        }
      if (name === 'settle') settled++
      return target[name].bind(target)
    },
  })
  bench.start({ queue })
  // What was taken on for them shares the verdict; the rest is not even claimed.
  await bench.until('they rest', async () => {
    const tried = (await bench.listing()).filter(({ attempts }) => attempts > 0)
    return bench.outbound?.claimed === 0 && dead.every((domain) => tried.some(({ lane }) => lane.domain === domain))
  })
  ;[claimed.length, settled] = [0, 0]
  for (let number = 0; number < 60; number++) for (const domain of [...dead, 'live.example']) await bench.queue([`v${number}@${domain}`])
  await bench.until('all for the living', () => live.messages.length === 60 && bench.outbound?.claimed === 0)
  // What is for the living came with its acceptance.
  assert.deepEqual([claimed, settled], [[], 60])
})

test('dead destinations hold nobody up', async (t) => {
  const bench = await Bench.open(t)
  const [live, mute] = [await scriptedPeer(t), await scriptedPeer(t, { on: { CONNECT: { stall: true } } })]
  const stuck = await scriptedPeer(t, { on: { END: { stall: true } } })
  bench.route('live.example', live)
  bench.route('mute.example', mute)
  bench.route('stuck.example', stuck)
  bench.route('closed.example', await closedPort())
  for (let number = 0; number < 30; number++)
    for (const domain of ['mute', 'stuck', 'closed', 'live']) await bench.queue([`u${number}@${domain}.example`])
  bench.start({ connections: 8 })
  // The clock stands still, so nothing that is stuck comes to an end.
  await bench.until('all for the living', () => live.messages.length === 30)
  assert.ok(mute.connections <= 4 && stuck.mostOpen <= 4)
  const closed = (await bench.listing()).filter(({ lane }) => lane.domain === 'closed.example')
  assert.deepEqual(new Set(closed.map(({ last }) => last?.status)), new Set(['4.4.1']))
})

test('a dead destination rests, longer each time, and is asked by one message', async (t) => {
  const bench = await Bench.open(t)
  const peer = await scriptedPeer(t, { on: { CONNECT: { drop: true } } })
  bench.route('x.example', peer)
  await bench.queue(['a@x.example'])
  bench.start()
  await bench.settled()
  assert.equal(peer.connections, 1)
  await bench.queue(['b@x.example'])
  await new Promise((resolve) => setTimeout(resolve, 30))
  assert.equal(peer.connections, 1)
  bench.clock.advance(MINUTE)
  await bench.until('asked again', () => peer.connections === 2)
  await bench.settled()
  await bench.queue(['c@x.example'])
  bench.clock.advance(MINUTE)
  await new Promise((resolve) => setTimeout(resolve, 30))
  assert.equal(peer.connections, 2)
})

test('a smarthost has the mail of many domains, and goes before none of them', async (t) => {
  const bench = await Bench.open(t)
  const peer = await scriptedPeer(t)
  const count = 600
  await Promise.all(Array.from({ length: count }, (_, number) => bench.queue([`a@d${number}.example`])))
  const fallback = { kind: 'hosts', hosts: [{ host: '127.0.0.1', port: peer.port }] } as const
  bench.start({ routing: { ...DNS_ONLY, recipientDomains: bench.routes, fallback } })
  await bench.until('all taken', () => {
    // Where a look finds nothing but what has to wait, the next one comes by the clock.
    bench.clock.advance(100)
    return peer.messages.length === count
  })
  await bench.settled()
  assert.ok(peer.connections <= 20)
})

test('connections grow with a server that likes them, and stop where it has enough', async (t) => {
  const bench = await Bench.open(t)
  const generous = await scriptedPeer(t)
  let open = 0
  const strict = await scriptedPeer(t, {
    on: { CONNECT: () => (strict.open > 3 ? { drop: true, reply: '421 4.7.0 too many' } : '220 fine') },
  })
  bench.route('generous.example', generous)
  bench.route('strict.example', strict)
  for (let number = 0; number < 150; number++)
    for (const domain of ['generous', 'strict']) await bench.queue([`u${number}@${domain}.example`])
  bench.start()
  await bench.settled()
  open = generous.mostOpen
  assert.deepEqual([generous.messages.length, strict.messages.length, (await bench.listing()).length], [150, 150, 0])
  assert.ok(open > 2 && open <= 20, `${open} connections`)
  // Who is refused a fourth connection does not ask for it until another one ends.
  assert.ok(strict.connections < 60, `${strict.connections} connections`)
})

test('what is under way when the server stops is done in time or not at all', async (t) => {
  const bench = await Bench.open(t)
  const [slow, doubtful] = [
    await scriptedPeer(t, { on: { MAIL: { stall: true } } }),
    await scriptedPeer(t, { on: { END: { stall: true } } }),
  ]
  bench.route('slow.example', slow)
  bench.route('doubtful.example', doubtful)
  const queued = []
  for (let number = 0; number < 5; number++) queued.push(await bench.queue([`u${number}@slow.example`]))
  const doubt = await bench.queue(['u@doubtful.example'])
  const outbound = bench.start()
  await bench.until('both are stuck', () => slow.lines.some((line) => line.startsWith('MAIL')) && doubtful.lines.includes('.'))
  const stopped = outbound.stop(1000)
  await new Promise((resolve) => setTimeout(resolve, 20))
  bench.clock.advance(1000)
  await stopped
  for (const [number, queueId] of queued.entries()) assert.deepEqual(await bench.fates(queueId), [`u${number}@slow.example - in 0`])
  assert.deepEqual(await bench.fates(doubt), ['u@doubtful.example 4.3.2 in 5'])
  assert.deepEqual(
    (await bench.listing()).reduce((sum, { attempts }) => sum + attempts, 0),
    1,
  )
  // Whoever starts next goes on with it at once.
  const again = await scriptedPeer(t)
  bench.route('slow.example', again)
  bench.start()
  await bench.until('the rest is taken', () => again.messages.length === 5)
})
