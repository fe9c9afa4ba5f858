import type { Clock, EpochMs, Logger, Timer } from '@mailstead/base'
import { Schedules } from '@mailstead/queue'
import type { Blobs, Consignment, QueueStore, Unwatch } from '@mailstead/store'
import type { Delivery } from '../delivery.ts'
import { DUE_AT_ONCE, DUE_LANES, DUE_LEASE, DUE_LOOK, DUE_RECIPIENTS, DUE_RETRY, LONGEST_SLEEP } from '../limits.ts'
import { deliverDue } from './deliver-due.ts'

export interface DueDeliveryOptions {
  readonly queue: Pick<QueueStore, 'due' | 'claim' | 'settle' | 'read' | 'watch'>
  readonly delivery: Delivery
  readonly blobs: Pick<Blobs, 'stage'>
  readonly schedules?: Schedules
  readonly log: Logger
  readonly clock: Clock
  /** 0 ≤ x < 1. */
  readonly random?: () => number
}

/** Brings what waited in the queue for mailboxes of this server to them, once it is due. */
export interface DueDelivery {
  /** Finishes what is under way. */
  stop(): Promise<void>
}

export function startDueDelivery(options: DueDeliveryOptions): DueDelivery {
  return new DueDeliverer({ schedules: new Schedules(), random: Math.random, ...options })
}

const NONE: ReadonlySet<string> = new Set()

class DueDeliverer implements DueDelivery {
  readonly #options: Required<DueDeliveryOptions>
  readonly #unwatch: Unwatch
  #running: Promise<void> | undefined
  #timer: { readonly at: EpochMs; readonly timer: Timer } | undefined
  /** When somebody said while a round was running that something may have come due. */
  #hinted = false
  #stopped = false

  constructor(options: Required<DueDeliveryOptions>) {
    this.#options = options
    // All that is queued for other servers wakes this too: it looks but now and then.
    this.#unwatch = options.queue.watch(() => this.#hint())
    this.#look()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#unwatch()
    this.#timer?.timer.cancel()
    await this.#running
  }

  #hint(): void {
    if (this.#running === undefined) this.#lookAt(this.#options.clock.now() + DUE_LOOK)
    else this.#hinted = true
  }

  /** Or earlier. */
  #lookAt(at: EpochMs): void {
    if (this.#stopped || (this.#timer !== undefined && this.#timer.at <= at)) return
    this.#timer?.timer.cancel()
    const { clock } = this.#options
    const ms = Math.min(Math.max(0, at - clock.now()), LONGEST_SLEEP)
    this.#timer = { at, timer: clock.after(ms, () => this.#look()) }
  }

  #look(): void {
    this.#timer?.timer.cancel()
    this.#timer = undefined
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#hinted) this.#hint()
      this.#hinted = false
    })
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options
    try {
      const next = await this.#deliverAll()
      if (next !== undefined) this.#lookAt(next)
    } catch (error) {
      log.error('queue not read', { err: error })
      this.#lookAt(clock.now() + DUE_RETRY)
    }
  }

  /** Until nothing is due. Resolves to when something will be. */
  async #deliverAll(): Promise<EpochMs | undefined> {
    const { queue, clock } = this.#options
    while (!this.#stopped) {
      const now = clock.now()
      const { lanes, next } = await queue.due(now, DUE_LANES, NONE, 'here')
      if (lanes.length === 0) return next
      const claimed = await queue.claim(lanes, now, now + DUE_LEASE, DUE_RECIPIENTS)
      // Another one is at it: its lease ends, or what it is for does.
      if (claimed.length === 0) return now + DUE_RETRY
      for (let at = 0; at < claimed.length; at += DUE_AT_ONCE)
        await Promise.all(claimed.slice(at, at + DUE_AT_ONCE).map((consignment) => this.#deliver(consignment)))
    }
    return undefined
  }

  /** Never rejects: what cannot be settled is due again when its lease ends. */
  async #deliver(consignment: Consignment): Promise<void> {
    const { queue, clock, schedules, random } = this.#options
    const log = this.#options.log.child({ queueId: consignment.queueId })
    try {
      const schedule = schedules.of(consignment.lane.domain)
      const rest = await deliverDue(consignment, { ...this.#options, log, circumstances: { now: clock.now(), schedule, random: random() } })
      const refused = rest.length === 0 ? [] : await queue.settle(rest)
      if (refused.length > 0) log.warn('settlements refused, the attempt was lost', { entries: refused })
    } catch (error) {
      log.error('what waited was not delivered, it is tried again', { err: error })
    }
  }
}
