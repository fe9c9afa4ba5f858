import type { EpochMs } from '@mailstead/base'
import type { Unwatch } from './changes.ts'
import type { AccountId, AttemptId, QueueEntryId, QueueId } from './ids.ts'
import type { EnvelopeParameters, RecipientParameters } from './intake.ts'

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
  readonly queuedAt: EpochMs
  /** A delayed report was made. */
  readonly delayTold: boolean
}

/** Recipients of one message in one lane: what one SMTP transaction can carry. */
export interface Consignment {
  readonly attempt: AttemptId
  readonly queueId: QueueId
  readonly lane: Lane
  readonly mailFrom: string
  readonly parameters: EnvelopeParameters
  /** Octets. */
  readonly size: number
  readonly receivedAt: EpochMs
  readonly entries: readonly QueueEntry[]
}

/** What a report to the sender will say of one recipient (RFC 3464 section 2.3.3). */
export type ReportAction = 'delivered' | 'relayed' | 'failed' | 'delayed'

/** What a peer said, or what stood in its place. */
export interface Diagnosis {
  /** RFC 3463. */
  readonly status: string
  /** The reply in the peer's words, its lines joined; our own words when no peer was reached. */
  readonly text: string
  /** Host name and address of the peer that said it. */
  readonly peer?: string
}

/** What became of one recipient in one attempt. `report`: the sender is owed one, and hears of it by `Reports`. */
export type AttemptOutcome =
  | { readonly kind: 'sent'; readonly diagnosis: Diagnosis; readonly report?: 'delivered' | 'relayed' }
  /** `perhapsSent`: the connection was lost after the final dot. */
  | {
      readonly kind: 'deferred'
      readonly until: EpochMs
      readonly diagnosis: Diagnosis
      readonly report?: 'delayed'
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

/** One line of a report that is owed. Stays until an acceptance names it in `AcceptPlan.reported`. */
export interface OwedReport {
  readonly id: number
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
  readonly size: number
  readonly reports: readonly OwedReport[]
}

/** What an administrator sees of one recipient. */
export interface QueueListing extends QueueEntry {
  readonly queueId: QueueId
  readonly lane: Lane
  readonly mailFrom: string
  readonly size: number
  readonly state: 'waiting' | 'held' | 'active'
  readonly dueAt: EpochMs
  readonly last: Diagnosis | undefined
}

/** Which entries are meant; all given members must hold. */
export interface QueueFilter {
  readonly queueId?: QueueId
  readonly entry?: QueueEntryId
  readonly sender?: string
  readonly recipient?: string
  readonly domain?: string
  readonly queuedBefore?: EpochMs
  readonly state?: QueueListing['state']
  /** Part of the last diagnosis, without regard to case. */
  readonly reason?: string
}

/**
 * What an administrator does to entries. `bounce` is a failed attempt with a report; `drop` tells nobody; `redirect` keeps the
 * original recipient for reports. Entries that are being sent at this moment are left alone, `hold` and `release` aside.
 */
export type QueueAct =
  | { readonly kind: 'retry' | 'hold' | 'release' | 'drop' }
  | { readonly kind: 'bounce'; readonly diagnosis: Diagnosis }
  | { readonly kind: 'redirect'; readonly recipient: string; readonly domain: string }

/**
 * What waits to leave. Entries come by `Intake.accept`, in the transaction of the acceptance. Attempts are leased: a claim names an
 * attempt of this process' epoch, the one who works on it renews it, and what was claimed by an earlier epoch, or whose lease ran out, is free again.
 * Work grows with what is due, never with what waits.
 */
export interface QueueStore {
  /** Lanes with something due at `now`, the longest waiting first and accounts taking turns, without those to the domains of `except`. `next`: when to ask again. */
  due(
    now: EpochMs,
    limit: number,
    except: ReadonlySet<string>,
  ): Promise<{ readonly lanes: readonly DueLane[]; readonly next: EpochMs | undefined }>
  /**
   * Leases what is due in the lanes until `until`: by priority, then by age, at most `recipients` entries a lane; those of one message together.
   * One commit for all of them. Lanes in which nothing is due are passed over.
   */
  claim(lanes: readonly Lane[], now: EpochMs, until: EpochMs, recipients: number): Promise<readonly Consignment[]>
  /** Another lease for attempts that still run. Resolves to those that are lost: their settlements will be refused. */
  renew(attempts: readonly AttemptId[], until: EpochMs): Promise<readonly AttemptId[]>
  /**
   * What became of entries, trace included, in one commit. The blob goes with the last entry and the last owed report. Those whose attempt is no longer
   * the entry's are refused, and named in the answer.
   */
  settle(settlements: readonly Settlement[]): Promise<readonly QueueEntryId[]>
  /** At most 256 KiB of the message from `offset`. Throws `message-not-found` when nothing of it waits any more. */
  read(queueId: QueueId, offset: number, length: number): Promise<Uint8Array>
  /** Messages of which reports are owed, oldest first. */
  owed(limit: number): Promise<readonly OwedReports[]>
  /** The reports need not be made: the sender would never see them. */
  forgive(reports: readonly number[]): Promise<void>
  /** In the order of their ids, those after `after`; batches. */
  list(filter: QueueFilter, after: QueueEntryId | undefined, limit: number): Promise<readonly QueueListing[]>
  /** Resolves to how many entries it was done to. Long work is done in steps. */
  act(filter: QueueFilter, act: QueueAct): Promise<number>
  /** A hint that something new is due, or owed. */
  watch(listener: () => void): Unwatch
}
