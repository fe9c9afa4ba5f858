import type { Clock, Logger } from '@mailstead/base'
import type { Config } from '@mailstead/config'
import { startDueDelivery, startReporter, type Delivery } from '@mailstead/delivery'
import type { Resolver } from '@mailstead/resolver'
import type { Chore } from './chore.ts'
import type { OpenData } from './data.ts'
import { startHousekeeping } from './housekeeping.ts'
import { recordLook } from './key-records.ts'
import { schedulesOf } from './routes.ts'
import { suppressionPolicy } from './suppression.ts'

export interface BackgroundParts {
  readonly data: OpenData
  readonly delivery: Delivery
  readonly resolver: Resolver
  readonly log: Logger
  readonly clock: Clock
}

/** What a server does for nobody who waits, by names for the log, in the order it is to be stopped. Each looks at once for what there is to do. */
export function startBackground(
  config: Config,
  { data, delivery, resolver, log, clock }: BackgroundParts,
): readonly (readonly [what: string, Chore])[] {
  const { accounts, store } = data
  const { queue, maintenance, greylist, tlsReports, stsPolicies, suppressions } = store
  const { blobs } = store.stores
  const { lasts } = suppressionPolicy(config)
  const look = recordLook(resolver)
  const keys = { tidy: () => data.keys.tidy(look) }
  const dead = { tidy: () => suppressions.forget(clock.now() - lasts, clock.now()) }
  const past = { maintenance, greylist, suppressions: dead, tlsReports, stsPolicies }
  return [
    ['housekeeping', startHousekeeping({ ...past, keys, undeleteDays: config.store.undelete_days, log, clock })],
    ['due mail', startDueDelivery({ queue, delivery, blobs, schedules: schedulesOf(config), log, clock })],
    ['reports', startReporter({ queue, delivery, blobs, accounts, log, clock, hostName: config.host_name })],
  ]
}
