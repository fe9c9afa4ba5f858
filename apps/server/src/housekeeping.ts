import type { Clock, Logger } from '@mailstead/base'
import type { Greylist, Maintenance, StsPolicies, TlsReports } from '@mailstead/store'
import { startChore, type Chore } from './chore.ts'
import {
  EXPUNGED_KEPT,
  FIRST_PURGE,
  GREYLIST_MARK_LIFE,
  GREYLIST_NETWORK_LIFE,
  PURGE_INTERVAL,
  TIDY_INTERVAL,
  TLS_DAYS_KEPT,
  TLS_REPORTS_KEPT,
} from './limits.ts'

const DAY = 24 * 60 * 60 * 1000

export interface HousekeepingOptions {
  readonly maintenance: Pick<Maintenance, 'purgeExpunged'>
  readonly greylist: Pick<Greylist, 'forget'>
  readonly suppressions: { tidy(): Promise<unknown> }
  readonly tlsReports: Pick<TlsReports, 'forget'>
  readonly stsPolicies: Pick<StsPolicies, 'forget'>
  readonly keys: { tidy(): Promise<void> }
  readonly undeleteDays: number
  readonly log: Logger
  readonly clock: Clock
}

/** Frees messages that were expunged too long ago to be brought back, forgets what is of no use any more, and looks after the keys of domains. */
export function startHousekeeping(options: HousekeepingOptions): Chore {
  const { maintenance, greylist, suppressions, tlsReports, stsPolicies, keys, undeleteDays, log, clock } = options
  const chores = [
    // Soon after the start, so that a server that never runs an hour purges too.
    repeat(FIRST_PURGE, PURGE_INTERVAL, 'purge failed, next try in an hour', async () => {
      const freed = await maintenance.purgeExpunged(clock.now() - Math.max(undeleteDays * DAY, EXPUNGED_KEPT))
      if (freed > 0) log.info('expunged messages purged', { messages: freed })
    }),
    repeat(FIRST_PURGE, PURGE_INTERVAL, 'greylist was not looked after', async () => {
      const now = clock.now()
      await greylist.forget({ marks: now - GREYLIST_MARK_LIFE, networks: now - GREYLIST_NETWORK_LIFE })
    }),
    repeat(FIRST_PURGE, PURGE_INTERVAL, 'addresses that are gone were not looked after', async () => {
      await suppressions.tidy()
    }),
    repeat(FIRST_PURGE, PURGE_INTERVAL, 'TLS reports and policies were not looked after', async () => {
      const now = clock.now()
      await stsPolicies.forget(now)
      await tlsReports.forget({ day: Math.floor(now / DAY) - TLS_DAYS_KEPT, arrived: now - TLS_REPORTS_KEPT * DAY })
    }),
    // At once: domains of older versions have no keys yet.
    repeat(0, TIDY_INTERVAL, 'keys of domains were not looked after', () => keys.tidy()),
  ]

  function repeat(first: number, interval: number, failure: string, act: () => Promise<void>): Chore {
    return startChore({ first, interval, failure, act, clock, log })
  }

  return {
    async stop() {
      await Promise.all(chores.map((chore) => chore.stop()))
    },
  }
}
