import { settled, type AttemptEnd, type Schedule } from '@mailstead/queue'
import type { Consignment, QueueEntry, Settlement } from '@mailstead/store'
import type { Verdict } from '../classify.ts'

export interface SettlementFacts {
  readonly now: number
  readonly schedule: Schedule
  /** 0 ≤ x < 1. The same for all recipients of a consignment: they stay together. */
  readonly random: number
  /** Of the server that took it. */
  readonly peerKnows: { readonly dsn: boolean; readonly deliverBy: boolean }
  /** The destination rests until then. */
  readonly notBefore?: number
}

/** What the store is told of one recipient. */
export function settlement(consignment: Consignment, entry: QueueEntry, verdict: Verdict, facts: SettlementFacts): Settlement {
  const end = attemptEnd(final(verdict), facts)
  const outcome =
    end === undefined ? ({ kind: 'returned', until: facts.notBefore ?? facts.now } as const) : settled(end, entry, consignment, facts)
  return { attempt: consignment.attempt, entry: entry.id, outcome }
}

/** Of a verdict where no server is left. */
export function final(verdict: Verdict): Exclude<Verdict, { kind: 'next-host' }> {
  return verdict.kind === 'next-host' ? { kind: verdict.otherwise, diagnosis: verdict.diagnosis } : verdict
}

/** `undefined`: it is as if nothing had been tried. */
function attemptEnd(verdict: ReturnType<typeof final>, { peerKnows, notBefore }: SettlementFacts): AttemptEnd | undefined {
  if (verdict.kind === 'sent') return { ...verdict, peerKnowsDsn: peerKnows.dsn, peerKnowsDeliverBy: peerKnows.deliverBy }
  if (verdict.kind === 'failed') return verdict
  if (verdict.kind === 'deferred') return { ...verdict, ...(notBefore === undefined ? {} : { notBefore }) }
  return undefined
}
