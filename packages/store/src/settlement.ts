import type { EpochMs } from '@mailstead/base'
import type { Diagnosis } from './diagnosis.ts'
import type { AttemptId, QueueEntryId } from './ids.ts'

/** What a report to the sender will say of one recipient (RFC 3464 section 2.3.3). */
export type ReportAction = 'delivered' | 'relayed' | 'failed' | 'delayed'

/** What became of one recipient in one attempt. `report`: the sender is owed one, and hears of it by `Reports`. */
export type AttemptOutcome =
  | { readonly kind: 'sent'; readonly diagnosis: Diagnosis; readonly report?: 'delivered' | 'relayed' }
  /** `perhapsSent`: the connection was lost after the final dot. `retryUntil`: of a delayed report, when we shall give up. */
  | {
      readonly kind: 'deferred'
      readonly until: EpochMs
      readonly diagnosis: Diagnosis
      readonly report?: 'delayed'
      readonly retryUntil?: EpochMs
      readonly perhapsSent?: true
    }
  | { readonly kind: 'failed'; readonly diagnosis: Diagnosis; readonly report?: 'failed' }
  /** Not tried: as if it had not been claimed, but not before `until`. */
  | { readonly kind: 'returned'; readonly until: EpochMs }

export interface Settlement {
  readonly attempt: AttemptId
  readonly entry: QueueEntryId
  readonly outcome: AttemptOutcome
}
