import type { Logger } from '@mailstead/base'
import { reversed, type Resolver } from '@mailstead/resolver'
import type { Finding } from '@mailstead/delivery'
import { finding } from '../finding.ts'
import type { Check } from './check.ts'

/** A list of addresses in DNS (RFC 5782): a block list where weights are above zero, an allow list where they are below. */
export interface DnsList {
  readonly zone: string
  /** Of an answer that none of `codes` has. 0: it means nothing. */
  readonly weight: number
  /** Answers with weights of their own, `*` standing for any octet: `127.0.*.3`. */
  readonly codes: Readonly<Record<string, number>>
}

/** Name of the check, for whom lists do not count. */
export const DNS_LIST = 'dns-list'

/** Asks all lists at once. */
export const checkDnsLists =
  (lists: readonly DnsList[]): Check<string> =>
  async (address, { resolver, log }) =>
    (await Promise.all(lists.map((list) => ask(list, address, resolver, log)))).flat()

async function ask(list: DnsList, address: string, resolver: Resolver, log: Logger): Promise<Finding[]> {
  const found = await resolver.look('A', `${reversed(address)}.${list.zone}`)
  if (found.kind !== 'records') return []
  const codes = found.records.filter(isListing)
  if (codes.length < found.records.length) log.warn('DNS list does not answer as lists do', { zone: list.zone, answer: found.records })
  const weight = codes.map((code) => weightOf(list, code)).reduce(heavier, 0)
  if (weight === 0) return []
  return [finding(DNS_LIST, weight, `${address} is listed by ${list.zone}`)]
}

/**
 * Lists answer within 127.0.0.0/8 and never 127.0.0.1 (RFC 5782 sections 2.1 and 5); 127.255.255.x says that we asked too much, or by a
 * resolver that is not welcome; anything else is a resolver's invention or a domain that was sold.
 */
function isListing(code: string): boolean {
  return code.startsWith('127.') && code !== '127.0.0.1' && !code.startsWith('127.255.255.')
}

function weightOf({ weight, codes }: DnsList, code: string): number {
  const octets = code.split('.')
  const matches = (pattern: string): boolean => pattern.split('.').every((part, i) => part === '*' || part === octets[i])
  const own = Object.entries(codes).flatMap(([pattern, value]) => (matches(pattern) ? [value] : []))
  return own.length === 0 ? weight : own.reduce(heavier, 0)
}

const heavier = (a: number, b: number): number => (Math.abs(b) > Math.abs(a) ? b : a)
