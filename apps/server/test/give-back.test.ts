import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Collection } from '@mailstead/base'
import { ManualClock } from '@mailstead/testkit'
import { giveBackAfterStart } from '../src/give-back.ts'
import { START_OVER } from '../src/limits.ts'

test('memory is given back once after the start, with nobody there who would wait', () => {
  const collections: Collection[] = []
  const open = () => (collection: Collection) => void collections.push(collection)
  const clock = new ManualClock()
  giveBackAfterStart(() => true, clock, open)
  clock.advance(START_OVER - 1)
  assert.equal(collections.length, 0)
  clock.advance(START_OVER)
  clock.advance(START_OVER)
  assert.deepEqual(collections, [{ type: 'major', execution: 'sync', flavor: 'last-resort' }])
  giveBackAfterStart(() => false, clock, open)
  clock.advance(START_OVER)
  assert.equal(collections.length, 1)
})
