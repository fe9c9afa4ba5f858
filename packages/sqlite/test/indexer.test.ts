import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { silentLogger } from '@mailstead/base'
import { ManualClock } from '@mailstead/testkit'
import { Indexer } from '../src/client/indexer.ts'
import { INDEX_DELAY_MS } from '../src/limits.ts'

/** An indexer whose steps are what the test makes of them. */
function indexer(step: () => { readonly more: boolean; readonly dropped?: readonly number[] }) {
  const clock = new ManualClock()
  const forgotten: number[] = []
  const search = { call: async () => ({ indexed: 1, dropped: [], failed: [], ...step() }) }
  const writer = { call: async (_: string, emails: readonly number[]) => void forgotten.push(...emails) }
  const made = new Indexer(search as never, writer as never, silentLogger, clock)
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await turn()
  }
  return { made, forgotten, pass }
}

test('indexing waits for a burst to end, and then goes on to the end', async () => {
  let steps = 0
  const { made, pass, forgotten } = indexer(() => ({ more: ++steps < 5, dropped: [steps] }))
  made.wake()
  await pass(INDEX_DELAY_MS - 1)
  made.wake()
  assert.equal(steps, 0)
  await pass(1)
  assert.equal(steps, 5)
  assert.deepEqual(forgotten, [1, 2, 3, 4, 5])
  made.wake()
  await pass(INDEX_DELAY_MS)
  assert.equal(steps, 6)
})

test('while commits go on it rests between two steps, but never as long as before the first', async () => {
  let steps = 0
  const { made, pass } = indexer(() => {
    made.wake()
    return { more: ++steps < 5 }
  })
  made.wake()
  await pass(INDEX_DELAY_MS)
  assert.equal(steps, 1)
  for (let expected = 2; expected <= 5; expected++) {
    await pass(INDEX_DELAY_MS / 2)
    assert.equal(steps, expected)
  }
  // What came during the last step waits as if it were the first.
  await pass(INDEX_DELAY_MS - 1)
  assert.equal(steps, 5)
  await pass(1)
  assert.equal(steps, 6)
})

test('a step that fails ends it, and the next commit begins again; nothing begins once it is stopped', async () => {
  let steps = 0
  const { made, pass } = indexer(() => {
    if (++steps === 1) throw new Error('no disk')
    return { more: false }
  })
  made.wake()
  await pass(INDEX_DELAY_MS)
  await pass(INDEX_DELAY_MS)
  assert.equal(steps, 1)
  made.wake()
  await pass(INDEX_DELAY_MS)
  assert.equal(steps, 2)
  made.wake()
  made.stop()
  made.wake()
  await pass(INDEX_DELAY_MS)
  assert.equal(steps, 2)
  await assert.rejects(made.reindex(undefined), /shutting down/)
})
