import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QueueFullError, Semaphore } from '../src/index.ts'

test('no more tasks run at once than there are slots, and they start in order', async () => {
  const semaphore = new Semaphore(2)
  const started: number[] = []
  let running = 0
  let most = 0
  await Promise.all(
    [0, 1, 2, 3, 4].map((n) =>
      semaphore.run(async () => {
        started.push(n)
        most = Math.max(most, ++running)
        await new Promise((resolve) => setTimeout(resolve, 2))
        running--
      }),
    ),
  )
  assert.equal(most, 2)
  assert.deepEqual(started, [0, 1, 2, 3, 4])
})

test('a full queue refuses at once, and a failed task frees its slot', async () => {
  const semaphore = new Semaphore(1, 1)
  const failed = semaphore.run(() => Promise.reject(new Error('boom')))
  const second = semaphore.run(async () => 'second')
  await assert.rejects(
    semaphore.run(async () => 'third'),
    QueueFullError,
  )
  await assert.rejects(failed, /boom/)
  assert.equal(await second, 'second')
})
