import type { Clock, Logger, Timer } from '@mailstead/base'
import type { Maintenance } from '@mailstead/store'
import { FIRST_PURGE, PURGE_INTERVAL } from './limits.ts'

const DAY = 24 * 60 * 60 * 1000

export interface HousekeepingOptions {
  readonly maintenance: Pick<Maintenance, 'purgeExpunged'>
  readonly undeleteDays: number
  readonly log: Logger
  readonly clock: Clock
}

export interface Housekeeping {
  /** Begins nothing more, and waits for what runs. */
  stop(): Promise<void>
}

/** Frees, once an hour, messages that were expunged too long ago to be brought back. */
export function startHousekeeping({ maintenance, undeleteDays, log, clock }: HousekeepingOptions): Housekeeping {
  let stopped = false
  let running = Promise.resolve()
  // Soon after the start, so that a server that never runs an hour purges too.
  let timer: Timer = clock.after(FIRST_PURGE, tick)

  function tick(): void {
    running = purge().finally(() => {
      if (!stopped) timer = clock.after(PURGE_INTERVAL, tick)
    })
  }

  async function purge(): Promise<void> {
    try {
      const freed = await maintenance.purgeExpunged(clock.now() - undeleteDays * DAY)
      if (freed > 0) log.info('expunged messages purged', { messages: freed })
    } catch (error) {
      log.error('purge failed, next try in an hour', { err: error })
    }
  }

  return {
    async stop() {
      stopped = true
      timer.cancel()
      await running
    },
  }
}
