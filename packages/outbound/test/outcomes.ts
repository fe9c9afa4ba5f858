import assert from 'node:assert/strict'
import type { QueueId } from '@mailstead/store'
import type { Bench } from './bench.ts'

/**
 * What became of each recipient, in one line: `sent`, `failed` or `deferred`, the status, and the words. The queue, the report that is owed and the trace have
 * to agree on it; `perhaps` is deferred mail that may have arrived.
 */
export async function outcomes(bench: Bench, queueId: QueueId): Promise<string[]> {
  const waiting = await bench.store.queue.list({ queueId }, undefined, 1000)
  const reports = (await bench.store.queue.owed(10_000)).find((each) => each.queueId === queueId)?.reports ?? []
  const last = new Map((await bench.trace(queueId)).map((event) => [event.recipient, event]))
  last.delete('')
  return [...last.values()].map(({ recipient, event, detail }) => {
    const entry = waiting.find((each) => each.recipient === recipient)
    const report = reports.find((each) => each.recipient === recipient)
    if (event === 'deferred') {
      assert.ok(entry?.state === 'waiting' && report === undefined, `${recipient}: ${entry?.state}, report ${report?.action}`)
      const again = `; next attempt not before ${new Date(entry.dueAt).toISOString()}`
      assert.ok(entry.dueAt > bench.clock.now() && detail.endsWith(again), detail)
      assert.ok(detail.includes(entry.last?.text ?? '?'), detail)
      const kind = detail.startsWith('perhaps delivered; ') ? 'perhaps' : 'deferred'
      return `${kind} ${entry.last?.status} ${entry.last?.text}`
    }
    assert.equal(entry, undefined, `${recipient} is still in the queue`)
    assert.deepEqual(report?.action, event === 'failed' ? 'failed' : undefined, recipient)
    if (report !== undefined) assert.ok(detail.includes(report.diagnosis.text), detail)
    return `${event} ${report?.diagnosis.status ?? '2'} ${detail.replace(/^[^ ]*: /, '')}`
  })
}
