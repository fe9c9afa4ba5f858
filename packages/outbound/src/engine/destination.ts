import type { EpochMs } from '@mailstead/base'
import type { Consignment } from '@mailstead/store'
import { FIRST_REST, FULL, LONGEST_REST, WANTING } from '../limits.ts'
import type { Route } from '../routing/route.ts'
import { Concurrency } from './concurrency.ts'
import { demandOf, type TlsDemand } from '../tls/demand.ts'
import type { Trouble } from './carry.ts'
import type { Session } from './session.ts'

/** What waits for the same servers, and how they have been. Lanes take turns. */
export class Destination {
  readonly route: Route
  readonly concurrency: Concurrency
  /** Domains whose mail goes here. */
  readonly domains = new Set<string>()
  /** Connections without work, the one used last at the end. */
  readonly idle: Session[] = []
  readonly #lanes = new Map<string, Consignment[]>()
  #pending = 0
  /** All connections, those without work too. */
  readonly sessions = new Set<Session>()
  /** Those who carry, or try to. */
  workers = 0
  #failures = 0
  #restsUntil: EpochMs = 0
  /** For mail that follows the domain's TLS policy. */
  #unsafeUntil: EpochMs = 0
  /** It has taken a connection since it last failed. */
  #proven = false

  constructor(route: Route, most?: number) {
    this.route = route
    this.concurrency = new Concurrency(most)
  }

  get key(): string {
    return this.route.key
  }

  get pending(): number {
    return this.#pending
  }

  get proven(): boolean {
    return this.#proven
  }

  get restsUntil(): EpochMs {
    return this.#restsUntil
  }

  /** Workers that have no connection yet. */
  get opening(): number {
    return this.workers - (this.sessions.size - this.idle.length)
  }

  get full(): boolean {
    return this.#pending >= FULL
  }

  get wanting(): boolean {
    return this.#pending < WANTING
  }

  /** Nothing would be forgotten with it. */
  isIdle(now: EpochMs): boolean {
    return (
      this.#pending === 0 &&
      this.workers === 0 &&
      this.sessions.size === 0 &&
      Math.max(this.#restsUntil, this.#unsafeUntil) <= now &&
      this.route.target.kind !== 'hold'
    )
  }

  rests(now: EpochMs): boolean {
    return this.route.target.kind === 'hold' || now < this.#restsUntil
  }

  /** Until when mail of this demand is kept back; in the past: it is not. */
  restsUntilFor(demand: TlsDemand): EpochMs {
    return demand === 'optional' ? this.#restsUntil : Math.max(this.#restsUntil, this.#unsafeUntil)
  }

  add(consignment: Consignment): void {
    this.#lane(consignment).push(consignment)
    this.#pending++
  }

  /** Before the others of its lane. */
  putBack(consignment: Consignment): void {
    this.#lane(consignment).unshift(consignment)
    this.#pending++
  }

  /** Of the lane whose turn it is. */
  next(): Consignment | undefined {
    const [first] = this.#lanes
    if (first === undefined) return undefined
    const [key, lane] = first
    const consignment = lane.shift()
    this.#lanes.delete(key)
    if (lane.length > 0) this.#lanes.set(key, lane)
    if (consignment !== undefined) this.#pending--
    return consignment
  }

  /** All that has not been begun, or of it what shares the fate of mail that could not go for this trouble. */
  takeAll(trouble: Trouble = 'other'): Consignment[] {
    const all = [...this.#lanes.values()].flat()
    this.#lanes.clear()
    this.#pending = 0
    if (trouble === 'other') return all
    for (const consignment of all) if (demandOf(consignment) === 'optional') this.add(consignment)
    return all.filter((consignment) => demandOf(consignment) !== 'optional')
  }

  reached(demand: TlsDemand): void {
    this.#proven = true
    this.#restsUntil = 0
    if (demand === 'optional') return
    this.#failures = 0
    this.#unsafeUntil = 0
  }

  /** Somebody says that it can be reached. */
  wake(): void {
    this.#restsUntil = 0
    this.#unsafeUntil = 0
  }

  /** It could not be reached at all, or not as safely as its policy wants it. */
  unreachable(now: EpochMs, trouble: Trouble): void {
    const until = now + Math.min(FIRST_REST * 2 ** this.#failures, LONGEST_REST)
    this.#failures = Math.min(this.#failures + 1, 20)
    if (trouble === 'tls') this.#unsafeUntil = until
    else [this.#proven, this.#restsUntil] = [false, until]
  }

  #lane({ lane: { account, domain } }: Consignment): Consignment[] {
    const key = `${account ?? ''} ${domain}`
    const lane = this.#lanes.get(key) ?? []
    this.#lanes.set(key, lane)
    return lane
  }
}
