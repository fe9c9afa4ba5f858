import type { EpochMs } from '@mailstead/base'
import type { EnvelopeParameters, Origin, Settlement, TlsDay } from '@mailstead/store'
import type { SmtpAddress } from '@mailstead/wire'
import type { Visit } from './policy.ts'

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
  /** The stranger's visit, for the policy to judge recipients and message. */
  readonly visit?: Visit
  /** Of a report that is made here: what it reports of (`AcceptPlan.reported`). */
  readonly reported?: readonly number[]
  /** Of a report on TLS that is made here (`AcceptPlan.tlsReport`). */
  readonly tlsReport?: TlsDay
  /** Nobody gets it earlier, not even who is here (RFC 4865). */
  readonly notBefore?: EpochMs
  /**
   * Of mail that waited in the queue for recipients here: what is settled with its acceptance (`AcceptPlan.settled`), once it is known where it goes. What senders
   * hear of these recipients is owed by that, and by nothing else.
   */
  readonly settles?: (fateOf: (address: string) => PlannedFate) => readonly Settlement[]
}

/** What a message is planned to do for a recipient: come into a mailbox, go on to other servers, or neither, since it was here before. */
export type PlannedFate = 'delivered' | 'onward' | 'loop'

export interface TlsFacts {
  /** `TLSv1.3` */
  readonly version: string
  /** `TLS_AES_256_GCM_SHA384` */
  readonly cipher: string
}
