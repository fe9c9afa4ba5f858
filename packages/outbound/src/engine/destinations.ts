import type { EpochMs } from '@mailstead/base'
import type { Consignment } from '@mailstead/store'
import { ASKED_TIME, DESTINATIONS_KEPT } from '../limits.ts'
import { chooseRoute, isHeld, type Route, type RoutingTable } from '../routing/route.ts'
import { Destination } from './destination.ts'

/** Every destination that has work, or of which something is worth knowing. */
export class Destinations {
  readonly #routing: RoutingTable
  readonly #most: number | undefined
  readonly #byKey = new Map<string, Destination>()
  /** Where the mail of a domain went. */
  readonly #byDomain = new Map<string, Set<Destination>>()
  /** Domains whose servers have asked for what was to wait, and until when it does not. */
  readonly #asked = new Map<string, EpochMs>()

  /** `most`: connections to one destination. */
  constructor(routing: RoutingTable, most?: number) {
    this.#routing = routing
    this.#most = most
  }

  all(): Iterable<Destination> {
    return this.#byKey.values()
  }

  of({ lane: { domain }, mailFrom }: Consignment, now: EpochMs): Destination {
    const asked = this.#isAsked(domain, now)
    // As long as there is some, it goes.
    if (asked) this.#asked.set(domain, now + ASKED_TIME)
    const destination = this.#to(chooseRoute(this.#routing, domain, mailFrom, asked), now)
    this.#connect(domain, destination)
    return destination
  }

  /** The domain's servers are there: what waits for them goes, and nobody rests. */
  ask(domain: string, now: EpochMs): void {
    for (const [each, until] of this.#asked) if (until <= now) this.#asked.delete(each)
    this.#asked.set(domain, now + ASKED_TIME)
    for (const destination of this.#byDomain.get(domain) ?? []) {
      destination.wake()
      destination.domains.delete(domain)
    }
    this.#byDomain.delete(domain)
    // One that has no work is not connected with the domain.
    this.#byKey.get(chooseRoute(this.#routing, domain, '', true).key)?.wake()
  }

  #isAsked(domain: string, now: EpochMs): boolean {
    return (this.#asked.get(domain) ?? 0) > now
  }

  #to(route: Route, now: EpochMs): Destination {
    const known = this.#byKey.get(route.key)
    if (known !== undefined) return known
    this.#makeRoom(now)
    const destination = new Destination(route, this.#most)
    this.#byKey.set(route.key, destination)
    return destination
  }

  /** The domains of which nothing can be taken on now. `full`: of some it is only because they have enough to do. */
  blocked(now: EpochMs): { readonly domains: Set<string>; readonly full: boolean } {
    const domains = new Set<string>()
    let full = false
    for (const destination of this.#byKey.values()) {
      if (destination.full || destination.rests(now)) {
        full ||= destination.full
        for (const domain of destination.domains) if (this.isBlocked(domain, now)) domains.add(domain)
      } else if (destination.pending === 0) this.#unlink(destination)
    }
    return { domains, full }
  }

  /** All its servers rest or have enough to do. A domain that is new may lead to servers that are not. */
  isBlocked(domain: string, now: EpochMs): boolean {
    const known = this.#byDomain.get(domain) ?? this.#guess(domain, now)
    return known !== undefined && [...known].every((each) => each.full || each.rests(now))
  }

  /** When the first of those that rest may be tried again. */
  nextRested(now: EpochMs): EpochMs | undefined {
    let first: EpochMs | undefined
    for (const { restsUntil } of this.#byKey.values())
      if (restsUntil > now && restsUntil < (first ?? Number.POSITIVE_INFINITY)) first = restsUntil
    return first
  }

  /** Where routes go by sender too, nothing is known before the mail is, unless the domain's mail is to be fetched. */
  #guess(domain: string, now: EpochMs): Set<Destination> | undefined {
    const route = chooseRoute(this.#routing, domain, '', this.#isAsked(domain, now))
    if (route.target.kind === 'hold' && isHeld(this.#routing, domain)) return this.#connect(domain, this.#to(route, now))
    if (this.#routing.senderDomains.size > 0 || this.#routing.sources.size > 0) return undefined
    const destination = this.#byKey.get(route.key)
    return destination === undefined ? undefined : this.#connect(domain, destination)
  }

  #connect(domain: string, destination: Destination): Set<Destination> {
    const known = this.#byDomain.get(domain) ?? new Set<Destination>()
    this.#byDomain.set(domain, known.add(destination))
    destination.domains.add(domain)
    return known
  }

  #makeRoom(now: EpochMs): void {
    if (this.#byKey.size < DESTINATIONS_KEPT) return
    for (const destination of this.#byKey.values()) {
      if (!destination.isIdle(now)) continue
      this.#byKey.delete(destination.key)
      this.#unlink(destination)
      return
    }
  }

  /** A smarthost has the mail of any number of domains; those for which nothing waits are found again by their route. */
  #unlink(destination: Destination): void {
    for (const domain of destination.domains) {
      const known = this.#byDomain.get(domain)
      known?.delete(destination)
      if (known?.size === 0) this.#byDomain.delete(domain)
    }
    destination.domains.clear()
  }
}
