import type { Clock, Logger, Timer } from '@mailstead/base'

export interface ChoreOptions {
  /** ms from the start to the first time. */
  readonly first: number
  /** ms from the end of one time to the next. */
  readonly interval: number
  /** For the log when `act` rejects; it is done again at its next time. */
  readonly failure: string
  readonly act: () => Promise<void>
  readonly clock: Clock
  readonly log: Logger
}

export interface Chore {
  /** Begins nothing more, and waits for what runs. */
  stop(): Promise<void>
}

/** Does something again and again. */
export function startChore({ first, interval, failure, act, clock, log }: ChoreOptions): Chore {
  let stopped = false
  let running = Promise.resolve()
  let timer: Timer = clock.after(first, tick)

  function tick(): void {
    running = act()
      .catch((error: unknown) => log.error(failure, { err: error }))
      .finally(() => {
        if (!stopped) timer = clock.after(interval, tick)
      })
  }

  return {
    async stop() {
      stopped = true
      timer.cancel()
      await running
    },
  }
}
