import type { Clock, Logger } from '@mailstead/base'
import type { OctetSource } from '@mailstead/mime'
import type { Schedules } from '@mailstead/queue'
import type { Consignment, QueueStore, Settlement } from '@mailstead/store'
import type { Verdict } from '../classify.ts'
import { HOLD_TIME, IDLE_TIME, MAX_CONNECTIONS, MAX_UNPROVEN, PREPARE_RETRY, SETTLE_RETRY } from '../limits.ts'
import { findHops, type HopContext } from '../routing/hops.ts'
import { carry } from './carry.ts'
import type { Destination } from './destination.ts'
import type { Destinations } from './destinations.ts'
import { Leases } from './leases.ts'
import { reach, type ReachContext } from './reach.ts'
import type { Session } from './session.ts'
import { settlement } from './settlement.ts'

/** What is sent of a message: signed, for instance. Rejects when it cannot be told now. */
export type Prepare = (message: OctetSource, consignment: Consignment) => Promise<OctetSource>

export interface WorkersContext {
  readonly queue: QueueStore
  readonly destinations: Destinations
  readonly schedules: Schedules
  readonly clock: Clock
  readonly log: Logger
  readonly random: () => number
  readonly hops: () => HopContext
  readonly reach: Omit<ReachContext, 'signal'>
  readonly prepare: Prepare
  readonly connections?: number
  /** A destination wants more, or there is room for others. */
  readonly wanting: () => void
}

/** Those who carry: one connection each, as many as destinations and the whole allow. */
export class Workers {
  readonly #context: WorkersContext
  readonly #leases: Leases
  readonly #running = new Set<Promise<void>>()
  readonly #goodbyes = new Set<Promise<void>>()
  readonly #sessions = new Set<Session>()
  readonly #abort = new AbortController()
  #claimed = 0
  /** Workers that began where nobody had answered yet. */
  #unproven = 0
  #stopping = false

  constructor(context: WorkersContext) {
    this.#context = context
    this.#leases = new Leases(context.queue, context.clock, context.log)
  }

  get connections(): number {
    return this.#sessions.size
  }

  /** Recipients taken on and not yet settled. */
  get claimed(): number {
    return this.#claimed
  }

  take(consignment: Consignment): void {
    const now = this.#context.clock.now()
    this.#claimed += consignment.entries.length
    this.#leases.add(consignment.attempt)
    const destination = this.#context.destinations.of(consignment, now)
    if (destination.route.target.kind === 'hold') this.#track(this.#giveBack(consignment, now + HOLD_TIME))
    else if (this.#stopping) this.#track(this.#giveBack(consignment, now))
    else if (destination.rests(now)) this.#track(this.#giveBack(consignment, destination.restsUntil))
    else destination.add(consignment)
  }

  /** Somebody for whatever waits; destinations take turns. */
  hire(): void {
    for (let hired = true; hired;) {
      hired = false
      for (const destination of this.#context.destinations.all()) if (this.#hireFor(destination)) hired = true
    }
  }

  /** False: nothing waits there, or there are connections enough. */
  #hireFor(destination: Destination): boolean {
    const most = this.#context.connections ?? MAX_CONNECTIONS
    const { pending, opening, workers, concurrency, proven } = destination
    if (this.#stopping || this.#running.size >= most || pending <= opening || workers >= concurrency.limit) return false
    if (!proven && this.#unproven >= Math.min(MAX_UNPROVEN, Math.ceil(most / 2))) return false
    if (!proven) this.#unproven++
    destination.workers++
    this.#track(
      this.#work(destination).finally(() => {
        destination.workers--
        if (!proven) this.#unproven--
      }),
    )
    return true
  }

