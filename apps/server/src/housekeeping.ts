import type { DomainKeyService } from '@mailstead/accounts'
import type { Clock, Logger, Timer } from '@mailstead/base'
import type { Maintenance } from '@mailstead/store'
import { FIRST_PURGE, PURGE_INTERVAL, TIDY_INTERVAL } from './limits.ts'

const DAY = 24 * 60 * 60 * 1000

export interface HousekeepingOptions {
  readonly maintenance: Pick<Maintenance, 'purgeExpunged'>
  readonly keys: Pick<DomainKeyService, 'tidy'>
  readonly undeleteDays: number
  readonly log: Logger
  readonly clock: Clock
}

export interface Housekeeping {
  /** Begins nothing more, and waits for what runs. */
  stop(): Promise<void>
}

/** Frees messages that were expunged too long ago to be brought back, and looks after the keys of domains. */
export function startHousekeeping({ maintenance, keys, undeleteDays, log, clock }: HousekeepingOptions): Housekeeping {
  const chores = [
    // Soon after the start, so that a server that never runs an hour purges too.
    repeat(FIRST_PURGE, PURGE_INTERVAL, 'purge failed, next try in an hour', async () => {
      const freed = await maintenance.purgeExpunged(clock.now() - undeleteDays * DAY)
      if (freed > 0) log.info('expunged messages purged', { messages: freed })
    }),
    // At once: domains of older versions have no keys yet.
    repeat(0, TIDY_INTERVAL, 'keys of domains were not looked after', () => keys.tidy()),
  ]

  function repeat(first: number, interval: number, failure: string, act: () => Promise<void>): Housekeeping {
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

  return {
    async stop() {
      await Promise.all(chores.map((chore) => chore.stop()))
    },
  }
}
