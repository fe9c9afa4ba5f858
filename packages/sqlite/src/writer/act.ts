import type { AccountChange, AccountId } from '@mailstead/store'
import type { EpochMs } from '@mailstead/base'
import type { WireChange } from '../rpc.ts'

/** One member of a commit group while it runs: it leaves its changes here, the group publishes them after COMMIT. */
export interface Act {
  readonly now: EpochMs
  readonly changes: WireChange[]
  readonly accountChanges: AccountChange[]
  /** Accounts that somebody has logged in to. */
  readonly seen: AccountId[]
  /** Something new comes due in the outbound queue, or is owed. */
  queue: boolean
  /** One more address is remembered as one that fails, or must not be written to. */
  suppressions: boolean
}