  /** Begins nothing more, and cuts what is still under way after `ms`. Resolves when everything is settled or given back. */
  async stop(ms: number): Promise<void> {
    const { clock, destinations } = this.#context
    this.#stopping = true
    if (ms <= 0) this.#cut()
    const timer = clock.after(ms, () => this.#cut())
    for (const destination of destinations.all()) {
      for (const consignment of destination.takeAll()) this.#track(this.#giveBack(consignment, clock.now()))
      for (const session of destination.idle.splice(0)) this.#leave(destination, session)
    }
    while (this.#running.size + this.#goodbyes.size > 0) await Promise.all([...this.#running, ...this.#goodbyes])
    timer.cancel()
    this.#cut()
  }

  #cut(): void {
    this.#abort.abort()
    for (const session of this.#sessions) session.connection.destroy('stopped')
  }

  #track(work: Promise<unknown>): void {
    const tracked = work
      .catch((error: unknown) => this.#context.log.error('outbound work failed', { err: error }))
      .then(() => {
        this.#running.delete(tracked)
        if (this.#stopping) return
        this.hire()
        this.#context.wanting()
      })
    this.#running.add(tracked)
  }

  /** One consignment after the other, over one connection as long as it lasts. */
  async #work(destination: Destination): Promise<void> {
    let session = this.#takeIdle(destination)
    while (!this.#stopping && destination.workers <= destination.concurrency.limit) {
      const consignment = destination.next()
      if (consignment === undefined) break
      session = await this.#carry(destination, consignment, session)
      this.#hireFor(destination)
      if (destination.wanting) this.#context.wanting()
    }
    if (session !== undefined) this.#keep(destination, session)
  }

  async #carry(destination: Destination, consignment: Consignment, given: Session | undefined): Promise<Session | undefined> {
    const { clock, schedules, random } = this.#context
    const message = await this.#prepare(consignment)
    if (message === undefined) {
      await this.#giveBack(consignment, clock.now() + PREPARE_RETRY)
      return given
    }
    // RFC 8689: such mail asks more of a server than the rest.
    const strict = consignment.parameters.requireTls === true && consignment.mailFrom !== ''
    const fits = given !== undefined && given.strict === strict && given.connection.reusable
    if (given !== undefined && !fits) this.#leave(destination, given)
    const carried = await carry(consignment, fits ? given : undefined, {
      schedule: schedules.of(consignment.lane.domain),
      random: random(),
      now: () => clock.now(),
      holds: () => this.#leases.holds(consignment.attempt),
      find: () => findHops(destination.route, this.#context.hops()),
      open: (hop, address) => this.#open(destination, { hop, address, domain: consignment.lane.domain, strict }),
      leave: (session) => this.#leave(destination, session),
      message,
      settle: (settlements) => this.#settle(settlements),
    })
    if (carried.kind === 'unreachable') return this.#unreachable(destination, consignment, carried.verdict, strict)
    this.#end(consignment)
    if (carried.session !== undefined) destination.concurrency.succeeded()
    return carried.session
  }

  /** `undefined`: it has to wait. */
  async #prepare(consignment: Consignment): Promise<OctetSource | undefined> {
    const { queue, prepare, log } = this.#context
    const { queueId, size } = consignment
    try {
      return await prepare({ size, read: (offset, length) => queue.read(queueId, offset, length) }, consignment)
    } catch (error) {
      log.error('message not prepared, it waits', { queueId, err: error })
      return undefined
    }
  }

  async #open(destination: Destination, what: Pick<Session, 'hop' | 'address' | 'strict'> & { readonly domain: string }): Promise<Session> {
    const session = await reach(
      { ...what, source: destination.route.source, tlsReport: false },
      { ...this.#context.reach, signal: this.#abort.signal },
    )
    this.#sessions.add(session)
    destination.sessions.add(session)
    destination.reached()
    return session
  }

  /** Where others of us are connected it was one too many: the mail waits for them. Else all that waits for the same servers has the same verdict. */
  async #unreachable(destination: Destination, consignment: Consignment, verdict: Verdict, strict: boolean): Promise<undefined> {
    const { clock } = this.#context
    if (this.#stopping) return this.#giveBack(consignment, clock.now())
    const others = destination.sessions.size
    if (others > 0 && !strict) {
      destination.concurrency.refused(others)
      destination.putBack(consignment)
      return undefined
    }
    if (!strict) destination.unreachable(clock.now())
    const notBefore = strict ? clock.now() : destination.restsUntil
    this.#context.log.info('destination not reached', { destination: destination.key, until: notBefore, verdict })
    const all = strict ? [consignment] : [consignment, ...destination.takeAll()]
    await Promise.all(all.map((each) => this.#conclude(each, verdict, notBefore)))
    return undefined
  }

  async #giveBack(consignment: Consignment, until: number): Promise<undefined> {
    await this.#conclude(consignment, { kind: 'returned' }, until)
    return undefined
  }

  /** The same for all recipients. */
  async #conclude(consignment: Consignment, verdict: Verdict, notBefore: number): Promise<void> {
    const { clock, schedules, random } = this.#context
    const schedule = schedules.of(consignment.lane.domain)
    const facts = { now: clock.now(), schedule, random: random(), peerKnowsDsn: false, notBefore }
    await this.#settle(consignment.entries.map((entry) => settlement(consignment, entry, verdict, facts)))
    this.#end(consignment)
  }

  #end({ attempt, entries }: Consignment): void {
    this.#leases.end(attempt)
    this.#claimed -= entries.length
  }

  /** Again and again, for a store that cannot write now has to hear it before the next transaction; renewed leases keep others away. */
  async #settle(settlements: readonly Settlement[]): Promise<void> {
    const { queue, log, clock } = this.#context
    for (;;) {
      try {
        const refused = await queue.settle(settlements)
        if (refused.length > 0) log.warn('settlements refused, the attempt was lost', { entries: refused })
        return
      } catch (error) {
        log.error('settlements not written', { err: error })
        // At the next start the leases are free; what the peer has taken goes a second time.
        if (this.#abort.signal.aborted) return
        await new Promise<void>((resolve) => void clock.after(SETTLE_RETRY, resolve))
      }
    }
  }

  #takeIdle(destination: Destination): Session | undefined {
    const session = destination.idle.pop()
    session?.idle?.cancel()
    return session
  }

  #keep(destination: Destination, session: Session): void {
    if (this.#stopping || !session.connection.reusable) return this.#leave(destination, session)
    destination.idle.push(session)
    session.idle = this.#context.clock.after(IDLE_TIME, () => {
      destination.idle.splice(destination.idle.indexOf(session), 1)
      this.#leave(destination, session)
    })
  }

  #leave(destination: Destination, session: Session): void {
    destination.sessions.delete(session)
    const goodbye = session.connection.quit().then(() => {
      this.#sessions.delete(session)
      this.#goodbyes.delete(goodbye)
    })
    this.#goodbyes.add(goodbye)
  }
}
