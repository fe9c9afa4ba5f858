import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Collection } from '@mailstead/base'
import { ManualClock } from '@mailstead/testkit'
import { giveBackAfterStart, giveBackAtRest } from '../src/give-back.ts'
import { REST_CPU, REST_LOOK, REST_LOOKS, START_OVER, WORK_DONE } from '../src/limits.ts'

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

/** A server that takes `busy` ms of processor time a second, for as long as it is told so. */
function atRest() {
  const clock = new ManualClock()
  const done: string[] = []
  let taken = 700
  const open = () => (collection: Collection) => void done.push(collection.type)
  const timer = giveBackAtRest({ store: { giveBack: () => void done.push('store') }, clock, cpu: () => taken, open })
  const seconds = (count: number, busy: number): void => {
    for (let n = 0; n < count; n++) {
      taken += busy
      clock.advance(REST_LOOK)
    }
  }
  return { done, seconds, timer }
}

test('memory is given back when the server comes to rest after work, and once', () => {
  const { done, seconds } = atRest()
  const given = ['minor', 'store']
  seconds(10, 1)
  assert.deepEqual(done, [], 'a start is no work')
  seconds(5, WORK_DONE / 4)
  seconds(REST_LOOKS - 1, REST_CPU)
  assert.deepEqual(done, [], 'between two acts of a client')
  seconds(1, REST_CPU + 1)
  seconds(REST_LOOKS - 1, REST_CPU)
  assert.deepEqual(done, [])
  seconds(1, REST_CPU)
  assert.deepEqual(done, given)
  seconds(10, 1)
  assert.deepEqual(done, given)
  seconds(1, WORK_DONE)
  seconds(REST_LOOKS, 0)
  assert.deepEqual(done, [...given, ...given])
})

test('a server that stops gives no memory back', () => {
  const { done, seconds, timer } = atRest()
  seconds(1, WORK_DONE)
  timer.cancel()
  seconds(REST_LOOKS, 0)
  assert.deepEqual(done, [])
})
