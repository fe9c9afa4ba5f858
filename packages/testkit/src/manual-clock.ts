import type { Clock, EpochMs, Timer } from '@mailstead/base'

interface Pending {
  readonly at: EpochMs
  readonly run: () => void
}

/** Time that stands still until the test turns it. */
export class ManualClock implements Clock {
  #now: EpochMs
  #timers: Pending[] = []

  constructor(now: EpochMs = Date.UTC(2026, 0, 15, 9, 30)) {
    this.#now = now
  }

  now(): EpochMs {
    return this.#now
  }

  after(ms: number, run: () => void): Timer {
    const timer = { at: this.#now + Math.max(0, ms), run }
    this.#timers.push(timer)
    return { cancel: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) }
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.length
  }

  /** Fires what falls due, in order of time and then of setting, also timers set by those that fire. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      let next: Pending | undefined
      for (const timer of this.#timers) if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer
      if (next === undefined) break
      const due = next
      this.#timers = this.#timers.filter((other) => other !== due)
      this.#now = due.at
      due.run()
    }
    this.#now = end
  }
}
