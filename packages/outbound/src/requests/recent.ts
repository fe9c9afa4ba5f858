import type { Clock, EpochMs } from '@mailstead/base'
import { REQUEST_INTERVAL, REQUESTS_KEPT } from '../limits.ts'

/** What was done a short while ago, and is not done again so soon. */
export class Recent {
  readonly #clock: Clock
  readonly #since = new Map<string, EpochMs>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** False: not so soon again, or there are too many others. */
  take(key: string): boolean {
    return this.takeAll([key])
  }

  /** All or none. */
  takeAll(keys: readonly string[]): boolean {
    const now = this.#clock.now()
    // In the order in which they were done.
    for (const [key, at] of this.#since) {
      if (at > now - REQUEST_INTERVAL) break
      this.#since.delete(key)
    }
    if (keys.some((key) => this.#since.has(key)) || this.#since.size + keys.length > REQUESTS_KEPT) return false
    for (const key of keys) this.#since.set(key, now)
    return true
  }
}
