import type { Account, RecipientParameters } from '@mailstead/store'
import type { SmtpAddress } from '@mailstead/wire'
import type { DeliveryFailure } from './outcome.ts'

/** A recipient that was taken. */
export type AdmittedRecipient = LocalRecipient | RemoteRecipient | ForwardedRecipient

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

/** An address of ours that leads on: to several, or to others. */
export interface ForwardedRecipient extends Admitted {
  readonly kind: 'forwarded'
  /** The account or the group, or the address itself. */
  readonly home: SmtpAddress
  readonly leads: readonly Lead[]
  /** Where it leads to as well, but not now. */
  readonly lost: readonly LostLead[]
  /** Nobody's own address: who asked to hear of success hears that it was passed on (RFC 3461 section 5.2.7.3). */
  readonly tellsOfPassing: boolean
}

/** Where an address leads, in the end. */
export interface Lead {
  readonly recipient: LocalRecipient | RemoteRecipient
  /** Addresses of ours that forward there, the nearest one first; none for the account that was written to. */
  readonly by: readonly string[]
}

export interface LostLead {
  readonly address: string
  readonly why: 'unknown' | 'disabled' | 'elsewhere' | 'no-such-domain' | 'over-quota'
}

/** The answer to one recipient; a failure is the policy's. `forwardsTo`: it is admitted, and who writes is to know where it goes. */
export type Admission =
  'admitted' | 'unknown' | 'disabled' | 'elsewhere' | 'no-such-domain' | 'over-quota' | DeliveryFailure | { readonly forwardsTo: string }

export type Refusal = Exclude<Admission, 'admitted' | { readonly forwardsTo: string }>

export function isRefused(admission: Admission): admission is Refusal {
  return admission !== 'admitted' && (typeof admission === 'string' || 'code' in admission)
}
