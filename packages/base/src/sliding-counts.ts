import type { Clock } from './clock.ts'

/** So many in any span of `window` ms. */
export interface Rate {
  readonly count: number
  readonly window: number
}

/** What was counted, and can be taken back. */
export interface Counted {
  giveBack(): void
}

/** Parts of the window that counts leave by. */
const SLOTS = 12

interface Slot {
  readonly index: number
  count: number
}

export interface SlidingCountsOptions {
  readonly clock: Clock
  /** ms */
  readonly window: number
  /** The half of them that was counted last is never forgotten. */
  readonly maxKeys: number
}

/**
 * Counts by key over a window that moves with time, in bounded memory. What is counted leaves at the end of its twelfth
 * of the window, so a count is never too low.
 *
 * Keys are in two generations: what is counted moves to the younger one, and the older one goes as a whole. To take the
 * oldest key out of one Map each time would walk over the places of all that were taken out before.
 */
export class SlidingCounts {
  readonly #clock: Clock
  readonly #slotMs: number
  readonly #maxKeys: number
  #younger = new Map<string, Slot[]>()
  #older = new Map<string, Slot[]>()
  /** When the younger generation began, in slots. */
  #since: number

  constructor({ clock, window, maxKeys }: SlidingCountsOptions) {
    this.#clock = clock
    this.#slotMs = window / SLOTS
    this.#maxKeys = maxKeys
    this.#since = this.#now()
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#younger.size + this.#older.size
  }

  count(key: string): number {
    return this.#live(key).reduce((sum, slot) => sum + slot.count, 0)
  }

  add(key: string, n = 1): Counted {
    const slots = this.#live(key)
    let slot = slots.at(-1)
    if (slot?.index !== this.#now()) slots.push((slot = { index: this.#now(), count: 0 }))
    const counted = slot
    counted.count += n
    if (!this.#younger.has(key)) this.#turn()
    this.#older.delete(key)
    this.#younger.set(key, slots)
    let held = true
    return {
      giveBack() {
        if (held) counted.count -= n
        held = false
      },
    }
  }

  #now(): number {
    return Math.floor(this.#clock.now() / this.#slotMs)
  }

  #live(key: string): Slot[] {
    const oldest = this.#now() - SLOTS
    return (this.#younger.get(key) ?? this.#older.get(key) ?? []).filter(({ index }) => index >= oldest)
  }

  /** Another generation when this one has its share of the keys, or when all of the older one is out of its time. */
  #turn(): void {
    if (this.#younger.size < this.#maxKeys / 2 && this.#now() - this.#since <= SLOTS) return
    this.#older = this.#younger
    this.#younger = new Map()
    this.#since = this.#now()
  }
}
