/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number

export interface Timer {
  cancel(): void
}

/** Time as the parts see it, so that tests turn the hands themselves. */
export interface Clock {
  now(): EpochMs
  /** Calls `run` once after `ms`; the timer does not keep the process alive. */
  after(ms: number, run: () => void): Timer
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
}
