import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@mailstead/testkit'
import { MAX_REMEMBERED, REMEMBERED_FOR } from '../src/limits.ts'
import { Memory } from '../src/memory.ts'

interface Bench {
  readonly clock: ManualClock
  fail: boolean
  made: number
  /** What is made next, or what was. */
  of(name: string, keep?: (made: number) => boolean): Promise<number>
}

function bench(): Bench {
  const clock = new ManualClock()
  const memory = new Memory<number>(clock)
  const made: Bench = {
    clock,
    fail: false,
    made: 0,
    of: (name, keep) =>
      memory.of(
        name,
        async () => {
          made.made++
          if (made.fail) throw new Error('no store')
          return made.made
        },
        keep,
      ),
  }
  return made
}

test('a thing is made once for all who ask, also at the same time, and anew after a while', async () => {
  const b = bench()
  assert.deepEqual(await Promise.all([b.of('a'), b.of('a'), b.of('b')]), [1, 1, 2])
  b.clock.advance(REMEMBERED_FOR - 1)
  assert.equal(await b.of('a'), 1)
  b.clock.advance(1)
  assert.deepEqual(await Promise.all([b.of('a'), b.of('a')]), [3, 3])
})

test('what could not be made is tried again, and what is not to be kept is not', async () => {
  const b = bench()
  b.fail = true
  await assert.rejects(b.of('a'), /no store/)
  b.fail = false
  const keep = (made: number): boolean => made > 3
  assert.deepEqual([await b.of('a', keep), await b.of('a', keep), await b.of('a', keep), await b.of('a', keep)], [2, 3, 4, 4])
})

test('so many are remembered, the latest', async () => {
  const b = bench()
  for (let i = 0; i <= MAX_REMEMBERED; i++) await b.of(`${i}`)
  assert.equal(b.made, MAX_REMEMBERED + 1)
  await b.of('1')
  assert.equal(b.made, MAX_REMEMBERED + 1)
  await b.of('0')
  assert.equal(b.made, MAX_REMEMBERED + 2)
})
