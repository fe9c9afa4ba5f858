import { stat } from 'node:fs/promises'
import type { AccountId, Maintenance, StoreFigures, StoreStatus } from '@mailstead/store'
import type { Clock, EpochMs, Logger, Timer } from '@mailstead/base'
import { CHECKPOINT_EVERY_MS, FEW_COMMITS, WAL_FEW, WAL_KEPT, WAL_RESTART } from '../limits.ts'
import type { MaintenanceOps } from '../maintenance/ops.ts'
import type { Report } from '../rpc.ts'
import type { ToWriter } from '../writer/loop.ts'
import type { Indexer } from './indexer.ts'
import type { Parts } from './parts.ts'
import type { WorkerClient } from './worker-client.ts'

export class SqliteMaintenance implements Maintenance {
  readonly #path: string
  readonly #parts: Parts
  readonly #worker: WorkerClient<MaintenanceOps>
  readonly #indexer: Indexer
  readonly #log: Logger
  readonly #clock: Clock
  #timer: Timer | undefined
  #closed = false
  readonly #done = { commits: 0, acts: 0, commitMs: 0 }
  /** At the last checkpoint. */
  readonly #checkpointed = { commits: 0, wal: 0 }

  constructor(path: string, parts: Parts, worker: WorkerClient<MaintenanceOps>, indexer: Indexer, log: Logger, clock: Clock) {
    this.#path = path
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

  async figures(): Promise<StoreFigures> {
    const [databaseSize, walSize] = await Promise.all([sizeOf(this.#path), sizeOf(`${this.#path}-wal`)])
    return { ...this.#done, databaseSize, walSize }
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
    if (total > 0) this.#indexer.wake()
    while (await this.#parts.writer.call('vacuum'));
    return total
  }

  /** A commit was made: the WAL is looked after soon, once for many commits, if it is worth it. */
  committed({ answers, ms }: Pick<Report, 'answers' | 'ms'>): void {
    if (ms !== undefined) {
      this.#done.commits++
      this.#done.acts += answers.length
      this.#done.commitMs += ms
    }
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
    if (this.#closed || !(await this.#isWorthIt())) return
    const { commits } = this.#done
    const { wal, used, held } = await this.#worker.call('checkpoint')
    Object.assign(this.#checkpointed, { commits, wal })
    // Under steady writing a passive checkpoint never reaches the end, and the file only grows.
    const restart: ToWriter = { kind: 'restart-wal', shrink: wal > WAL_KEPT }
    if (used > WAL_RESTART && !held) this.#parts.writer.tell(restart)
  }

  /** Few commits can wait for others in the WAL: where little happens no thread is started for them. */
  async #isWorthIt(): Promise<boolean> {
    if (this.#done.commits - this.#checkpointed.commits >= FEW_COMMITS) return true
    return (await sizeOf(`${this.#path}-wal`)) - this.#checkpointed.wal >= WAL_FEW
  }
}

/** In octets; a file that is not there has none. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch {
    return 0
  }
}
