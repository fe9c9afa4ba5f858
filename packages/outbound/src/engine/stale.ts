import type { Clock, Logger, Timer } from '@mailstead/base'
import { expiresAt, type Schedules } from '@mailstead/queue'
import type { Diagnosis, QueueStore } from '@mailstead/store'
import { STALE_INTERVAL } from '../limits.ts'
import { isHeld, type RoutingTable } from '../routing/route.ts'
import { listed } from './waiting.ts'

export interface StaleOptions {
  readonly queue: Pick<QueueStore, 'list' | 'act'>
  readonly routing: RoutingTable
  readonly schedules: Schedules
  readonly clock: Clock
  readonly log: Logger
}

const LATE: Diagnosis = { status: '5.4.7', text: 'Nobody fetched the mail in time' }

/** Mail that waits to be fetched is not tried, so nothing else finds out that its time is over: it comes back to its sender. */
export class Stale {
  readonly #options: StaleOptions
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  #stopped = false

  constructor(options: StaleOptions) {
    this.#options = options
    if ([...options.routing.recipientDomains.values()].some(({ kind }) => kind === 'hold')) this.#arm()
  }

  /** Begins nothing more. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#running
  }

  #arm(): void {
    const { clock, log } = this.#options
    if (this.#stopped) return
    this.#timer = clock.after(STALE_INTERVAL, () => {
      this.#running = this.#look()
        .catch((error: unknown) => log.error('mail that nobody fetches was not looked at', { err: error }))
        .finally(() => this.#arm())
    })
  }

  async #look(): Promise<void> {
    const { queue, routing, schedules, clock, log } = this.#options
    const now = clock.now()
    for await (const { id, queueId, recipient, lane, mailFrom, queuedAt } of listed({ state: 'waiting', queuedBefore: now }, queue)) {
      if (this.#stopped) return
      if (!isHeld(routing, lane.domain) || expiresAt(queuedAt, mailFrom, schedules.of(lane.domain)) > now) continue
      await queue.act({ entry: id }, { kind: 'bounce', diagnosis: LATE })
      log.info('nobody fetched it in time', { queueId, recipient })
    }
  }
}
