import { isIP, isIPv6 } from 'node:net'
import { dnsName, type DnsAnswer, type MxData, type Resolver } from '@mailstead/resolver'
import type { Diagnosis } from '@mailstead/store'
import type { Login } from '../client/credentials.ts'
import { MAX_HOSTS } from '../limits.ts'
import type { NextHop, Route, Source } from './route.ts'

/** One server to try, at its addresses in their order. */
export interface Hop {
  /** In lower case; an address where there is no name. */
  readonly host: string
  readonly port: number
  readonly addresses: readonly string[]
  readonly lmtp: boolean
  readonly implicitTls: boolean
  readonly login: Login | undefined
  readonly safety: HopSafety
}

/** What the decision on TLS has to know of where a server's name came from. */
export type HopSafety =
  /** Named by an administrator. */
  | { readonly kind: 'configured'; readonly tls: 'opportunistic' | 'encrypted' | 'verified' }
  /**
   * `mxSecure`, `addressSecure`: DNSSEC vouches for the list of servers, and for this one's addresses. `alias`: the name that its name stands for.
   */
  | {
      readonly kind: 'mx'
      readonly domain: string
      readonly mxSecure: boolean
      readonly addressSecure: boolean
      readonly alias?: string
    }
  | { readonly kind: 'literal' }

export type Hops =
  | { readonly kind: 'hops'; readonly hops: readonly Hop[] }
  | { readonly kind: 'none'; readonly permanent: boolean; readonly diagnosis: Diagnosis }

export interface HopContext {
  readonly resolver: Resolver
  /** Of MX servers: 25, except in tests. */
  readonly port: number
  /** Whether servers are tried at IPv6 addresses. */
  readonly ipv6: boolean
  /** Our names, in lower case, and our addresses: mail that leads there goes round in circles. */
  readonly own: { readonly names: ReadonlySet<string>; readonly addresses: ReadonlySet<string> }
  /** 0 ≤ x < 1. */
  readonly random: () => number
}

/** The servers of a route, the best first. Never rejects. */
export async function findHops(route: Route, context: HopContext): Promise<Hops> {
  const { target, domain, source } = route
  if (target.kind === 'mx')
    return target.relayed === true ? patiently(await mxHops(domain, source, context)) : mxHops(domain, source, context)
  if (target.kind === 'hold') return none(false, '4.4.4', 'Mail for this domain waits until it is fetched')
  const found = await Promise.all(target.hosts.map((host) => configuredHops(host, source, context)))
  const hops = found.flatMap((each) => (each.kind === 'hops' ? each.hops : []))
  // A mistake of configuration is mended: nobody's mail is returned for it.
  const [first] = found.filter((each) => each.kind === 'none')
  return hops.length === 0 && first !== undefined ? patiently(first) : { kind: 'hops', hops }
}

const patiently = (hops: Hops): Hops => (hops.kind === 'none' ? { ...hops, permanent: false } : hops)

async function configuredHops(next: NextHop, source: Source, context: HopContext): Promise<Hops> {
  const { port, lmtp = false, implicitTls = false, login, tls = login === undefined ? 'opportunistic' : 'encrypted' } = next
  const common = { port, lmtp, implicitTls, login, safety: { kind: 'configured', tls } } as const
  if (next.mx === true) {
    const found = await mxHops(next.host, source, context)
    return found.kind === 'none' ? found : { kind: 'hops', hops: found.hops.map((hop) => ({ ...hop, ...common })) }
  }
  const { addresses, trouble } = await addressesOf(next.host, source, context)
  if (addresses.length > 0) return { kind: 'hops', hops: [{ ...common, host: next.host.toLowerCase(), addresses }] }
  return none(false, '4.4.3', trouble ?? `${next.host} has no address`)
}

const plain = (port: number) => ({ port, lmtp: false, implicitTls: false, login: undefined }) as const

async function mxHops(domain: string, source: Source, context: HopContext): Promise<Hops> {
  const literal = literalAddress(domain)
  if (literal !== undefined) return literalHops(literal, context)
  const name = dnsName(domain)
  if (name === undefined) return none(true, '5.1.2', `${domain} cannot be a domain`)
  const answer = await context.resolver.look('MX', name)
  if (answer.kind === 'failed') return none(false, '4.4.3', `MX of ${name}: ${answer.reason}`)
  if (answer.kind === 'none' && answer.reason === 'no-such-name') return none(true, '5.1.2', `${name} does not exist`)
  if (isNullMx(answer)) return none(true, '5.1.10', `${name} does not take mail`)
  return serversOf(name, answer, source, context)
}

/** RFC 7505. */
function isNullMx(answer: DnsAnswer<MxData>): boolean {
  return answer.kind === 'records' && answer.records.length === 1 && answer.records[0]?.exchange === ''
}

interface Server extends MxData {
  readonly addresses: readonly string[]
  readonly secure: boolean
  readonly alias: string | undefined
  /** Why there are no addresses, where that may change. */
  readonly trouble: string | undefined
}

