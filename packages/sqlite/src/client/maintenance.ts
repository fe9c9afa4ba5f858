import type { AccountId, Maintenance, StoreStatus } from '@mailstead/store'
import type { Clock, EpochMs, Logger, Timer } from '@mailstead/base'
import { CHECKPOINT_EVERY_MS, WAL_RESTART } from '../limits.ts'
import type { MaintenanceOps } from '../maintenance/ops.ts'
import type { Indexer } from './indexer.ts'
import type { Parts } from './parts.ts'
import type { WorkerClient } from './worker-client.ts'

export class SqliteMaintenance implements Maintenance {
  readonly #parts: Parts
  readonly #worker: WorkerClient<MaintenanceOps>
  readonly #indexer: Indexer
  readonly #log: Logger
  readonly #clock: Clock
  #timer: Timer | undefined
  #closed = false

  constructor(parts: Parts, worker: WorkerClient<MaintenanceOps>, indexer: Indexer, log: Logger, clock: Clock) {
    this.#parts = parts
    this.#worker = worker
    this.#indexer = indexer
    this.#log = log
    this.#clock = clock
  }

  async status(): Promise<StoreStatus> {
    const [status, unindexed] = await Promise.all([this.#worker.call('status'), this.#parts.search.call('indexWaiting')])
    return { ...status, unindexed }
  }

  async backup(file: string): Promise<void> {
    await this.#worker.call('backup', file)
  }

  reindex(account?: AccountId): Promise<void> {
    return this.#indexer.reindex(account)
  }

  async purgeExpunged(before: EpochMs): Promise<number> {
    let total = 0
    for (let more = true; more;) {
      const step = await this.#parts.writer.call('purgeExpunged', before)
      total += step.freed
      more = step.more
    }
    while (await this.#parts.writer.call('vacuum'));
    return total
  }

  /** A commit was made: the WAL is looked after soon, once for many commits. */
  committed(): void {
    if (this.#closed) return
    this.#timer ??= this.#clock.after(CHECKPOINT_EVERY_MS, () => {
      this.#timer = undefined
      this.#checkpoint().catch((error: unknown) => this.#log.warn('checkpoint failed', { error: String(error) }))
    })
  }

  stop(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  async #checkpoint(): Promise<void> {
    if (this.#closed) return
    const { wal, held } = await this.#worker.call('checkpoint')
    // Under steady writing a passive checkpoint never reaches the end, and the file only grows.
    if (wal > WAL_RESTART && !held) this.#parts.writer.tell({ kind: 'restart-wal' })
  }
}
