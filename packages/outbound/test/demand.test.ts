/** Mail that asks more of a connection, or less, than the recipients' domain does (RFC 8689). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QueueId } from '@mailstead/store'
import { scriptedPeer } from '@mailstead/testkit'
import { Bench, type Mail } from './bench.ts'
import { testTls } from './support.ts'

const MINUTE = 60_000
const dns = { 'x.example': { MX: [{ preference: 1, exchange: 'mx.x.example' }] }, 'mx.x.example': { A: ['127.0.0.1'] } }
const stsOf = async () => ({ mode: 'enforce' as const, mx: ['mx.x.example'] })
const OPTIONAL: Mail = { parameters: { tlsOptional: true } }
const REQUIRED: Mail = { parameters: { requireTls: true, tlsOptional: true } }

test('"TLS-Required: No" passes a server that is not as safe as its policy says, and nothing else does', async (t) => {
  const bench = await Bench.open(t)
  const results: string[] = []
  const peer = await scriptedPeer(t)
  const usual = [await bench.queue(['a@x.example']), await bench.queue(['b@x.example'])]
  const optional: QueueId[] = []
  const required = await bench.queue(['d@x.example'], REQUIRED)
  const report = await bench.queue(['e@x.example'], { ...REQUIRED, mailFrom: '' })
  bench.start({ dns, port: peer.port, stsOf, connectionsPerDestination: 1, onTls: ({ result }) => results.push(result) })
  await bench.settled()
  const fates = async (): Promise<string[]> =>
    (await Promise.all([...usual, ...optional, required, report].map((each) => bench.fates(each)))).flat().sort()
  const kept = ['a@x.example 4.7.10 in 5', 'b@x.example 4.7.10 in 5', 'd@x.example 4.7.10 in 5', 'e@x.example 4.7.10 in 5']
  assert.deepEqual(await fates(), kept)
  // What follows the policy is kept back for a while, without another look at the server; what does not is not.
  const before = peer.connections
  usual.push(await bench.queue(['f@x.example']))
  await bench.settled()
  assert.equal(peer.connections, before)
  optional.push(await bench.queue(['g@x.example'], OPTIONAL))
  await bench.settled()
  assert.deepEqual((await fates()).slice(4), ['f@x.example - in 1', 'g@x.example sent 250'])
  // The mail that passed has not ended the rest of the others.
  usual.push(await bench.queue(['h@x.example']))
  await bench.settled()
  assert.equal((await fates()).at(-1), 'h@x.example - in 1')
  assert.deepEqual(
    peer.messages.map(({ secure }) => secure),
    [false],
  )
  assert.ok(results.length > 0 && results.every((result) => result === 'starttls-not-supported'))
})

test('what waits for a server that is not safe enough shares the verdict, unless it asks for less', async (t) => {
  const bench = await Bench.open(t)
  const peer = await scriptedPeer(t)
  const queued = [await bench.queue(['a@x.example']), await bench.queue(['b@x.example'], OPTIONAL), await bench.queue(['c@x.example'])]
  bench.start({ dns, port: peer.port, stsOf, connectionsPerDestination: 1 })
  await bench.settled()
  assert.deepEqual((await Promise.all(queued.map((each) => bench.fates(each)))).flat(), [
    'a@x.example 4.7.10 in 5',
    'b@x.example sent 250',
    'c@x.example 4.7.10 in 5',
  ])
  // One look for each kind.
  assert.equal(peer.connections, 2)
})

test('mail that follows a policy goes again when the server is safe', async (t) => {
  const bench = await Bench.open(t)
  const { store, authority } = await testTls(t, ['mx.x.example'])
  const bad = await scriptedPeer(t)
  const queueId = await bench.queue(['a@x.example'])
  bench.start({ dns, port: bad.port, stsOf, authorities: [authority] })
  await bench.settled()
  assert.deepEqual(await bench.fates(queueId), ['a@x.example 4.7.10 in 5'])
  const { port } = bad
  await bad.close()
  const good = await scriptedPeer(t, { tls: store.secureContext }, '127.0.0.1', port)
  bench.clock.advance(5 * MINUTE)
  await bench.settled()
  assert.deepEqual([await bench.fates(queueId), good.messages.map(({ secure }) => secure)], [['a@x.example sent 250'], [true]])
})

test('a connection carries what it is safe enough for, and no other mail', async (t) => {
  const { store, authority } = await testTls(t, ['mx.x.example'])
  const [usual, optional, required]: Mail[] = [{}, OPTIONAL, { parameters: { requireTls: true } }]
  const table: [first: Mail | undefined, second: Mail | undefined, connections: number][] = [
    [usual, usual, 1],
    [usual, optional, 1],
    [optional, optional, 1],
    [optional, usual, 2],
    [optional, required, 2],
    [usual, required, 2],
    [required, optional, 2],
  ]
  for (const [number, [first, second, connections]] of table.entries()) {
    const bench = await Bench.open(t)
    const peer = await scriptedPeer(t, { tls: store.secureContext, offersInTls: ['REQUIRETLS'] })
    bench.start({ dns, port: peer.port, stsOf, authorities: [authority] })
    for (const mail of [first, second]) {
      const queueId = await bench.queue(['a@x.example'], mail)
      await bench.settled()
      assert.deepEqual(await bench.fates(queueId), ['a@x.example sent 250'], `number ${number}`)
    }
    assert.equal(peer.connections, connections, `number ${number}`)
    await bench.outbound?.stop()
  }
})

test('a server that cannot be reached at all is left alone by all mail', async (t) => {
  const bench = await Bench.open(t)
  const peer = await scriptedPeer(t, { on: { CONNECT: { drop: true, reply: '421 4.3.2 busy' } } })
  const queueId = await bench.queue(['a@x.example'], OPTIONAL)
  bench.start({ dns, port: peer.port, stsOf })
  await bench.settled()
  assert.deepEqual(await bench.fates(queueId), ['a@x.example 4.3.2 in 5'])
  const before = peer.connections
  await bench.queue(['b@x.example'])
  await bench.queue(['c@x.example'], OPTIONAL)
  await new Promise((resolve) => setTimeout(resolve, 30))
  assert.equal(peer.connections, before)
})
