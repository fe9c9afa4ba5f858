import type { OctetSource } from '@mailstead/mime'
import type { EnvelopeParameters, RecipientParameters } from '@mailstead/store'
import type { PeerReply } from '@mailstead/wire'
import type { LossReason, Step } from './errors.ts'

export interface LetterRecipient {
  readonly recipient: string
  readonly parameters: RecipientParameters
}

/** A message as it goes out, at most 256 KiB of it at once. */
export interface Outgoing extends OctetSource {
  /** No octet above 127 is in it. */
  readonly ascii?: true
  /**
   * The same for servers that take no octets above 127, header fields in UTF-8 or binary parts: whoever submits or signs mail may change it (RFC 6531
   * section 3.2). Throws `CannotReencode`. Absent for what only passes through: its body is encoded, its UTF-8 header is refused.
   */
  sevenBits?(): Promise<OctetSource>
}

/** What one transaction is asked to carry. */
export interface Letter {
  /** Empty: the null reverse-path. */
  readonly mailFrom: string
  readonly parameters: EnvelopeParameters
  readonly recipients: readonly LetterRecipient[]
  readonly message: Outgoing
}

/** A peer that cannot have the letter as it is, with the status of RFC 3463 that says why. */
export interface Unfit {
  readonly status: string
  readonly text: string
  /** Another server of the destination may be able to. */
  readonly elsewhere: boolean
}

/** What became of one recipient of a letter. */
export type RecipientResult =
  /** The peer is responsible now. */
  | { readonly kind: 'accepted'; readonly reply: PeerReply }
  | { readonly kind: 'refused'; readonly step: Step; readonly reply: PeerReply }
  /** `perhapsSent`: all of the message was given to the connection before it was lost. */
  | { readonly kind: 'lost'; readonly step: Step; readonly reason: LossReason; readonly perhapsSent: boolean; readonly text: string }
  /** This peer cannot take the letter as it is. `elsewhere`: another one of the destination may. */
  | { readonly kind: 'unfit'; readonly status: string; readonly text: string; readonly elsewhere: boolean }
  /** The peer takes so many recipients at once: this one is for the next transaction, on the same connection. */
  | { readonly kind: 'again' }
