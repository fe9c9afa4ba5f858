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
  /** Of more keys the one that has had nothing counted for the longest is forgotten. */
  readonly maxKeys: number
}

/**
 * Counts by key over a window that moves with time, in bounded memory. What is counted leaves at the end of its twelfth
 * of the window, so a count is never too low.
 */
export class SlidingCounts {
  readonly #clock: Clock
  readonly #slotMs: number
  readonly #maxKeys: number
  /** The key that was counted last stands last. */
  readonly #keys = new Map<string, Slot[]>()

  constructor({ clock, window, maxKeys }: SlidingCountsOptions) {
    this.#clock = clock
    this.#slotMs = window / SLOTS
    this.#maxKeys = maxKeys
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#keys.size
  }

  count(key: string): number {
    return this.#live(this.#keys.get(key) ?? []).reduce((sum, slot) => sum + slot.count, 0)
  }

  add(key: string, n = 1): Counted {
    const slots = this.#live(this.#keys.get(key) ?? [])
    let slot = slots.at(-1)
    if (slot?.index !== this.#now()) slots.push((slot = { index: this.#now(), count: 0 }))
    const counted = slot
    counted.count += n
    this.#keys.delete(key)
    this.#keys.set(key, slots)
    this.#forget()
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

  #live(slots: Slot[]): Slot[] {
    const oldest = this.#now() - SLOTS
    return slots.filter(({ index }) => index >= oldest)
  }

  /** Keys stand in the order of their last count: those in front are the first that time makes empty. */
  #forget(): void {
    for (const [key, slots] of this.#keys) {
      if (this.#keys.size <= this.#maxKeys && this.#live(slots).length > 0) return
      this.#keys.delete(key)
    }
  }
}
