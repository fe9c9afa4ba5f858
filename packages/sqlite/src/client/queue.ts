import type {
  AccountId,
  AttemptId,
  Consignment,
  DueLane,
  Lane,
  OwedReports,
  QueueEntryId,
  QueueFilter,
  QueueAct,
  QueueId,
  QueueListing,
  QueueStatus,
  QueueStore,
  Settlement,
  Taker,
  Unwatch,
  Whereabouts,
} from '@mailstead/store'
import type { Clock, EpochMs } from '@mailstead/base'
import { NOBODY } from '../queue-rows.ts'
import type { WireSettlement } from '../writer/queue-settling.ts'
import type { Attempts } from './attempts.ts'
import type { Handover } from './handover.ts'
import type { Parts } from './parts.ts'

/** The outbound queue. */
export class SqliteQueue implements QueueStore {
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

  due(
    now: EpochMs,
    limit: number,
    except: ReadonlySet<string>,
    where: Whereabouts = 'elsewhere',
  ): Promise<{ readonly lanes: readonly DueLane[]; readonly next: EpochMs | undefined }> {
    const { readers } = this.#parts
    return where === 'elsewhere' ? readers.call('queueDue', now, limit, except) : readers.call('queueDueHere', now, limit, except)
  }

  async claim(lanes: readonly Lane[], now: EpochMs, until: EpochMs, recipients: number): Promise<readonly Consignment[]> {
    const first = this.#attempts.reserve(lanes.length * recipients)
    const keys = lanes.map(({ account, domain }) => ({ account: account ?? NOBODY, domain }))
    const claimed = await this.#parts.writer.call('claimQueued', keys, { now, until, recipients, first })
    return claimed.map((consignment) => ({ ...consignment, attempt: this.#attempts.name(consignment.attempt) }))
  }

  async renew(attempts: readonly AttemptId[], until: EpochMs): Promise<readonly AttemptId[]> {
    const numbers = attempts.map((attempt) => this.#attempts.number(attempt))
    const lost = new Set(await this.#parts.writer.call('renewQueued', numbers, until))
    return attempts.filter((_, n) => lost.has(numbers[n] as number))
  }

  settle(settlements: readonly Settlement[]): Promise<readonly QueueEntryId[]> {
    return this.#parts.writer.call('settleQueued', wireSettlements(settlements, this.#attempts))
  }

  handTo(taker: Taker): Unwatch {
    return this.#handover.to(taker)
  }

  read(queueId: QueueId, offset: number, length: number): Promise<Uint8Array> {
    return this.#parts.readers.call('readQueued', queueId, offset, length)
  }

  owed(limit: number): Promise<readonly OwedReports[]> {
    return this.#parts.readers.call('queueOwed', limit)
  }

  async forgive(reports: readonly number[]): Promise<void> {
    await this.#parts.writer.call('forgiveReports', reports)
  }

  async list(filter: QueueFilter, after: QueueEntryId | undefined, limit: number): Promise<readonly QueueListing[]> {
    const listed: QueueListing[] = []
    for (let from: number | undefined = after ?? 0; from !== undefined && listed.length < limit;) {
      const step: { readonly rows: readonly QueueListing[]; readonly next: number | undefined } = await this.#parts.readers.call(
        'queueWindow',
        filter,
        from,
        limit - listed.length,
        this.#clock.now(),
      )
      listed.push(...step.rows)
      from = step.next
    }
    return listed
  }

  async act(filter: QueueFilter, act: QueueAct): Promise<number> {
    let done = 0
    for (let from: number | undefined = 0; from !== undefined;) {
      const step: { readonly done: number; readonly next: number | undefined } = await this.#parts.writer.call(
        'actOnQueue',
        filter,
        act,
        from,
      )
      done += step.done
      from = step.next
    }
    return done
  }

  heldBy(account: AccountId): Promise<number> {
    return this.#parts.readers.call('queueHeldBy', account)
  }

  status(): Promise<QueueStatus> {
    return this.#parts.readers.call('queueStatus', this.#clock.now())
  }

  watch(listener: () => void): Unwatch {
    return this.#parts.watchers.queue(listener)
  }
}

export function wireSettlements(settlements: readonly Settlement[], attempts: Attempts): WireSettlement[] {
  return settlements.map((settlement) => ({ ...settlement, attempt: attempts.number(settlement.attempt) }))
}
