import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeliverBy, RecipientParameters } from '@mailstead/store'
import { parseCapabilities } from '@mailstead/wire'
import { ManualClock, scriptedPeer } from '@mailstead/testkit'
import { byValue, notifyOf } from '../src/client/deliver-by.ts'
import { Bench } from './bench.ts'
import { letter, opened } from './support.ts'

const NOW = 1_000_000

const by = (seconds: number, mode: DeliverBy['mode'], trace = false): DeliverBy => ({ at: NOW + seconds * 1000, mode, trace })
const offering = (line: string) => parseCapabilities({ lines: ['mx', line] })

/** RFC 2852 section 4.1.4: what is said, or with which status the letter does not go there. */
const table: [asked: DeliverBy | undefined, offer: string, said: string | undefined][] = [
  [undefined, 'DELIVERBY', undefined],
  [by(98, 'return'), 'DELIVERBY 30', '98;R'],
  [by(98.9, 'return', true), 'DELIVERBY', '98;RT'],
  // Section 6.
  [by(98, 'return'), 'DELIVERBY 240', '5.4.7, elsewhere'],
  [by(98, 'return'), 'DSN', '5.3.3'],
  [by(0.5, 'return'), 'DELIVERBY', '5.4.7'],
  [by(-1, 'return'), 'DELIVERBY', '5.4.7'],
  [by(98, 'notify'), 'DSN', undefined],
  [by(98, 'notify'), 'DELIVERBY 240', '98;N'],
  [by(-5, 'notify', true), 'DELIVERBY', '-5;NT'],
  [by(-2_000_000_000, 'notify'), 'DELIVERBY', '-999999999;N'],
]

for (const [deliverBy, offer, said] of table) {
  const asked = deliverBy === undefined ? 'nothing' : `${(deliverBy.at - NOW) / 1000} s, ${deliverBy.mode}`
  test(`${asked} asked, ${offer} offered: ${said ?? 'not said'}`, () => {
    const value = byValue(deliverBy === undefined ? {} : { deliverBy }, offering(offer), NOW)
    assert.equal(typeof value === 'object' ? `${value.status}${value.elsewhere ? ', elsewhere' : ''}` : value, said)
  })
}

test('a server that does not watch the time tells of delays (RFC 2852 section 4.1.4.2)', () => {
  type Notify = RecipientParameters['notify']
  const asked = { deliverBy: by(9, 'notify') }
  const told = (notify: Notify, parameters = asked, offer = 'DSN'): Notify =>
    notifyOf(notify === undefined ? {} : { notify }, parameters, offering(offer))
  assert.deepEqual(told(undefined), ['FAILURE', 'DELAY'])
  assert.deepEqual(told(['SUCCESS']), ['SUCCESS', 'DELAY'])
  assert.deepEqual(told(['DELAY']), ['DELAY'])
  assert.deepEqual(told(['NEVER']), ['NEVER'])
  assert.deepEqual(told(['SUCCESS'], asked, 'DELIVERBY'), ['SUCCESS'])
  assert.deepEqual(told(['SUCCESS'], { deliverBy: by(9, 'return') }), ['SUCCESS'])
  assert.equal(told(undefined, {} as typeof asked), undefined)
})

test('what is left of the time goes along', async (t) => {
  const clock = new ManualClock()
  const peer = await scriptedPeer(t, { offers: ['DELIVERBY 30'] })
  const connection = await opened(t, peer, {}, clock)
  const deliverBy: DeliverBy = { at: clock.now() + 120_000, mode: 'return', trace: false }
  clock.advance(22_000)
  await connection.send(letter({ parameters: { deliverBy } }))
  assert.ok(peer.lines.includes('MAIL FROM:<ann@example.test> BY=98;R'), peer.lines.join('\n'))
})

test('what is late is not sent, and its sender hears of it', async (t) => {
  const bench = await Bench.open(t)
  const peer = await scriptedPeer(t, { offers: ['DELIVERBY'] })
  bench.route('late.example', peer)
  await bench.queue(['a@late.example'], { parameters: { deliverBy: { at: bench.clock.now() - 1, mode: 'return', trace: false } } })
  bench.start()
  await bench.settled()
  assert.deepEqual(peer.messages, [])
  const owed = await bench.store.queue.owed(10)
  assert.deepEqual(
    owed.flatMap(({ reports }) => reports.map(({ action, diagnosis }) => `${action} ${diagnosis.status}`)),
    ['failed 5.4.7'],
  )
})

test('who asked to hear of each hop does', async (t) => {
  const bench = await Bench.open(t)
  bench.route('knows.example', await scriptedPeer(t, { offers: ['DELIVERBY', 'DSN'] }))
  await bench.queue(['a@knows.example'], { parameters: { deliverBy: { at: bench.clock.now() + 60_000, mode: 'notify', trace: true } } })
  bench.start()
  await bench.settled()
  const owed = await bench.store.queue.owed(10)
  assert.deepEqual(
    owed.flatMap(({ reports }) => reports.map(({ action }) => action)),
    ['relayed'],
  )
})
