import type { DnsAnswer, Resolver, TlsaData } from '@mailstead/resolver'
import type { Hop } from '../routing/hops.ts'
import type { TlsQuestion } from './decide.ts'

type Found = Pick<TlsQuestion, 'tlsa' | 'tlsaBase'>

/** The TLSA records that a server is held to, where DNSSEC vouches for its name; those of others are not asked for (RFC 7672 sections 2.2.1 to 2.2.3). */
export async function findTlsa({ host, port, safety }: Hop, resolver: Resolver): Promise<Found> {
  const none: Found = { tlsa: undefined, tlsaBase: host }
  if (safety.kind !== 'mx' || !safety.mxSecure) return none
  const names = safety.addressSecure
    ? [...(safety.alias === undefined ? [] : [safety.alias]), host]
    : await ownName(host, safety.alias, resolver)
  if (!Array.isArray(names)) return { tlsa: names, tlsaBase: host }
  let found = none
  for (const name of names) {
    const tlsa: DnsAnswer<TlsaData> = await resolver.look('TLSA', `_${port}._tcp.${name}`)
    found = { tlsa, tlsaBase: name }
    // The first name with records that are vouched for counts, and what cannot be looked up might have had some.
    if (tlsa.kind === 'failed' || (tlsa.kind === 'records' && tlsa.authenticated)) break
  }
  return found
}

/**
 * Section 2.2.2, "Insecure CNAME": nobody vouches for the addresses that an alias leads to. Where somebody does for the alias itself, records may
 * stand under its own name: to go without them would let whoever forges the addresses forge the rest.
 */
async function ownName(host: string, alias: string | undefined, resolver: Resolver): Promise<string[] | DnsAnswer<never>> {
  if (alias === undefined) return []
  const answer = await resolver.look('CNAME', host)
  if (answer.kind === 'failed') return answer
  return answer.kind === 'records' && answer.authenticated ? [host] : []
}
