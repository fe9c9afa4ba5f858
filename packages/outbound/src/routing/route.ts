import { dnsName } from '@mailstead/resolver'
import type { Login } from '../client/credentials.ts'

/** A server that an administrator names. */
export interface NextHop {
  /** Name, or address. */
  readonly host: string
  readonly port: number
  /** The servers are those that take mail for `host`, instead of itself. */
  readonly mx?: boolean
  readonly implicitTls?: boolean
  /** `verified`: a certificate of a known authority for `host`. Default: opportunistic, and encrypted where there is a login. */
  readonly tls?: 'opportunistic' | 'encrypted' | 'verified'
  readonly login?: Login
  readonly lmtp?: boolean
}

export type WayOut =
  /** As DNS says. `relayed`: we may be in it ourselves, and a mistake in it is no reason to return mail. */
  | { readonly kind: 'mx'; readonly relayed?: true }
  /** In the order given. */
  | { readonly kind: 'hosts'; readonly hosts: readonly NextHop[]; readonly source?: Source }

export type RouteTarget =
  | WayOut
  /** Waits until it is fetched, or until its servers ask for it: then it goes to them, if there is a way. */
  | { readonly kind: 'hold'; readonly asked?: WayOut }

/** What we are seen as. Addresses of this machine: where one is given, the other family is used only if it is given too. */
export interface Source {
  readonly ipv4?: string
  readonly ipv6?: string
  readonly heloName?: string
}

/** Domains of others whose mail we take and hand on to them. */
export interface Relay {
  /** Its key in the table. */
  readonly key: string
  /** Addresses of accounts, in lower case, that may fetch the mail or learn how much waits. */
  readonly fetchedBy: ReadonlySet<string>
  /** Whether there is a way to the domains' servers, which anybody may have us go. */
  readonly reachable: boolean
}

/** Keys are domains in A-labels and lower case; `.example.org` is everything below it. */
export interface RoutingTable {
  readonly recipientDomains: ReadonlyMap<string, RouteTarget>
  readonly senderDomains: ReadonlyMap<string, RouteTarget>
  /** Recipient domains whose mail is taken from everybody; of the same form as the keys above. */
  readonly relayed?: ReadonlyMap<string, Relay>
  /** Everything else; DNS when absent. */
  readonly fallback?: RouteTarget
  /** By sender domain; a source of the route itself comes first. */
  readonly sources: ReadonlyMap<string, Source>
  /** Of all others. */
  readonly source?: Source
}

export const DNS_ONLY: RoutingTable = { recipientDomains: new Map(), senderDomains: new Map(), sources: new Map() }

/** Where a message of one sender goes for one domain. */
export interface Route {
  /** The same for all that goes to the same servers from the same source: connections are shared in it. */
  readonly key: string
  readonly target: RouteTarget
  /** Of the recipients. */
  readonly domain: string
  readonly source: Source
}

/** `asked`: the domain's servers have asked for mail that waits for them. The recipient's domain decides before the sender's, and that before the rest. A report, from nobody, has no sender's route. */
export function chooseRoute(table: RoutingTable, domain: string, mailFrom: string, asked = false): Route {
  const from = senderDomain(mailFrom)
  const chosen = find(table.recipientDomains, domain) ?? find(table.senderDomains, from) ?? table.fallback ?? { kind: 'mx' }
  const target = asked && chosen.kind === 'hold' ? (chosen.asked ?? chosen) : chosen
  const source = (target.kind === 'hosts' ? target.source : undefined) ?? find(table.sources, from) ?? table.source ?? {}
  const where = target.kind === 'hosts' ? target.hosts.map(hopKey).join(',') : `${target.kind}:${domain}`
  return { key: [where, source.ipv4, source.ipv6, source.heloName].join('|'), target, domain, source }
}

/** Whether a domain's mail is to be fetched, whoever it is from. */
export function isHeld({ recipientDomains }: RoutingTable, domain: string): boolean {
  return find(recipientDomains, domain)?.kind === 'hold'
}

/** `undefined`: mail for the domain is not taken from strangers. `domain` is in A-labels and lower case. */
export function relayOf({ relayed }: RoutingTable, domain: string): Relay | undefined {
  return relayed === undefined ? undefined : find(relayed, domain)
}

/** All that makes one connection different from another; passwords apart, since keys are logged. */
function hopKey({ host, port, mx = false, lmtp = false, implicitTls = false, tls, login }: NextHop): string {
  return [mx ? 'mx' : '', lmtp ? 'lmtp' : '', implicitTls ? 'implicit' : '', tls ?? '', login?.user ?? '', `${host}:${port}`]
    .filter((each) => each !== '')
    .join(' ')
}

function find<T>(table: ReadonlyMap<string, T>, domain: string): T | undefined {
  if (table.size === 0 || domain === '') return undefined
  const own = table.get(domain)
  if (own !== undefined) return own
  for (let dot = domain.indexOf('.'); dot >= 0; dot = domain.indexOf('.', dot + 1)) {
    const above = table.get(domain.slice(dot))
    if (above !== undefined) return above
  }
  return undefined
}

function senderDomain(mailFrom: string): string {
  const domain = mailFrom.slice(mailFrom.lastIndexOf('@') + 1)
  return mailFrom === '' ? '' : (dnsName(domain) ?? domain.toLowerCase())
}
