import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { openCollector, silentLogger } from '@mailstead/base'
import { ManualClock } from '@mailstead/testkit'
import { WorkerClient } from '../src/client/worker-client.ts'
import { trimHeap } from '../src/give-back.ts'
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

test('a store gives memory back between calls, and goes on', async (t) => {
  const begun: (string | null)[] = []
  const note = (worker: Worker): void => void begun.push(worker.threadName)
  process.on('worker', note)
  const temporary = await openTemporary()
  const { store } = temporary
  t.after(async () => {
    process.off('worker', note)
    await store.close()
    temporary.remove()
  })
  const use = async (n: number): Promise<void> => {
    await store.directory.addDomain(`d${n}.example`)
    assert.notEqual(await store.directory.findDomain(`d${n}.example`), undefined)
    assert.equal((await store.maintenance.status()).schema > 0, true)
  }
  await use(1)
  const first = begun.filter((name) => name === 'store-maintenance').length
  store.giveBack()
  // What is called meanwhile waits for it.
  await use(2)
  assert.equal(begun.filter((name) => name === 'store-maintenance').length, first + 1, 'a thread that need not stay was ended')
  assert.equal(begun.filter((name) => name === 'store-writer').length, 1)
  store.giveBack()
  assert.deepEqual(temporary.check(), [])
})

test('what malloc keeps is given to the kernel', { skip: !isGlibc() && 'another C library' }, () => {
  const residentMiB = (): number => process.memoryUsage.rss() / 1024 / 1024
  // Small enough to come from the heap, with some kept between them, so that its end cannot be given back.
  let blocks = Array.from({ length: 4000 }, () => Buffer.allocUnsafeSlow(20_000).fill(1))
  const kept = blocks.filter((_, n) => n % 10 === 0)
  blocks = []
  openCollector()({ type: 'major', execution: 'sync' })
  const before = residentMiB()
  trimHeap()
  assert.ok(before - residentMiB() > 30, `${before} MiB before, ${residentMiB()} afterwards`)
  assert.equal(kept.length, 400)
})

function isGlibc(): boolean {
  const { header } = process.report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } }
  return header.glibcVersionRuntime !== undefined
}
