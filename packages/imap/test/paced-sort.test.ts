import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSeed } from '@mailstead/testkit'
import type { Pace } from '../src/pace.ts'
import { pacedSort } from '../src/paced-sort.ts'

function paceThatCounts(): Pace & { pauses: number } {
  const pace = { pauses: 0, pause: () => void pace.pauses++ }
  return pace as unknown as Pace & { pauses: number }
}

test('the order is that of a stable sort, whatever the number of items', () =>
  withSeed(async (random) => {
    for (const count of [0, 1, 2, 255, 256, 257, 511, 512, 513, 1000, 1025, 5000]) {
      const items = Array.from({ length: count }, (_, place) => ({ key: random.int(50), place }))
      const sorted = await pacedSort(items, (a, b) => a.key - b.key, paceThatCounts())
      assert.deepEqual(
        sorted,
        items.toSorted((a, b) => a.key - b.key),
      )
    }
  }))

test('others get their turn', async () => {
  const pace = paceThatCounts()
  const items = Array.from({ length: 10_000 }, (_, index) => (index * 7919) % 10_007)
  await pacedSort(items, (a, b) => a - b, pace)
  assert.ok(pace.pauses > 200, String(pace.pauses))
})
