import type { Account, EnvelopeParameters, Origin, RecipientParameters } from '@mailstead/store'
import type { SmtpAddress } from '@mailstead/wire'

/** What is known of the sender when MAIL is taken. */
export interface TransactionStart {
  /** `undefined`: the null reverse-path. */
  readonly mailFrom: SmtpAddress | undefined
  readonly parameters: EnvelopeParameters
  /** Octets the sender declares. */
  readonly size: number | undefined
  readonly origin: Origin
  /** The connection's cipher, for `Received`. */
  readonly tls?: TlsFacts
}

export interface TlsFacts {
  /** `TLSv1.3` */
  readonly version: string
  /** `TLS_AES_256_GCM_SHA384` */
  readonly cipher: string
}

/** A recipient that was taken. Several can lead to one account. */
export interface AdmittedRecipient {
  /** As the sender wrote it, tag included. */
  readonly address: string
  readonly parameters: RecipientParameters
  readonly account: Account
  /** What follows `+` in the local part. */
  readonly tag: string | undefined
}

/** The answer to one recipient. */
export type Admission = 'admitted' | 'unknown' | 'disabled' | 'elsewhere' | 'over-quota'
