import { StoreError } from '@mailstead/store'
import type { Clock, Logger, Timer } from '@mailstead/base'
import { INDEX_DELAY_MS, INDEX_REST } from '../limits.ts'
import type { SearchOps } from '../search/ops.ts'
import type { IndexStep } from '../search/text-index.ts'
import type { WriterOps } from '../writer/ops.ts'
import type { WorkerClient } from './worker-client.ts'

/**
 * Keeps the search index near the mail, behind the callers' backs: a while after a commit, step by step. While commits go on it rests
 * after each step, so that deliveries have most of the processors.
 */
export class Indexer {
  readonly #search: WorkerClient<SearchOps>
  readonly #writer: WorkerClient<WriterOps>
  readonly #log: Logger
  readonly #clock: Clock
  #timer: Timer | undefined
  /** Steps run one after the other, whoever wants them. */
  #running: Promise<unknown> = Promise.resolve()
  /** Since the last step began. */
  #committed = false
  #working = false
  #stopped = false

  constructor(search: WorkerClient<SearchOps>, writer: WorkerClient<WriterOps>, log: Logger, clock: Clock) {
    this.#search = search
    this.#writer = writer
    this.#log = log
    this.#clock = clock
  }

  /** There may be something new. */
  wake(): void {
    this.#committed = true
    if (!this.#working && !this.#stopped) this.#timer ??= this.#clock.after(INDEX_DELAY_MS, () => void this.#work())
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  /** Begins anew, wholly or for one account, and works until nothing is left. */
  async reindex(account: number | undefined): Promise<void> {
    await this.#search.call('indexAnew', account)
    while ((await this.#next()).more);
  }

  async #work(): Promise<void> {
    this.#timer = undefined
    this.#working = true
    try {
      for (let more = true; more;) {
        this.#committed = false
        const begun = performance.now()
        more = (await this.#next()).more
        if (more && this.#committed) await this.#rest((performance.now() - begun) * INDEX_REST)
      }
    } catch (error) {
      // Shutting down, or no disk: the next commit goes on.
      if (!this.#stopped) this.#log.warn('indexing interrupted', { reason: error instanceof Error ? error.message : String(error) })
    }
    this.#working = false
    if (this.#committed) this.wake()
  }

  /** For ever once it is stopped. */
  async #rest(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      if (!this.#stopped) this.#timer = this.#clock.after(ms, resolve)
    })
    this.#timer = undefined
  }

  #next(): Promise<IndexStep> {
    const step = this.#running.then(() => this.#step())
    this.#running = step.catch(() => {})
    return step
  }

  async #step(): Promise<IndexStep> {
    if (this.#stopped) throw new StoreError('unavailable', 'The server is shutting down')
    const step = await this.#search.call('indexStep')
    for (const reason of step.failed) this.#log.warn('not indexed', { reason })
    if (step.dropped.length > 0) await this.#writer.call('forgetGone', step.dropped)
    return step
  }
}
