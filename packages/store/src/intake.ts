import type { EpochMs } from '@mailstead/base'
import type { StagedBlob } from './blobs.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { AccountId, MailboxId, QueueId, Uid } from './ids.ts'
import type { Flags } from './flags.ts'
import type { ZonedTime } from './message.ts'
import type { Settlement } from './settlement.ts'
import type { TlsDay } from './tls-reports.ts'

/** What MAIL asked for beside its address, kept with the acceptance. */
export interface EnvelopeParameters {
  readonly ret?: 'FULL' | 'HDRS'
  /** As sent: xtext of RFC 3461 section 4. */
  readonly envid?: string
  /** RFC 8689 section 2. */
  readonly requireTls?: boolean
  /** "TLS-Required: No" stands in the header, and REQUIRETLS was not asked for (RFC 8689 section 3): it leaves whatever the recipient's TLS policy. */
  readonly tlsOptional?: boolean
  readonly body?: '7BIT' | '8BITMIME' | 'BINARYMIME'
  readonly smtpUtf8?: boolean
  /** RFC 4865: what was asked for, as reports tell it: `for;3600`. When it leaves stands with its recipients. */
  readonly holdRequest?: string
  readonly deliverBy?: DeliverBy
  /** RFC 6710: -9 to 9. */
  readonly priority?: number
  /** Nothing shows that the sender's address is his own: no report goes there. */
  readonly forgeable?: boolean
}

/** RFC 2852: what becomes of a message that is not delivered at its time. */
export interface DeliverBy {
  readonly at: EpochMs
  readonly mode: 'return' | 'notify'
  /** Each hop is to be told of. */
  readonly trace: boolean
}

/** RFC 3461 parameters of RCPT. */
export interface RecipientParameters {
  readonly notify?: readonly ('NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY')[]
  /** As sent, encoded. */
  readonly orcpt?: string
}

/** Where a message came from; for the trace, never for strangers. */
export interface Origin {
  readonly protocol:
    | 'SMTP'
    | 'ESMTP'
    | 'ESMTPS'
    | 'ESMTPA'
    | 'ESMTPSA'
    | `${'' | 'UTF8'}LMTP${'' | 'S' | 'A' | 'SA'}`
    | 'UTF8SMTP'
    | 'UTF8SMTPS'
    | 'UTF8SMTPA'
    | 'UTF8SMTPSA'
    | 'LOCAL'
  readonly remoteAddress?: string
  readonly heloName?: string
  /** The account that logged in, if one did. */
  readonly account?: AccountId
}

/** One copy into one account. `prefix` goes before the blob: Return-Path, Delivered-To. */
export interface LocalDelivery {
  /** The addresses that led here; aliases of one account make one delivery. For the trace. */
  readonly recipients: readonly string[]
  readonly account: AccountId
  /** By name; INBOX when it does not exist. */
  readonly mailbox: string
  readonly prefix: Uint8Array
  readonly flags: Flags
}

/** One recipient elsewhere, for the outbound queue. */
export interface QueuedRecipient {
  readonly recipient: string
  /** Of the recipient: lower case, A-labels, or an address literal. Names its lane. */
  readonly domain: string
  readonly parameters: RecipientParameters
  /** It is not sent earlier, and its age counts from then on. */
  readonly notBefore?: EpochMs
  /** RFC 6710, -9 … 9; 0 when it is not given. */
  readonly priority?: number
  /** It waits until somebody releases it. */
  readonly held?: boolean
  /** Which of the plan's copies it gets; absent: the message as it was accepted. */
  readonly copy?: number
  /** The address that the sender wrote, where it is another: reports tell of that. */
  readonly original?: string
}

/** What some recipients elsewhere get in place of the message as it was accepted: it is forwarded to them. */
export interface QueuedCopy {
  /** Empty: the null reverse-path. */
  readonly mailFrom: string
  /** Fields that go in front. */
  readonly prefix: Uint8Array
  /** A message of this server's own people, or made here: it is signed as such. */
  readonly own: boolean
  /** Absent: nothing can be said of its arrival. */
  readonly arrival?: Arrival
}

/** How a stranger's message was found when it came, and in whose name that is sealed (ARC, RFC 8617) for those it is forwarded to. */
export interface Arrival {
  /** Of ours, in A-labels. */
  readonly domain: string
  /** The value of an Authentication-Results field of ours, an octet per character. */
  readonly results: string
  /** Of the ARC sets that it came with. */
  readonly chain: 'none' | 'pass' | 'fail'
}

/** Of one local recipient what the sender is to hear, and asks to hear: an `OwedReport`, in the same commit as what it tells of. */
export interface LocalReport {
  readonly recipient: string
  readonly parameters: RecipientParameters
  /** Which of the plan's deliveries decides; absent: it has failed before. */
  readonly delivery?: number
  /** Once that delivery is made; absent: nothing is told of it. */
  readonly delivered?: Diagnosis
  /** Of an address that leads to several: that it was passed on to them. */
  readonly relayed?: Diagnosis
  /** Besides, that it was made too late. */
  readonly delayed?: Diagnosis
  /** When there is none. */
  readonly failed?: Diagnosis
}

