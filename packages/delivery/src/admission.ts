import type { Account, RecipientParameters } from '@mailstead/store'
import type { DeliveryFailure } from './outcome.ts'

/** A recipient that was taken. */
export type AdmittedRecipient = LocalRecipient | RemoteRecipient

interface Admitted {
  /** As the sender wrote it, tag included. */
  readonly address: string
  readonly parameters: RecipientParameters
}

/** Several can lead to one account. */
export interface LocalRecipient extends Admitted {
  readonly kind: 'local'
  readonly account: Account
  /** What follows `+` in the local part. */
  readonly tag: string | undefined
}

/** For the outbound queue. */
export interface RemoteRecipient extends Admitted {
  readonly kind: 'remote'
  readonly localPart: string
  /** Lower case, A-labels; or an address literal. */
  readonly domain: string
}

/** The answer to one recipient; a failure is the policy's. */
export type Admission = 'admitted' | 'unknown' | 'disabled' | 'elsewhere' | 'no-such-domain' | 'over-quota' | DeliveryFailure
