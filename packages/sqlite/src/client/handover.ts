import type { EpochMs } from '@mailstead/base'
import type { AcceptPlan, Lane, QueueEntry, QueueEntryId, QueuedRecipient, Taker, Unwatch } from '@mailstead/store'
import type { WireAccepted } from '../writer/intake.ts'
import type { WireQueued } from '../writer/queue.ts'
import type { Attempts } from './attempts.ts'

/** Recipients of one lane that are claimed by the commit that accepts them. */
interface Grant {
  readonly taker: Taker
  readonly lane: Lane
  readonly attempt: number
  readonly until: EpochMs
}

export type Grants = ReadonlyMap<QueuedRecipient, Grant>

const NOBODY: Grants = new Map()

/** Hands what is accepted for other servers to who sends it, so that it need not be looked for, claimed and read. */
export class Handover {
  readonly #attempts: Attempts
  #taker: Taker | undefined

  constructor(attempts: Attempts) {
    this.#attempts = attempts
  }

  to(taker: Taker): Unwatch {
    this.#taker = taker
    return () => {
      if (this.#taker === taker) this.#taker = undefined
    }
  }

  /** Who of a plan is taken over. Copies are rare, and wait to be claimed. */
  grant({ queued, origin: { account } }: AcceptPlan, now: EpochMs): Grants {
    const taker = this.#taker
    if (taker === undefined || queued.length === 0) return NOBODY
    const atOnce = queued.filter(({ held = false, copy, notBefore = 0 }) => !held && copy === undefined && notBefore <= now)
    const grants = new Map<QueuedRecipient, Grant>()
    for (const [domain, recipients] of Map.groupBy(atOnce, (each) => each.domain)) {
      const lane = { account, domain }
      const until = taker.lease(lane, recipients.length)
      if (until === undefined) continue
      const grant = { taker, lane, attempt: this.#attempts.reserve(1), until }
      for (const recipient of recipients) grants.set(recipient, grant)
    }
    return grants
  }

  /** They are committed. `octets`: the message's, where they are at hand. */
  hand(plan: AcceptPlan, grants: Grants, { at, claimed }: WireAccepted, octets: Uint8Array | undefined): void {
    const { queueId, mailFrom, parameters, origin, blob, receivedAt } = plan
    const foreign = origin.account === undefined && origin.protocol !== 'LOCAL'
    const message = { queueId, mailFrom, foreign, parameters, size: blob.size, receivedAt: receivedAt.at }
    for (const [{ taker, lane, attempt }, entries] of byGrant(plan.queued, grants, at, claimed))
      taker.take({ ...message, attempt: this.#attempts.name(attempt), lane, entries }, octets)
  }
}

/** As the writer is told of them. */
export function withClaims(queued: readonly QueuedRecipient[], grants: Grants): readonly WireQueued[] {
  if (grants.size === 0) return queued
  return queued.map((each) => {
    const grant = grants.get(each)
    return grant === undefined ? each : { ...each, claim: { attempt: grant.attempt, until: grant.until } }
  })
}

/** `claimed`: the ids of those that are granted, in their order. */
function byGrant(queued: readonly QueuedRecipient[], grants: Grants, at: EpochMs, claimed: readonly number[]): Map<Grant, QueueEntry[]> {
  const found = new Map<Grant, QueueEntry[]>()
  let next = 0
  for (const each of queued) {
    const grant = grants.get(each)
    if (grant === undefined) continue
    const id = claimed[next++] as QueueEntryId
    const { recipient, parameters } = each
    const entry = { id, recipient, parameters, attempts: 0, queuedAt: at, delayTold: false }
    const entries = found.get(grant)
    if (entries === undefined) found.set(grant, [entry])
    else entries.push(entry)
  }
  return found
}
