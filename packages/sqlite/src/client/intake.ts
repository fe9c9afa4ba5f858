import { randomInt } from 'node:crypto'
import type { AcceptPlan, DeliveryOutcome, Intake, QueueId, TraceEvent, Traced, TraceQuery } from '@mailstead/store'
import type { Clock } from '@mailstead/base'
import type { Attempts } from './attempts.ts'
import { mintedAt } from '../queue-ids.ts'
import { asStaged, type Staged } from './blobs.ts'
import { withClaims, type Grants, type Handover } from './handover.ts'
import type { Parts } from './parts.ts'
import { wireSettlements } from './queue.ts'
import type { WireAccepted } from '../writer/intake.ts'

export class SqliteIntake implements Intake {
  readonly #parts: Parts
  readonly #attempts: Attempts
  readonly #handover: Handover
  readonly #clock: Clock

  constructor(parts: Parts, attempts: Attempts, handover: Handover, clock: Clock) {
    this.#parts = parts
    this.#attempts = attempts
    this.#handover = handover
    this.#clock = clock
  }

  /** The time in base 36, so that ids sort roughly by age, and 40 random bits. */
  mintQueueId(): QueueId {
    const random = randomInt(2 ** 40)
      .toString(36)
      .padStart(8, '0')
    return (mintedAt(this.#clock.now()) + random.toUpperCase()) as QueueId
  }

  async accept(plan: AcceptPlan): Promise<readonly DeliveryOutcome[]> {
    const staged = asStaged(plan.blob)
    const grants = this.#handover.grant(plan, this.#clock.now())
    const accepted = await this.#commit(plan, staged, grants).catch((error: unknown) => {
      // Whether it is committed may be unknown: who sends has to look when the lease ends.
      if (grants.size > 0) this.#parts.watchers.queueChanged()
      throw error
    })
    const octets = staged.atHand
    staged.used()
    if (grants.size > 0) this.#handover.hand(plan, grants, accepted, octets)
    return accepted.outcomes
  }

  #commit(plan: AcceptPlan, staged: Staged, grants: Grants): Promise<WireAccepted> {
    const blob = staged.wire(plan.deliveries.length > 0 || plan.sentCopy !== undefined)
    const { at, zone } = plan.receivedAt
    // A fresh array each: a view of Node's shared pool would take the whole pool along.
    const deliveries = plan.deliveries.map((delivery) => ({ ...delivery, prefix: new Uint8Array(delivery.prefix) }))
    const copies = (plan.copies ?? []).map((copy) => ({ ...copy, prefix: new Uint8Array(copy.prefix) }))
    const { sentCopy: own } = plan
    const sentCopy = own === undefined ? [] : [{ ...own, prefix: new Uint8Array(own.prefix) }]
    const transfer = [blob.pack.buffer, ...[...deliveries, ...copies, ...sentCopy].map(({ prefix }) => prefix.buffer)]
    return this.#parts.writer.callWith({ transfer, octets: blob.pack.length }, 'accept', {
      queueId: plan.queueId,
      blob,
      mailFrom: plan.mailFrom,
      parameters: plan.parameters,
      origin: plan.origin,
      receivedAt: at,
      receivedZone: zone,
      deliveries,
      queued: withClaims(plan.queued, grants),
      copies,
      ...(plan.screened === undefined ? {} : { screened: plan.screened }),
      reports: plan.reports ?? [],
      reported: plan.reported ?? [],
      heard: plan.heard ?? [],
      ...(sentCopy[0] === undefined ? {} : { sentCopy: sentCopy[0] }),
      ...(plan.settled === undefined ? {} : { settled: wireSettlements(plan.settled, this.#attempts) }),
      ...(plan.tlsReport === undefined ? {} : { tlsReport: plan.tlsReport }),
    })
  }

  trace(queueId: QueueId): Promise<readonly TraceEvent[]> {
    return this.#parts.readers.call('trace', queueId)
  }

  traced(query: TraceQuery | { readonly queueId: QueueId }, limit: number): Promise<readonly Traced[]> {
    return this.#parts.readers.call('traced', query, limit, this.#clock.now())
  }
}
