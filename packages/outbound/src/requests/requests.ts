import type { Clock, Logger } from '@mailstead/base'
import type { QueueStore } from '@mailstead/store'
import type { Outbound } from '../engine/engine.ts'
import type { Reversed } from '../engine/over.ts'
import { waitingFor, type Waiting, type Wanted } from '../engine/waiting.ts'
import { relayOf, type Relay, type RoutingTable } from '../routing/route.ts'
import { Recent } from './recent.ts'

export interface RequestsOptions {
  readonly routing: RoutingTable
  readonly queue: Pick<QueueStore, 'list'>
  /** `undefined`: nothing is sent yet, or no more. */
  readonly outbound: () => Outbound | undefined
  readonly clock: Clock
  readonly log: Logger
}

/** What becomes of a wish that mail should leave for the domain's servers. */
export type StartAnswer =
  /** `pending`: messages, as far as the asker may know. */
  | { readonly kind: 'started'; readonly pending?: number }
  | { readonly kind: 'unable' }
  | { readonly kind: 'refused'; readonly reason: string }

/** What becomes of a wish to fetch mail. */
export type FetchAnswer =
  /** `run` carries it over the connection, and resolves to how many recipients were settled. */
  | { readonly kind: 'ready'; run(over: Omit<Reversed, 'heloName'>): Promise<number> }
  /** `busy`: somebody fetches it, or has just done so. */
  | { readonly kind: 'refused' | 'busy' | 'nothing' | 'unable' }

/** Mail that is relayed, and who has it brought or fetches it. An account is named by its address. */
export class Requests {
  readonly #options: RequestsOptions
  readonly #started: Recent
  readonly #fetched: Recent
  readonly #fetching = new Set<string>()

  constructor(options: RequestsOptions) {
    this.#options = options
    this.#started = new Recent(options.clock)
    this.#fetched = new Recent(options.clock)
  }

  /**
   * The mail of a domain, or of all below it too, is brought to its servers, once a minute (RFC 1985 section 5). Strangers may ask, since it goes where
   * the configuration says; accounts that fetch the mail are told how much there is.
   */
  async start(domain: string, below: boolean, account: string | undefined): Promise<StartAnswer> {
    const { outbound: sending, queue, clock, log } = this.#options
    const relays = below ? this.#relaysBelow(domain) : this.#relaysOf(domain)
    if (relays.length === 0) return { kind: 'refused', reason: 'no mail is kept for it here' }
    const theirs = relays.filter(({ fetchedBy }) => account === undefined || fetchedBy.has(account.toLowerCase()))
    if (theirs.length === 0) return { kind: 'refused', reason: 'it is not yours' }
    const meant = theirs.filter(({ reachable }) => reachable)
    if (meant.length === 0) return { kind: 'refused', reason: 'its mail is fetched by ATRN' }
    const outbound = sending()
    // Below a route for many, strangers have one wish a minute: each costs a look at all that waits. They take none from who fetches the mail.
    const key = account === undefined ? meant.map((relay) => relay.key).join() : `${account} ${below ? '@' : ''}${domain}`
    if (outbound === undefined || !this.#started.take(key)) return { kind: 'unable' }
    const wanted = below ? this.#wanted(meant, domain) : [domain]
    const waiting = await waitingFor(wanted, queue, clock.now())
    log.info('mail asked for', { domain, below, account, domains: waiting.domains, messages: waiting.messages })
    await outbound.ask(waiting.domains)
    return { kind: 'started', ...(account === undefined ? {} : { pending: waiting.messages }) }
  }

  /** None of `domains`: all that the account may fetch. One of them that it may not, and it gets nothing (RFC 2645 section 5.2.1). */
  async fetch(domains: readonly string[], account: string): Promise<FetchAnswer> {
    const { outbound: sending, queue, clock } = this.#options
    const mine = (relay: Relay | undefined): boolean => relay?.fetchedBy.has(account.toLowerCase()) === true
    const all = [...(this.#options.routing.relayed?.values() ?? [])].filter(mine)
    if (all.length === 0 || !domains.every((domain) => mine(this.#relaysOf(domain)[0]))) return { kind: 'refused' }
    const outbound = sending()
    if (outbound === undefined) return { kind: 'unable' }
    const waiting = await waitingFor(domains.length > 0 ? domains : this.#wanted(all), queue, clock.now())
    if (waiting.messages === 0) return { kind: 'nothing' }
    if (waiting.domains.some((domain) => this.#fetching.has(domain)) || !this.#fetched.takeAll(waiting.domains)) return { kind: 'busy' }
    return { kind: 'ready', run: (over) => this.#run(over, waiting, outbound, account) }
  }

  async #run(over: Omit<Reversed, 'heloName'>, { domains, messages }: Waiting, outbound: Outbound, account: string): Promise<number> {
    const { log } = this.#options
    for (const domain of domains) this.#fetching.add(domain)
    log.info('mail is fetched', { account, peer: over.peer, domains, messages })
    try {
      return await outbound.deliverOver(over, domains)
    } finally {
      for (const domain of domains) this.#fetching.delete(domain)
    }
  }

  #relaysOf(domain: string): Relay[] {
    const relay = relayOf(this.#options.routing, domain)
    return relay === undefined ? [] : [relay]
  }

  /** Routes whose domains are the one given or below it, and the one that it is below itself. */
  #relaysBelow(domain: string): Relay[] {
    const below = [...(this.#options.routing.relayed ?? [])].filter(([key]) => isIn(key, domain))
    return [...new Set([...below.map(([, relay]) => relay), ...this.#relaysOf(domain), ...this.#relaysOf(`x.${domain}`)])]
  }

  /** Domains by name where all are known by name. */
  #wanted(relays: readonly Relay[], top?: string): Wanted {
    const within = (domain: string): boolean => top === undefined || isIn(domain, top)
    const names = relays.map(({ key }) => key)
    if (names.every((name) => !name.startsWith('.'))) return names.filter(within)
    return (domain) => within(domain) && this.#relaysOf(domain).some((relay) => relays.includes(relay))
  }
}

const isIn = (domain: string, top: string): boolean => domain === top || domain.endsWith(`.${top}`)
