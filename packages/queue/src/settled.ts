import type { EpochMs } from '@mailstead/base'
import { tellsOfFailure, type AttemptOutcome, type Consignment, type Diagnosis, type QueueEntry } from '@mailstead/store'
import { afterSending, tellsOfDelay } from './reports.ts'
import { expiresAt, nextAttempt, type Schedule } from './schedule.ts'

/** How an attempt ended for one recipient, before it is known what follows. */
export type AttemptEnd =
  /** `peerKnowsDsn`: the server offered DSN, so that what the sender asked for went along. */
  | { readonly kind: 'sent'; readonly diagnosis: Diagnosis; readonly peerKnowsDsn: boolean }
  /** `perhapsSent`: the connection was lost after the final dot. `notBefore`: the whole destination rests until then. */
  | { readonly kind: 'deferred'; readonly diagnosis: Diagnosis; readonly perhapsSent?: true; readonly notBefore?: EpochMs }
  | { readonly kind: 'failed'; readonly diagnosis: Diagnosis }

export interface Circumstances {
  readonly now: EpochMs
  readonly schedule: Schedule
  /** 0 ≤ x < 1. The same for the recipients of a consignment: they stay together. */
  readonly random: number
}

type Message = Pick<Consignment, 'mailFrom' | 'lane'>

/** What the store is told of the attempt: when it goes on, or that it ends, and whether the sender hears of it. */
export function settled(end: AttemptEnd, entry: QueueEntry, message: Message, circumstances: Circumstances): AttemptOutcome {
  const { kind, diagnosis } = end
  if (kind === 'sent') {
    const report = afterSending(message.mailFrom, entry, end.peerKnowsDsn)
    return { kind, diagnosis, ...(report === undefined ? {} : { report }) }
  }
  if (kind === 'failed') return failed(diagnosis, entry, message)
  return deferred(end, entry, message, circumstances)
}

function failed(diagnosis: Diagnosis, { parameters }: QueueEntry, { mailFrom }: Message): AttemptOutcome {
  return { kind: 'failed', diagnosis, ...(tellsOfFailure(mailFrom, parameters) ? { report: 'failed' } : {}) }
}

function deferred(
  { diagnosis, perhapsSent, notBefore = 0 }: Extract<AttemptEnd, { kind: 'deferred' }>,
  entry: QueueEntry,
  message: Message,
  { now, schedule, random }: Circumstances,
): AttemptOutcome {
  const expires = expiresAt(entry.queuedAt, message.mailFrom, schedule)
  const next = nextAttempt(entry.attempts, now, expires, schedule, random)
  // What the last attempt was told says more than that the time is over (RFC 3463 section 3.5, X.4.7).
  if (next === undefined) return failed(diagnosis, entry, message)
  const told = now - entry.queuedAt >= schedule.delayNotice && tellsOfDelay(message, entry)
  return {
    kind: 'deferred',
    until: Math.max(next, Math.min(notBefore, expires)),
    diagnosis,
    ...(told ? { report: 'delayed', retryUntil: expires } : {}),
    ...(perhapsSent === true ? { perhapsSent } : {}),
  }
}
