import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { ManualClock } from '@mailstead/testkit'
import { giveBackAfterStart } from '../src/give-back.ts'
import { START_OVER } from '../src/limits.ts'

function collections(t: TestContext): unknown[] {
  const calls: unknown[] = []
  const before = globalThis.gc
  globalThis.gc = ((options: unknown) => void calls.push(options)) as unknown as NonNullable<typeof before>
  t.after(() => {
    if (before === undefined) delete (globalThis as { gc?: unknown }).gc
    else globalThis.gc = before
  })
  return calls
}

test('memory is given back once after the start, with nobody there who would wait', (t) => {
  const calls = collections(t)
  const clock = new ManualClock()
  giveBackAfterStart(() => true, clock)
  clock.advance(START_OVER - 1)
  assert.equal(calls.length, 0)
  clock.advance(START_OVER)
  clock.advance(START_OVER)
  assert.deepEqual(calls, [{ type: 'major', execution: 'sync', flavor: 'last-resort' }])
  giveBackAfterStart(() => false, clock)
  clock.advance(START_OVER)
  assert.equal(calls.length, 1)
})

test('without the function that V8 has for it nothing happens', (t) => {
  collections(t)
  delete (globalThis as { gc?: unknown }).gc
  const clock = new ManualClock()
  giveBackAfterStart(() => true, clock)
  clock.advance(START_OVER)
})
