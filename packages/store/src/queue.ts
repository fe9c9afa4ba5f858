import type { EpochMs } from '@mailstead/base'
import type { Unwatch } from './changes.ts'
import type { AccountId, AttemptId, QueueEntryId, QueueId } from './ids.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { EnvelopeParameters, QueuedCopy, RecipientParameters } from './intake.ts'
import type { ReportAction, Settlement } from './settlement.ts'

/**
 * What one account sends to one domain: the grain of fairness. `account` is absent for mail that nobody submitted: reports, forwarded mail.
 * A smarthost takes many lanes: where a domain's mail goes is not the store's to know.
 */
export interface Lane {
  readonly account: AccountId | undefined
  /** Lower case, A-labels; or an address literal. */
  readonly domain: string
}

export interface DueLane extends Lane {
  /** Of its earliest entry. */
  readonly dueAt: EpochMs
}

/** One recipient that waits to leave. */
export interface QueueEntry {
  readonly id: QueueEntryId
  readonly recipient: string
  readonly parameters: RecipientParameters
  /** Attempts that ended. */
  readonly attempts: number
  /** Since when it may leave: the acceptance, or `notBefore`. */
  readonly queuedAt: EpochMs
  /** A delayed report was made. */
  readonly delayTold: boolean
}

/** Recipients of one message, or of one copy of it, in one lane: what one SMTP transaction can carry. */
export interface Consignment {
  readonly attempt: AttemptId
  readonly queueId: QueueId
  readonly lane: Lane
  /** Under which it leaves: the copy's, where they get one. */
  readonly mailFrom: string
  /** Neither an account submitted it, nor was it made here: a stranger brought it, and it only passes. */
  readonly foreign: boolean
  readonly parameters: EnvelopeParameters
  /** Octets, without the prefix of a copy. */
  readonly size: number
  readonly receivedAt: EpochMs
  readonly entries: readonly QueueEntry[]
  /** Absent: they get the message as it was accepted. */
  readonly copy?: QueuedCopy & { readonly id: number }
}

/** One line of a report that is owed. Stays until an acceptance names it in `AcceptPlan.reported`. */
export interface OwedReport {
  readonly id: number
  /** As the sender knows it: of a redirected entry the one before. */
  readonly recipient: string
  readonly parameters: RecipientParameters
  readonly action: ReportAction
  readonly at: EpochMs
  readonly diagnosis: Diagnosis
  /** Of a delayed one: when we shall give up. */
  readonly retryUntil?: EpochMs
}

/** All that one report to one sender has to say: one a message and round. */
export interface OwedReports {
  readonly queueId: QueueId
  readonly mailFrom: string
  readonly parameters: EnvelopeParameters
  readonly account: AccountId | undefined
  readonly receivedAt: EpochMs
  /** Minutes east of UTC. */
  readonly receivedZone: number
  /** Who brought it: EHLO name and address; absent when it was submitted. */
  readonly receivedFrom?: { readonly name: string; readonly address?: string }
  readonly size: number
  readonly reports: readonly OwedReport[]
}

/** What an administrator sees of one recipient. */
export interface QueueListing extends QueueEntry {
  readonly queueId: QueueId
  readonly lane: Lane
  readonly mailFrom: string
  readonly size: number
  /** `scheduled`: it may not leave before `queuedAt`. */
  readonly state: 'waiting' | 'scheduled' | 'held' | 'active'
  readonly dueAt: EpochMs
  readonly last: Diagnosis | undefined
}

/** Whose mail is meant: that of the domains of this server as they are now, or that of all others. */
export type Whereabouts = 'here' | 'elsewhere'

/** Which entries are meant; all given members must hold. Texts are compared without regard to case. */
export interface QueueFilter {
  readonly queueId?: QueueId
  readonly entry?: QueueEntryId
  /** A whole address, or `@` and a domain; the null sender is the empty text. */
  readonly sender?: string
  /** In the same form, of the recipient as it is now. */
  readonly recipient?: string
  readonly domain?: string
  readonly queuedBefore?: EpochMs
  readonly state?: QueueListing['state']
  /** Part of the last diagnosis. */
  readonly reason?: string
}

/**
 * What an administrator does to entries. `retry` makes due what waits and is neither held nor scheduled; `release` lets held entries go, and where it is `early`
 * scheduled ones too, at once; `bounce` is a failure with a report for senders who want one (`tellsOfFailure`); `drop` tells nobody; `redirect` keeps the original
 * recipient for reports and begins counting attempts anew.
 * Entries that are being sent at this moment are left alone, `hold` and `release` aside: what is held meanwhile is held once it is settled.
 */
