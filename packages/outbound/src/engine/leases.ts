import type { Clock, Logger, Timer } from '@mailstead/base'
import type { AttemptId, QueueStore } from '@mailstead/store'
import { LEASE } from '../limits.ts'

/** Keeps what is claimed ours for as long as it takes. */
export class Leases {
  readonly #queue: QueueStore
  readonly #clock: Clock
  readonly #log: Logger
  readonly #held = new Set<AttemptId>()
  #timer: Timer | undefined

  constructor(queue: QueueStore, clock: Clock, log: Logger) {
    this.#queue = queue
    this.#clock = clock
    this.#log = log
  }

  add(attempt: AttemptId): void {
    this.#held.add(attempt)
    this.#timer ??= this.#clock.after(LEASE / 3, () => void this.#renew())
  }

  /** False: somebody else may be at it, and what we would do is done twice. */
  holds(attempt: AttemptId): boolean {
    return this.#held.has(attempt)
  }

  end(attempt: AttemptId): void {
    this.#held.delete(attempt)
    if (this.#held.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }

  async #renew(): Promise<void> {
    this.#timer = undefined
    try {
      const lost = await this.#queue.renew([...this.#held], this.#clock.now() + LEASE)
      for (const attempt of lost) {
        // What ended meanwhile is no loss.
        if (this.#held.delete(attempt)) this.#log.warn('lease lost', { attempt })
      }
    } catch (error) {
      this.#log.error('leases not renewed', { err: error })
    }
    if (this.#held.size > 0) this.#timer ??= this.#clock.after(LEASE / 3, () => void this.#renew())
  }
}
