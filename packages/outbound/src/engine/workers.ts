import type { Clock, Logger } from '@mailstead/base'
import type { Consignment } from '@mailstead/store'
import { HOLD_TIME, IDLE_TIME, MAX_CONNECTIONS, MAX_UNPROVEN, PREPARE_RETRY } from '../limits.ts'
import { findHops, type HopContext } from '../routing/hops.ts'
import { demandOf, serves, type TlsDemand } from '../tls/demand.ts'
import { carry, type Carried } from './carry.ts'
import type { Destination } from './destination.ts'
import type { Destinations } from './destinations.ts'
import { reach, type ReachContext } from './reach.ts'
import type { Session } from './session.ts'
import type { Settler } from './settler.ts'

export interface WorkersContext {
  readonly settler: Settler
  readonly destinations: Destinations
  readonly clock: Clock
  readonly log: Logger
  readonly hops: () => HopContext
  readonly reach: ReachContext
  /** Ends what is still under way. */
  readonly abort: AbortController
  readonly connections?: number
  /** A destination wants more, or there is room for others. */
  readonly wanting: () => void
}

type Unreachable = Carried & { readonly kind: 'unreachable' }

/** Those who carry: one connection each, as many as destinations and the whole allow. */
export class Workers {
  readonly #context: WorkersContext
  readonly #running = new Set<Promise<void>>()
  readonly #goodbyes = new Set<Promise<void>>()
  readonly #sessions = new Set<Session>()
  /** Workers that began where nobody had answered yet. */
  #unproven = 0
  #stopping = false

  constructor(context: WorkersContext) {
    this.#context = context
  }

  get connections(): number {
    return this.#sessions.size
  }

  /** What was accepted a moment ago; `octets`: its message, where they are at hand. */
  serve(consignment: Consignment, octets: Uint8Array | undefined): void {
    const destination = this.take(consignment, octets)
    if (destination !== undefined) this.#hireFor(destination)
  }

  /** Returns where it waits to be carried; nothing where it may not go now. */
  take(consignment: Consignment, octets?: Uint8Array): Destination | undefined {
    const { clock, settler, destinations } = this.#context
    const now = clock.now()
    settler.begin(consignment, octets)
    const destination = destinations.of(consignment, now)
    if (destination.route.target.kind === 'hold') this.#track(settler.giveBack(consignment, now + HOLD_TIME))
    else if (this.#stopping) this.#track(settler.giveBack(consignment, now))
    else if (destination.restsUntilFor(demandOf(consignment)) > now)
      this.#track(settler.giveBack(consignment, destination.restsUntilFor(demandOf(consignment))))
    else {
      destination.add(consignment)
      return destination
    }
    return undefined
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
    const { clock, destinations, settler } = this.#context
    this.#stopping = true
    if (ms <= 0) this.#cut()
    const timer = clock.after(ms, () => this.#cut())
    for (const destination of destinations.all()) {
      for (const consignment of destination.takeAll()) this.#track(settler.giveBack(consignment, clock.now()))
      for (const session of destination.idle.splice(0)) this.#leave(destination, session)
    }
    while (this.#running.size + this.#goodbyes.size > 0) await Promise.all([...this.#running, ...this.#goodbyes])
    timer.cancel()
    this.#cut()
  }

  #cut(): void {
    this.#context.abort.abort()
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
    let session: Session | undefined
    while (!this.#stopping && destination.workers <= destination.concurrency.limit) {
      const consignment = destination.next()
      if (consignment === undefined) break
      // Whoever was refused a connection takes one that others have left: asking for more would go on for as long as those are there.
      session = await this.#carry(destination, consignment, session ?? this.#takeIdle(destination, demandOf(consignment)))
      this.#hireFor(destination)
      if (destination.wanting) this.#context.wanting()
    }
    if (session !== undefined) this.#keep(destination, session)
  }

  async #carry(destination: Destination, consignment: Consignment, given: Session | undefined): Promise<Session | undefined> {
    const { clock, settler } = this.#context
    const message = await settler.prepare(consignment)
    if (message === undefined) {
      await settler.giveBack(consignment, clock.now() + PREPARE_RETRY)
      return given
    }
    const demand = demandOf(consignment)
    const fits = given !== undefined && serves(given.demand, demand) && given.connection.reusable
    if (given !== undefined && !fits) this.#leave(destination, given)
    const carried = await carry(consignment, fits ? given : undefined, {
      ...settler.carrying(consignment, message),
      find: () => findHops(destination.route, this.#context.hops()),
      open: (hop, address) => this.#open(destination, { hop, address, domain: consignment.lane.domain, demand }),
      leave: (session) => this.#leave(destination, session),
    })
    if (carried.kind === 'unreachable') return this.#unreachable(destination, consignment, carried)
    settler.end(consignment)
    if (carried.session !== undefined) destination.concurrency.succeeded()
    return carried.session
  }

  async #open(destination: Destination, what: Pick<Session, 'hop' | 'address' | 'demand'> & { readonly domain: string }): Promise<Session> {
    const session = await reach({ ...what, source: destination.route.source }, this.#context.reach)
    this.#sessions.add(session)
    destination.sessions.add(session)
    destination.reached(what.demand)
    return session
  }

  /**
   * Where others of us are connected it was one too many: the mail waits for them. Else all that waits for the same servers, and asks no less of them, has the
   * same verdict; mail that requires TLS asks more than the rest, and has its own.
   */
  async #unreachable(destination: Destination, consignment: Consignment, { verdict, trouble }: Unreachable): Promise<undefined> {
    const { clock, settler, log } = this.#context
    const demand = demandOf(consignment)
    const strict = demand === 'required'
    const shared = demand === 'optional' ? 'other' : trouble
    if (this.#stopping) {
      await settler.giveBack(consignment, clock.now())
      return undefined
    }
    const others = [...destination.sessions].filter((session) => serves(session.demand, demand)).length
    if (others > 0 && !strict) {
      destination.concurrency.refused(others)
      destination.putBack(consignment)
      return undefined
    }
    if (!strict) destination.unreachable(clock.now(), shared)
    const notBefore = strict ? clock.now() : destination.restsUntilFor(demand)
    log.info('destination not reached', { destination: destination.key, until: notBefore, verdict })
    const all = strict ? [consignment] : [consignment, ...destination.takeAll(shared)]
    await Promise.all(all.map((each) => settler.conclude(each, verdict, notBefore)))
    return undefined
  }

  /** One that serves, if there is one: another makes room for it. */
  #takeIdle({ idle }: Destination, demand: TlsDemand): Session | undefined {
    const fit = idle.findLastIndex((session) => serves(session.demand, demand))
    const [session] = idle.splice(fit, 1)
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
