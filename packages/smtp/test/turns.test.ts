import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTurn } from '../src/adapter/turns.ts'
import { TURN } from '../src/limits.ts'

test('who pipelines without end holds the event loop for a few ms, in the order of asking', async () => {
  const done: number[] = []
  const perTurn = [0]
  let left = 100
  const { promise: all, resolve } = Promise.withResolvers<void>()
  const work = (who: number, times: number): void => {
    for (const until = performance.now() + 1; performance.now() < until;);
    done.push(who)
    perTurn[perTurn.length - 1] = (perTurn.at(-1) ?? 0) + 1
    if (--left === 0) resolve()
    else if (times > 1) inTurn(() => work(who, times - 1))
  }
  const turns = setInterval(() => perTurn.push(0), 0)
  for (let who = 0; who < 10; who++) inTurn(() => work(who, 10))
  await all
  clearInterval(turns)
  // What is left of one turn, the turn of those who wait, and the one that is over by the time it is looked at.
  assert.ok(Math.max(...perTurn) <= 2 * (TURN + 1), perTurn.join(' '))
  // The first had a turn to itself before the others asked.
  const among = done.filter((who) => who !== 0)
  assert.deepEqual(
    among,
    among.map((_, i) => 1 + (i % 9)),
    'one after the other',
  )
})

test('alone, it runs at once', async () => {
  await new Promise((resolve) => setImmediate(resolve))
  let ran = false
  inTurn(() => (ran = true))
  assert.ok(ran)
})
