import type { AccountChange, Change } from '@mailstead/store'
import type { EpochMs } from '@mailstead/base'

/** One member of a commit group while it runs: it leaves its changes here, the group publishes them after COMMIT. */
export interface Act {
  readonly now: EpochMs
  readonly changes: Change[]
  readonly accountChanges: AccountChange[]
}
