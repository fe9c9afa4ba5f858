import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { silentLogger } from '@mailstead/base'
import { ManualClock } from '@mailstead/testkit'
import { WorkerClient } from '../src/client/worker-client.ts'
import { THREAD_REST_MS } from '../src/limits.ts'
import type { MaintenanceOps } from '../src/maintenance/ops.ts'
import type { Report } from '../src/rpc.ts'
import { openTemporary } from './temporary.ts'

test('a thread without calls is ended, and the next call starts another', async (t) => {
  const temporary = await openTemporary()
  const clock = new ManualClock()
  const published: Report[] = []
  const rest = THREAD_REST_MS
  const thread = new WorkerClient<MaintenanceOps>('maintenance', { path: temporary.path }, silentLogger, clock, {
    rest,
    publish: (report) => void published.push(report),
  })
  t.after(async () => {
    await thread.close()
    await temporary.store.close()
    temporary.remove()
  })
  const status = (): Promise<unknown> => thread.call('status')

  await status()
  clock.advance(rest - 1)
  assert.equal(thread.started, true)
  await status()
  clock.advance(1)
  assert.equal(thread.started, true, 'the last call counts, not the first')
  clock.advance(rest)
  assert.equal(thread.started, false)

  // While one ends: the call waits for it.
  await Promise.all([status(), status()])
  assert.equal(thread.started, true)
  clock.advance(rest)
  await turn()
  await status()

  // A call under way at that time keeps it.
  const running = status()
  clock.advance(2 * rest)
  await running
  assert.equal(thread.started, true)
  clock.advance(2 * rest)
  assert.equal(thread.started, false)
  assert.equal(
    published.some(({ beyond }) => beyond === true),
    false,
    'nothing was lost with it',
  )
})
