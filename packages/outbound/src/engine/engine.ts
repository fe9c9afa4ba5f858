import type { Clock, EpochMs, Logger, Timer } from '@mailstead/base'
import { Schedules } from '@mailstead/queue'
import type { Resolver } from '@mailstead/resolver'
import type { Lane, QueueStore, Unwatch } from '@mailstead/store'
import { LANE_RECIPIENTS, LANES, LEASE, LONGEST_SLEEP, LOOKS, MAX_CLAIMED, STOP_TIME, STORE_RETRY } from '../limits.ts'
import type { HopContext } from '../routing/hops.ts'
import type { RoutingTable } from '../routing/route.ts'
import type { StsPolicy } from '../tls/decide.ts'
import { Destinations } from './destinations.ts'
import { deliverOver, type Reversed } from './over.ts'
import type { TlsResult } from './reach.ts'
import { Stale } from './stale.ts'
import { Settler, type Prepare } from './settler.ts'
import { makeDue } from './waiting.ts'
import { Workers } from './workers.ts'

export interface OutboundOptions {
  readonly queue: QueueStore
  readonly resolver: Resolver
  /** What we call ourselves. */
  readonly hostName: string
  readonly routing: RoutingTable
  readonly schedules?: Schedules
  /** Our names and addresses: mail that leads there goes round in circles. */
  readonly own: HopContext['own']
  /** Of MX servers: 25, except in tests. */
  readonly port?: number
  /** Whether servers are tried at IPv6 addresses; asked for each message. */
  readonly ipv6?: () => boolean
  /** The MTA-STS policy of a domain. Never rejects. */
  readonly stsOf?: (domain: string) => Promise<StsPolicy | undefined>
  /** What is sent of a message. Default: what is queued. */
  readonly prepare?: Prepare
  readonly onTls?: (result: TlsResult) => void
  /** Authorities in PEM instead of the known ones. */
  readonly authorities?: readonly string[]
  /** Connections at once, all together and to one destination. */
  readonly connections?: number
  readonly connectionsPerDestination?: number
  readonly clock: Clock
  readonly log: Logger
  /** 0 ≤ x < 1. */
  readonly random?: () => number
}

export interface Outbound {
  /** Connections at this moment, those without work too. */
  readonly connections: number
  /** Recipients taken from the queue and not yet settled. */
  readonly claimed: number
  /** Mail of these domains that waits goes now, to their servers: those of `hold` routes that have asked for it, and those that could not be reached. */
  ask(domains: readonly string[]): Promise<void>
  /** What is due goes now, also where nobody could be reached: somebody says that it is well again. */
  retry(): void
  /**
   * Takes the waiting mail of these domains over a connection that their server made (RFC 2645 section 5.2), `hold` routes or not. Resolves to how many
   * recipients were settled; rejects with PeerLost or PeerRefused when the other side is no server.
   */
  deliverOver(reversed: Omit<Reversed, 'heloName'>, domains: readonly string[]): Promise<number>
  /** Begins nothing more. What is under way has so many ms; what is not done then is as if it had not been tried. */
  stop(ms?: number): Promise<void>
}

/** Takes what is due from the queue to other servers, until it is stopped. */
export function startOutbound(options: OutboundOptions): Outbound {
  const engine = new Engine(options)
  engine.start()
  return engine
}

class Engine implements Outbound {
  readonly #queue: QueueStore
  readonly #clock: Clock
  readonly #log: Logger
  readonly #destinations: Destinations
  readonly #settler: Settler
  readonly #workers: Workers
  readonly #stale: Stale
  readonly #abort = new AbortController()
  readonly #over = new Set<Promise<number>>()
  readonly #hostName: string
  #claiming: Promise<void> | undefined
  #again = false
  /** Something is due that there was no room for. */
  #more = false
  /** Domains for which something may wait that what comes now must not overtake. */
  #behind: Set<string> = new Set()
  #stopping = false
  #timer: Timer | undefined
  readonly #unwatch: Unwatch[] = []

