import type { Clock, Logger } from '@mailstead/base'
import { withFields, type OctetSource } from '@mailstead/mime'
import type { Schedules } from '@mailstead/queue'
import type { Consignment, QueueEntryId, QueueStore, Settlement } from '@mailstead/store'
import type { Verdict } from '../classify.ts'
import type { Outgoing } from '../client/letter.ts'
import { MAX_LOGGED, SETTLE_RETRY } from '../limits.ts'
import type { CarryContext } from './carry.ts'
import { AtHand } from './at-hand.ts'
import { Leases } from './leases.ts'
import { settlement } from './settlement.ts'

/** What is sent of a message, the fields of a forwarded copy in front: signed, for instance. Rejects when it cannot be told now. */
export type Prepare = (message: OctetSource, consignment: Consignment) => Promise<Outgoing>

export interface SettlerContext {
  readonly queue: QueueStore
  readonly schedules: Schedules
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly prepare: Prepare
  /** Nobody waits for the store any more. */
  readonly signal: AbortSignal
}

/** What is claimed, until it is settled. */
export class Settler {
  readonly #context: SettlerContext
  readonly #leases: Leases
  readonly #atHand = new AtHand()
  #claimed = 0

  constructor(context: SettlerContext) {
    this.#context = context
    this.#leases = new Leases(context.queue, context.clock, context.log)
  }

  /** Recipients taken on and not yet settled. */
  get claimed(): number {
    return this.#claimed
  }

  /** `octets`: its message, where they are at hand. */
  begin({ attempt, entries }: Consignment, octets?: Uint8Array): void {
    this.#claimed += entries.length
    this.#leases.add(attempt)
    if (octets !== undefined) this.#atHand.put(attempt, octets)
  }

  end({ attempt, entries }: Consignment): void {
    this.#claimed -= entries.length
    this.#leases.end(attempt)
    this.#atHand.drop(attempt)
  }

  /** The message as it goes out; `undefined`: it has to wait. */
  async prepare(consignment: Consignment): Promise<Outgoing | undefined> {
    const { queue, prepare, log } = this.#context
    const { attempt, queueId, size, copy } = consignment
    const accepted = this.#atHand.get(attempt) ?? { size, read: (offset, length) => queue.read(queueId, offset, length) }
    try {
      return await prepare(copy === undefined ? accepted : withFields(copy.prefix, accepted), consignment)
    } catch (error) {
      log.error('message not prepared, it waits', { queueId, err: error })
      return undefined
    }
  }

  /** What carrying a consignment needs, connections apart. */
  carrying(consignment: Consignment, message: Outgoing): Omit<CarryContext, 'find' | 'open' | 'leave'> {
    const { schedules, random, clock } = this.#context
    const { attempt, lane } = consignment
    return {
      message,
      schedule: schedules.of(lane.domain),
      random: random(),
      now: () => clock.now(),
      holds: () => this.#leases.holds(attempt),
      settle: (settlements) => this.#settle(consignment, settlements),
    }
  }

  /** As if it had not been claimed, but not before `until`. */
  giveBack(consignment: Consignment, until: number): Promise<void> {
    return this.conclude(consignment, { kind: 'returned' }, until)
  }

  /** The same for all recipients. */
  async conclude(consignment: Consignment, verdict: Verdict, notBefore: number): Promise<void> {
    const { clock, schedules, random } = this.#context
    const schedule = schedules.of(consignment.lane.domain)
    const facts = { now: clock.now(), schedule, random: random(), peerKnows: { dsn: false, deliverBy: false }, notBefore }
    await this.#settle(
      consignment,
      consignment.entries.map((entry) => settlement(consignment, entry, verdict, facts)),
    )
    this.end(consignment)
  }

  /** Again and again, for a store that cannot write now has to hear it before the next transaction; renewed leases keep others away. */
  async #settle(consignment: Consignment, settlements: readonly Settlement[]): Promise<void> {
    const { queue, log, clock, signal } = this.#context
    for (;;) {
      try {
        const refused = await queue.settle(settlements)
        if (refused.length > 0) log.warn('settlements refused, the attempt was lost', { entries: refused })
        this.#tell(consignment, settlements, new Set(refused))
        return
      } catch (error) {
        log.error('settlements not written', { err: error })
        // At the next start the leases are free; what the peer has taken goes a second time.
        if (signal.aborted) return
        await new Promise<void>((resolve) => void clock.after(SETTLE_RETRY, resolve))
      }
    }
  }

  /** What the trace has of it is for one message; this is for who follows them all. */
  #tell({ queueId, entries }: Consignment, settlements: readonly Settlement[], refused: ReadonlySet<QueueEntryId>): void {
    const recipients = new Map(entries.map(({ id, recipient }) => [id, recipient]))
    for (const { entry, outcome } of settlements) {
      if (outcome.kind === 'returned' || refused.has(entry)) continue
      const recipient = recipients.get(entry)
      const { status, text, peer } = outcome.diagnosis
      this.#context.log.info('recipient tried', { queueId, recipient, result: outcome.kind, peer, status, text: text.slice(0, MAX_LOGGED) })
    }
  }
}
