import type { Clock, EpochMs } from '@mailstead/base'

/** Keeps values for their time, the oldest ones go first when there are too many. */
export class Cache<T> {
  readonly #clock: Clock
  readonly #entries: number
  readonly #kept = new Map<string, { readonly value: T; readonly until: EpochMs }>()

  constructor(clock: Clock, entries: number) {
    this.#clock = clock
    this.#entries = entries
  }

  get(key: string): T | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    if (kept.until > this.#clock.now()) return kept.value
    this.#kept.delete(key)
    return undefined
  }

  set(key: string, value: T, life: number): void {
    if (life <= 0) return
    this.#kept.delete(key)
    this.#kept.set(key, { value, until: this.#clock.now() + life })
    if (this.#kept.size <= this.#entries) return
    const [oldest = key] = this.#kept.keys()
    this.#kept.delete(oldest)
  }
}