export type QueueAct =
  | { readonly kind: 'retry' | 'hold' | 'drop' }
  | { readonly kind: 'release'; readonly early?: boolean }
  | { readonly kind: 'bounce'; readonly diagnosis: Diagnosis }
  | { readonly kind: 'redirect'; readonly recipient: string; readonly domain: string }

/** Whether the sender of a message hears of a failure: who has no name, or asked not to be told (RFC 3461 section 4.1), does not. */
export function tellsOfFailure(mailFrom: string, { notify }: RecipientParameters): boolean {
  return mailFrom !== '' && (notify?.includes('FAILURE') ?? true)
}

/** How much waits, for the administrator. */
export interface QueueStatus {
  /** Recipients, held ones too. */
  readonly queued: number
  readonly held: number
  /** Those that at least one attempt was made for. */
  readonly deferred: number
  /** Since when the one that came first may leave, of those that may. */
  readonly oldest: EpochMs | undefined
}

/** Whoever sends what is due, and has room for more: what would wait for it to look comes to it with the acceptance, claimed. */
export interface Taker {
  /**
   * Until when recipients are leased that are about to come into the lane, so many in one message; `undefined`: they wait to be claimed. What is accepted comes
   * to `take`; where the acceptance fails nothing comes, and nothing is to be done.
   */
  lease(lane: Lane, recipients: number): EpochMs | undefined
  /** They are committed. `octets`: the whole message, as `read` gives it, where it is in memory still. Never throws. */
  take(consignment: Consignment, octets: Uint8Array | undefined): void
}

/**
 * What waits to leave. Entries come by `Intake.accept`, in the transaction of the acceptance. Attempts are leased: a claim names an
 * attempt of this process' epoch, the one who works on it renews it, and what was claimed by an earlier epoch is free again at once. What an
 * expired lease was for is due again, and its attempt counts until another claims the entry.
 * Work grows with what is due, and with the accounts that have something waiting; never with the entries and lanes that wait.
 */
export interface QueueStore {
  /**
   * Lanes with something due at `now`, the longest waiting first and accounts taking turns, without those to the domains of `except`. `next`: when to ask again.
   * `where`: default `elsewhere`.
   */
  due(
    now: EpochMs,
    limit: number,
    except: ReadonlySet<string>,
    where?: Whereabouts,
  ): Promise<{ readonly lanes: readonly DueLane[]; readonly next: EpochMs | undefined }>
  /**
   * Leases what is due in the lanes until `until`: by priority, then by how long it is due, at most `recipients` entries a lane; those of one message together.
   * One commit for all of them. Lanes in which nothing is due are passed over.
   */
  claim(lanes: readonly Lane[], now: EpochMs, until: EpochMs, recipients: number): Promise<readonly Consignment[]>
  /** Another lease for attempts that still run. Resolves to those that are lost: their settlements will be refused. */
  renew(attempts: readonly AttemptId[], until: EpochMs): Promise<readonly AttemptId[]>
  /**
   * What became of entries, trace included, in one commit. The blob goes with the last entry and the last owed report. Those whose attempt is no longer
   * the entry's are refused, and named in the answer. After `unavailable` it may have happened: asked again, it is refused.
   */
  settle(settlements: readonly Settlement[]): Promise<readonly QueueEntryId[]>
  /** Offers to `taker` what is accepted from now on, for mail that is due at once and is no copy. There is one at a time. */
  handTo(taker: Taker): Unwatch
  /** At most 256 KiB of the message from `offset`. Throws `message-not-found` when nothing of it waits any more. */
  read(queueId: QueueId, offset: number, length: number): Promise<Uint8Array>
  /** Messages of which reports are owed, oldest first. */
  owed(limit: number): Promise<readonly OwedReports[]>
  /** The reports need not be made: the sender would never see them. */
  forgive(reports: readonly number[]): Promise<void>
  /** In the order of their ids, those after `after`, at most `limit`; fewer when there are no more. Reads all that waits. */
  list(filter: QueueFilter, after: QueueEntryId | undefined, limit: number): Promise<readonly QueueListing[]>
  /** Resolves to how many entries it was done to. Long work is done in steps. */
  act(filter: QueueFilter, act: QueueAct): Promise<number>
  /** Octets of the messages that an account asked to be held (RFC 4865) and of which something waits still. */
  heldBy(account: AccountId): Promise<number>
  /** How much waits. */
  status(): Promise<QueueStatus>
  /** A hint that something is owed, or comes due, at once or later, that did not: what `due` said of `next` may be too late. */
  watch(listener: () => void): Unwatch
}