  constructor(options: OutboundOptions) {
    const { queue, clock, log, resolver, own, port = 25, ipv6 = () => false, random = Math.random } = options
    this.#queue = queue
    this.#hostName = options.hostName
    this.#clock = clock
    this.#log = log
    this.#destinations = new Destinations(options.routing, options.connectionsPerDestination)
    const { signal } = this.#abort
    const { schedules = new Schedules(), routing } = options
    this.#stale = new Stale({ queue, routing, schedules, clock, log })
    this.#settler = new Settler({
      queue,
      clock,
      log,
      random,
      signal,
      schedules,
      prepare: options.prepare ?? ((message) => Promise.resolve(message)),
    })
    this.#workers = new Workers({
      clock,
      log,
      settler: this.#settler,
      abort: this.#abort,
      destinations: this.#destinations,
      hops: () => ({ resolver, port, own, random, ipv6: ipv6() }),
      reach: {
        resolver,
        clock,
        signal,
        hostName: options.hostName,
        stsOf: options.stsOf ?? (() => Promise.resolve(undefined)),
        onTls: options.onTls ?? (() => {}),
        ...(options.authorities === undefined ? {} : { authorities: options.authorities }),
      },
      ...(options.connections === undefined ? {} : { connections: options.connections }),
      wanting: () => {
        if (this.#more) this.#wake()
      },
    })
  }

  get connections(): number {
    return this.#workers.connections
  }

  get claimed(): number {
    return this.#settler.claimed
  }

  start(): void {
    this.#unwatch.push(
      this.#queue.watch(() => this.#wake()),
      this.#queue.handTo({
        lease: (lane, recipients) => this.#lease(lane, recipients),
        take: (consignment, octets) => this.#workers.serve(consignment, octets),
      }),
    )
    this.#wake()
  }

  async ask(domains: readonly string[]): Promise<void> {
    for (const domain of domains) this.#destinations.ask(domain, this.#clock.now())
    await makeDue(domains, this.#queue, this.#clock.now())
    this.#wake()
  }

  retry(): void {
    for (const destination of this.#destinations.all()) destination.wake()
    this.#wake()
  }

  async deliverOver(reversed: Omit<Reversed, 'heloName'>, domains: readonly string[]): Promise<number> {
    const context = { queue: this.#queue, settler: this.#settler, clock: this.#clock, signal: this.#abort.signal }
    const over = deliverOver({ ...reversed, heloName: this.#hostName }, domains, context)
    this.#over.add(over)
    try {
      return await over
    } finally {
      this.#over.delete(over)
    }
  }

  async stop(ms = STOP_TIME): Promise<void> {
    this.#stopping = true
    for (const unwatch of this.#unwatch) unwatch()
    this.#timer?.cancel()
    await Promise.all([this.#claiming, this.#stale.stop(), this.#workers.stop(ms)])
    // What a claim that was under way brought.
    await this.#workers.stop(0)
    await Promise.allSettled(this.#over)
  }

  /** Mail that comes while there is room for it is carried at once, unless others were before it. */
  #lease({ domain }: Lane, recipients: number): EpochMs | undefined {
    const now = this.#clock.now()
    const claimed = this.#settler.claimed + recipients
    const roomy = recipients <= LANE_RECIPIENTS && claimed <= MAX_CLAIMED && !this.#destinations.isBlocked(domain, now)
    if (roomy && !this.#behind.has(domain)) return now + LEASE
    this.#behind.add(domain)
    return undefined
  }

  #wake(): void {
    this.#again = true
    if (!this.#stopping) this.#claiming ??= this.#claim()
  }

  async #claim(): Promise<void> {
    while (this.#again && !this.#stopping) {
      this.#again = false
      try {
        this.#arm(await this.#claimDue())
      } catch (error) {
        this.#log.error('queue not read', { err: error })
        this.#arm(this.#clock.now() + STORE_RETRY)
      }
    }
    // In the same breath as the last look at #again: who wakes it later finds it asleep.
    this.#claiming = undefined
  }

  /** Claims until nothing more is due, or there is no room for it. Resolves to when to look again, unless something happens before. */
  async #claimDue(): Promise<EpochMs | undefined> {
    this.#more = false
    let looks = 0
    while (!this.#stopping) {
      const now = this.#clock.now()
      const { domains, full } = this.#destinations.blocked(now)
      this.#more = full || this.#settler.claimed >= MAX_CLAIMED
      if (this.#settler.claimed >= MAX_CLAIMED) return undefined
      const { lanes, next } = await this.#queue.due(now, LANES, domains)
      if (lanes.length === 0) {
        this.#behind = domains
        return earliest(next, this.#destinations.nextRested(now))
      }
      const open = lanes.filter(({ domain }) => !this.#destinations.isBlocked(domain, now))
      const claimed = open.length === 0 ? [] : await this.#queue.claim(open, now, now + LEASE, LANE_RECIPIENTS)
      if (claimed.length === 0) {
        // Now it is known that they lead to servers that rest, or somebody was faster: the next look passes them over.
        if (++looks < LOOKS) continue
        return now + STORE_RETRY
      }
      looks = 0
      for (const consignment of claimed) this.#workers.take(consignment)
      this.#workers.hire()
    }
    return undefined
  }

  #arm(at: EpochMs | undefined): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (at === undefined || this.#stopping) return
    this.#timer = this.#clock.after(Math.min(Math.max(0, at - this.#clock.now()), LONGEST_SLEEP), () => this.#wake())
  }
}

function earliest(one: EpochMs | undefined, other: EpochMs | undefined): EpochMs | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other)
}