/** RFC 5321 section 5.1. Where there are MX records the domain's own address is none. */
async function serversOf(domain: string, answer: DnsAnswer<MxData>, source: Source, context: HopContext): Promise<Hops> {
  const records = answer.kind === 'records' ? answer.records : [{ preference: 0, exchange: domain }]
  // Where a name belongs an address is of no use (RFC 5321 section 5.1 has names only).
  const named = records.filter(({ exchange }) => exchange !== '' && isIP(exchange) === 0)
  const first = shuffled(named, context.random)
    .sort((a, b) => a.preference - b.preference)
    .slice(0, MAX_HOSTS)
  const servers = await Promise.all(
    first.map(async (record): Promise<Server> => ({ ...record, ...(await addressesOf(record.exchange, source, context)) })),
  )
  const before = beforeOurselves(servers, context)
  const usable = before.filter(({ addresses }) => addresses.length > 0)
  const mxSecure = answer.kind !== 'failed' && answer.authenticated
  if (usable.length > 0) return { kind: 'hops', hops: usable.map((server) => mxHop(server, domain, mxSecure, context)) }
  const trouble = before.find((server) => server.trouble !== undefined)?.trouble
  if (trouble !== undefined) return none(false, '4.4.3', trouble)
  if (before.length < servers.length) return none(true, '5.4.6', `Mail for ${domain} loops back to this server`)
  if (answer.kind === 'records') return none(true, '5.4.4', `No mail server of ${domain} has an address`)
  return none(true, '5.1.2', `${domain} has no mail server`)
}

function mxHop({ exchange, addresses, secure, alias }: Server, domain: string, mxSecure: boolean, { port }: HopContext): Hop {
  return {
    ...plain(port),
    host: exchange,
    addresses,
    safety: { kind: 'mx', domain, mxSecure, addressSecure: secure, ...(alias === undefined ? {} : { alias }) },
  }
}

/** Section 5.1: who finds itself in the list leaves itself out, and all that are no better. */
function beforeOurselves(servers: readonly Server[], { own }: HopContext): Server[] {
  const ours = servers.filter(
    ({ exchange, addresses }) => own.names.has(exchange) || addresses.some((address) => own.addresses.has(address)),
  )
  const limit = Math.min(...ours.map(({ preference }) => preference))
  return servers.filter(({ preference }) => preference < limit)
}

function literalHops(address: string, context: HopContext): Hops {
  if (context.own.addresses.has(address)) return none(true, '5.4.6', `Mail for [${address}] loops back to this server`)
  return { kind: 'hops', hops: [{ ...plain(context.port), host: address, addresses: [address], safety: { kind: 'literal' } }] }
}

/** `[192.0.2.1]`, `[IPv6:2001:db8::1]` (RFC 5321 section 4.1.3); `undefined` for what is none. */
function literalAddress(domain: string): string | undefined {
  const [, tag, address = ''] = /^\[(IPv6:)?([0-9A-Fa-f:.]+)\]$/i.exec(domain) ?? []
  return isIP(address) === (tag === undefined ? 4 : 6) ? address : undefined
}

interface Addresses {
  readonly addresses: readonly string[]
  readonly secure: boolean
  readonly alias: string | undefined
  readonly trouble: string | undefined
}

async function addressesOf(host: string, source: Source, { resolver, ipv6, random }: HopContext): Promise<Addresses> {
  if (isIP(host) !== 0) return { addresses: [host], secure: false, alias: undefined, trouble: undefined }
  const onlyV6 = source.ipv6 !== undefined && source.ipv4 === undefined
  const onlyV4 = source.ipv4 !== undefined && source.ipv6 === undefined
  const types = [...(ipv6 && !onlyV4 ? (['AAAA'] as const) : []), ...(onlyV6 ? [] : (['A'] as const))]
  const answers = await Promise.all(types.map((type) => resolver.look(type, host)))
  // RFC 6724: IPv6 first, since it is used only where it is known to work.
  const addresses = answers.flatMap((answer) => (answer.kind === 'records' ? shuffled(answer.records, random) : []))
  const failed = answers.find((answer) => answer.kind === 'failed')
  return {
    addresses,
    alias: answers.flatMap((answer) => (answer.kind === 'records' ? (answer.alias ?? []) : []))[0],
    secure: answers.every((answer) => answer.kind !== 'failed' && answer.authenticated),
    trouble: failed === undefined || failed.reason === 'bad-name' ? undefined : `Address of ${host}: ${failed.reason}`,
  }
}

/** Where this machine's end of a connection to `address` is. */
export function localAddress({ ipv4, ipv6 }: Source, address: string): string | undefined {
  return isIPv6(address) ? ipv6 : ipv4
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items]
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0] as T)
}

const none = (permanent: boolean, status: string, text: string): Hops => ({ kind: 'none', permanent, diagnosis: { status, text } })