/** What another server's report says of one recipient of a message that left here. For that message's trace; a stranger's word. */
export interface HeardReport {
  /** Of the message that left. */
  readonly queueId: QueueId
  /** As its trace names them; empty where a complaint does not say whose it is. */
  readonly recipient: string
  readonly action: 'delivered' | 'delayed' | 'failed' | 'relayed' | 'expanded' | 'complained'
  readonly diagnosis: Diagnosis
  /** Whether the report names an id that was made here, and that only those know who had the message. */
  readonly proven: boolean
  /** Set when it says that the address is gone, and nobody else can have made it up: a failure that counts (`Suppressions`), under this key. */
  readonly dead?: string
}

/** The sender's own copy. `prefix` goes before the blob: Bcc. */
export interface SentCopy {
  readonly account: AccountId
  readonly prefix: Uint8Array
}

/** A whole acceptance. Everything in it is committed together, or nothing is. */
export interface AcceptPlan {
  readonly queueId: QueueId
  readonly blob: StagedBlob
  readonly mailFrom: string
  readonly parameters: EnvelopeParameters
  readonly origin: Origin
  readonly receivedAt: ZonedTime
  readonly deliveries: readonly LocalDelivery[]
  readonly queued: readonly QueuedRecipient[]
  readonly copies?: readonly QueuedCopy[]
  /** Of local recipients. Nothing is owed when nobody gets the message: then the client is told. */
  readonly reports?: readonly LocalReport[]
  /** What a policy found out about the sender, in a line; for the trace. */
  readonly screened?: string
  /** `OwedReport`s that this message carries to their sender. When one of them is owed no more, `accept` rejects with `message-not-found`. */
  readonly reported?: readonly number[]
  /** What this message, a report, says of others that left here. Those that are forgotten are passed over, and so is what has been heard too often. */
  readonly heard?: readonly HeardReport[]
  /**
   * Of queued recipients that this message is for, since what waited for them is delivered here. `accept` rejects with `message-not-found` when one of them is
   * no more its attempt's, and with `account-not-found` when the account of a delivery is gone: then nothing is kept, and they wait as they did.
   */
  readonly settled?: readonly Settlement[]
  /**
   * Goes, seen, into the account's mailbox for sent mail, which is made where there is none; not if a message with the same Message-ID came there within a day as
   * sent mail. What nobody gets is not kept as sent. When the account moves it into a mailbox for drafts, recipients that it is scheduled for still
   * (`QueueListing.state`) are dropped.
   */
  readonly sentCopy?: SentCopy
  /** The `TlsReports` day that this message tells of. When it is settled already, `accept` rejects with `message-not-found`. */
  readonly tlsReport?: TlsDay
}

export type DeliveryOutcome =
  | { readonly ok: true; readonly mailbox: MailboxId; readonly uid: Uid }
  /** The account went away since RCPT. The other recipients are not harmed. */
  | { readonly ok: false; readonly code: 'account-not-found' }

/**
 * What the trace tells of. `sent` is to a peer; `relayed`, to one who does not take over what the sender asked for (RFC 3461 section 5.2.2); `heard`,
 * what another server's report says.
 */
export type TraceKind =
  | 'accepted'
  | 'screened'
  | 'delivered'
  | 'saved'
  | 'queued'
  | 'deferred'
  | 'sent'
  | 'relayed'
  | 'failed'
  | 'retried'
  | 'held'
  | 'released'
  | 'dropped'
  | 'redirected'
  | 'bounced'
  | 'reported'
  | 'unreported'
  | 'heard'

/** An act of the trace, oldest first. */
export interface TraceEvent {
  readonly queueId: QueueId
  readonly at: EpochMs
  readonly event: TraceKind
  readonly recipient: string
  readonly detail: string
}

/** Which acceptances are asked for; all given members must hold. */
export interface TraceQuery {
  /** Sender, recipient, Message-ID without its angle brackets, or ENVID as sent, of what left; compared without regard to case. */
  readonly about?: string
  readonly since?: EpochMs
  readonly before?: EpochMs
}

/** A message that was accepted: where its trace begins. */
export interface Traced {
  readonly queueId: QueueId
  readonly mailFrom: string
  readonly origin: Origin
  readonly receivedAt: EpochMs
  /** Octets. */
  readonly size: number
  /** Without its angle brackets, an octet per character. */
  readonly messageId: string | undefined
}

/** The boundary of acceptance, beside the account-scoped `MailStore`: it commits over many accounts at once. */
export interface Intake {
  /** Unique for good, also over restarts; letters and digits. */
  mintQueueId(): QueueId
  /**
   * One commit. Resolves after it, with an outcome per delivery in the plan's order. Quota is not asked again:
   * who was admitted at RCPT gets the message. Rejects with `unavailable` when nothing was kept; the blob then stays staged.
   */
  accept(plan: AcceptPlan): Promise<readonly DeliveryOutcome[]>
  /** What became of a message; nothing once it is forgotten. */
  trace(queueId: QueueId): Promise<readonly TraceEvent[]>
  /** Messages whose trace is kept, the youngest first. Finding one by its Message-ID or an address costs no look through the others. */
  traced(query: TraceQuery | { readonly queueId: QueueId }, limit: number): Promise<readonly Traced[]>
}
