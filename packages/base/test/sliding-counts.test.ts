import assert from 'node:assert/strict'
import { test } from 'node:test'
import { networkOf, SlidingCounts } from '@mailstead/base'
import { ManualClock, withSeed } from '@mailstead/testkit'

const MINUTE = 60_000

test('counts leave when their time is over, and not before', () => {
  const clock = new ManualClock(0)
  const counts = new SlidingCounts({ clock, window: 12 * MINUTE, maxKeys: 10 })
  counts.add('a', 3)
  clock.advance(6 * MINUTE)
  counts.add('a')
  counts.add('b')
  assert.deepEqual([counts.count('a'), counts.count('b'), counts.count('c')], [4, 1, 0])
  clock.advance(6 * MINUTE)
  assert.equal(counts.count('a'), 4)
  clock.advance(MINUTE)
  assert.equal(counts.count('a'), 1)
  clock.advance(6 * MINUTE)
  assert.equal(counts.count('a'), 0)
})

test('no window holds more than is told (seeded)', async () => {
  await withSeed((random) => {
    const clock = new ManualClock()
    const window = 1200
    const counts = new SlidingCounts({ clock, window, maxKeys: 10 })
    const events: number[] = []
    for (let i = 0; i < 2000; i++) {
      clock.advance(random.int(100))
      const truly = events.filter((at) => at > clock.now() - window).length
      const told = counts.count('k')
      assert.ok(told >= truly, `${told} told of ${truly}`)
      assert.ok(told <= events.filter((at) => at > clock.now() - window - window / 12).length)
      counts.add('k')
      events.push(clock.now())
    }
  })
})

test('what is given back no longer counts, once', () => {
  const counts = new SlidingCounts({ clock: new ManualClock(), window: MINUTE, maxKeys: 10 })
  const first = counts.add('a', 2)
  counts.add('a', 5)
  first.giveBack()
  first.giveBack()
  assert.equal(counts.count('a'), 5)
})

test('memory is bounded: keys that are quiet for long go, and empty ones go by themselves', () => {
  const clock = new ManualClock()
  const counts = new SlidingCounts({ clock, window: MINUTE, maxKeys: 4 })
  for (const key of ['a', 'b', 'c', 'a', 'd']) counts.add(key)
  assert.equal(counts.size, 3)
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((key) => counts.count(key)),
    [2, 0, 1, 1],
  )
  for (let i = 0; i < 100; i++) counts.add(`k${i}`)
  assert.ok(counts.size <= 4)
  for (const key of ['e', 'f']) {
    clock.advance(2 * MINUTE)
    counts.add(key)
  }
  assert.equal(counts.size, 2)
  assert.deepEqual(
    ['e', 'f'].map((key) => counts.count(key)),
    [0, 1],
  )
})

const networks: [address: string, v4: number, v6: number, network: string][] = [
  ['192.0.2.77', 32, 64, '192.0.2.77'],
  ['192.0.2.77', 24, 64, '192.0.2.0/24'],
  ['203.0.113.255', 30, 64, '203.0.113.252/30'],
  ['10.1.2.3', 0, 64, '0.0.0.0/0'],
  ['2001:db8:1:2:3::4', 24, 64, '2001:db8:1:2::/64'],
  ['2001:db8:ffff:2::4', 24, 48, '2001:db8:ffff::/48'],
  ['2001:db8:abcd::1', 24, 36, '2001:db8:a000::/36'],
  ['::1', 24, 64, '0:0:0:0::/64'],
  ['2001:db8::1', 24, 128, '2001:db8:0:0:0:0:0:1'],
]

for (const [address, v4, v6, network] of networks) {
  test(`${address} is of ${network}`, () => assert.equal(networkOf(address, v4, v6), network))
}
