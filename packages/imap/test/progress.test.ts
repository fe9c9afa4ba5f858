import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@mailstead/testkit'
import { Progress, ProgressWatch, type Watched } from '../src/progress.ts'
import type { Responder } from '../src/responses.ts'

const EVERY = 10_000

function watching() {
  const clock = new ManualClock()
  const said: string[] = []
  const command = (tag: string, betweenResponses = true): Watched => ({
    tag,
    progress: new Progress(),
    respond: { betweenResponses, ok: () => said.push(tag), flush() {} } as unknown as Responder,
  })
  return { clock, said: () => said.splice(0), command, watch: new ProgressWatch(clock, EVERY) }
}

test('each command has its own times, whichever others come and go', () => {
  const { clock, said, command, watch } = watching()
  const [first, second, third] = [command('first'), command('second'), command('third', false)]
  watch.begin(first)
  clock.advance(4000)
  watch.begin(second)
  watch.begin(third)
  clock.advance(5999)
  assert.deepEqual(said(), [])
  clock.advance(1)
  assert.deepEqual(said(), ['first'])
  clock.advance(4000)
  assert.deepEqual(said(), ['second'], 'and not what stands within a response')
  watch.end(first)
  clock.advance(EVERY)
  assert.deepEqual(said(), ['second'])
  watch.end(second)
  watch.end(third)
  clock.advance(5 * EVERY)
  assert.deepEqual(said(), [])
  watch.begin(first)
  clock.advance(EVERY)
  assert.deepEqual(said(), ['first'])
})

test('a clock that is set back puts nothing off', () => {
  const { clock, said, command } = watching()
  let shift = 0
  const watch = new ProgressWatch({ now: () => clock.now() + shift, after: (ms, run) => clock.after(ms, run) }, EVERY)
  watch.begin(command('first'))
  shift = -3_600_000
  for (let times = 0; times < 2; times++) {
    clock.advance(EVERY)
    assert.deepEqual(said(), ['first'])
  }
})
