import type { EpochMs } from '@mailstead/base'
import { tellsOfFailure, type AttemptOutcome, type Consignment, type Diagnosis, type QueueEntry } from '@mailstead/store'
import { asksForNotice, delayToldAt, lastAttemptAt, tellsOfHop } from './deliver-by.ts'
import { afterSending, tellsOfDelay } from './reports.ts'
import { expiresAt, nextAttempt, type Schedule } from './schedule.ts'

/** How an attempt ended for one recipient, before it is known what follows. */
export type AttemptEnd =
  /** `peerKnowsDsn`: the server offered DSN, so that what the sender asked for went along; `peerKnowsDeliverBy`, the same of DELIVERBY. */
  | { readonly kind: 'sent'; readonly diagnosis: Diagnosis; readonly peerKnowsDsn: boolean; readonly peerKnowsDeliverBy?: boolean }
  /** `perhapsSent`: the connection was lost after the final dot. `notBefore`: the whole destination rests until then. */
  | { readonly kind: 'deferred'; readonly diagnosis: Diagnosis; readonly perhapsSent?: true; readonly notBefore?: EpochMs }
  | { readonly kind: 'failed'; readonly diagnosis: Diagnosis }

export interface Circumstances {
  readonly now: EpochMs
  readonly schedule: Schedule
  /** 0 ≤ x < 1. The same for the recipients of a consignment: they stay together. */
  readonly random: number
}

type Message = Pick<Consignment, 'mailFrom' | 'lane' | 'parameters'>

/** What the store is told of the attempt: when it goes on, or that it ends, and whether the sender hears of it. */
export function settled(end: AttemptEnd, entry: QueueEntry, message: Message, circumstances: Circumstances): AttemptOutcome {
  const { kind, diagnosis } = end
  if (kind === 'sent') {
    const told = tellsOfHop(message, entry, end.peerKnowsDeliverBy ?? false)
    const report = told ? 'relayed' : afterSending(message.mailFrom, entry, end.peerKnowsDsn)
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
  const last = lastAttemptAt(message, expires)
  const next = nextAttempt(entry.attempts, now, last, schedule, random)
  // What the last attempt was told says more than that the time is over (RFC 3463 section 3.5, X.4.7), unless the sender set it.
  if (next === undefined) return failed(last < expires ? { ...diagnosis, status: '5.4.7' } : diagnosis, entry, message)
  const noticeAt = delayToldAt(message, entry.queuedAt + schedule.delayNotice)
  const tells = tellsOfDelay(message, entry)
  const told = tells && now >= noticeAt
  // The notice goes out behind an attempt: one is made when it is time for it.
  const wanted = tells && now < noticeAt ? Math.min(next, noticeAt) : next
  return {
    kind: 'deferred',
    until: Math.max(wanted, Math.min(notBefore, last)),
    diagnosis: told && asksForNotice(message) ? { ...diagnosis, status: '4.4.7' } : diagnosis,
    ...(told ? { report: 'delayed', retryUntil: last } : {}),
    ...(perhapsSent === true ? { perhapsSent } : {}),
  }
}
