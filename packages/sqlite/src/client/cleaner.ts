import { StoreError } from '@mailstead/store'
import type { Logger } from '@mailstead/base'
import type { WriterOps } from '../writer/ops.ts'
import type { WorkerClient } from './worker-client.ts'

/** Frees deleted mailboxes and removed accounts behind the callers' backs, one small member after the other. */
export class Cleaner {
  readonly #writer: WorkerClient<WriterOps>
  readonly #freed: () => void
  readonly #log: Logger
  #running: Promise<void> | undefined
  #again = false

  /** `freed` is called when emails may be gone. */
  constructor(writer: WorkerClient<WriterOps>, freed: () => void, log: Logger) {
    this.#writer = writer
    this.#freed = freed
    this.#log = log
  }

  /** Begins, unless it is at work: then it looks once more before it ends. */
  wake(): void {
    this.#again = true
    this.#running ??= this.#work().finally(() => (this.#running = undefined))
  }

  /** Resolves when nothing is left to free. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #work(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false
        let steps = 0
        while (await this.#writer.call('freeRemoved')) steps++
        if (steps > 0) this.#freed()
        while (await this.#writer.call('vacuum'));
      }
    } catch (error) {
      // Shutting down, or no disk: the next start goes on.
      if (!(error instanceof StoreError)) throw error
      this.#log.info('freeing interrupted', { reason: error.message })
    }
  }
}
