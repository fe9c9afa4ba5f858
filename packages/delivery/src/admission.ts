import type { Account, RecipientParameters } from '@mailstead/store'
import type { DeliveryFailure } from './outcome.ts'

/** A recipient that was taken. Several can lead to one account. */
export interface AdmittedRecipient {
  /** As the sender wrote it, tag included. */
  readonly address: string
  readonly parameters: RecipientParameters
  readonly account: Account
  /** What follows `+` in the local part. */
  readonly tag: string | undefined
}

/** The answer to one recipient; a failure is the policy's. */
export type Admission = 'admitted' | 'unknown' | 'disabled' | 'elsewhere' | 'over-quota' | DeliveryFailure
