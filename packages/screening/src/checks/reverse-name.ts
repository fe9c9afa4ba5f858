import { isIPv6 } from 'node:net'
import { Networks } from '@mailstead/base'
import { reverseName, type Resolver } from '@mailstead/resolver'
import { fault } from '../finding.ts'
import { isGenericName } from '../generic-name.ts'
import { MAX_NAMES } from '../limits.ts'
import type { Check } from './check.ts'

/** Forward-confirmed reverse DNS: the address has a name, the name has the address, and looks like one that somebody chose. */
export const checkReverseName: Check<string> = async (address, { resolver }) => {
  const found = await resolver.look('PTR', reverseName(address))
  if (found.kind === 'failed') return []
  if (found.kind === 'none') return [fault('no-reverse-name', `${address} has no name in DNS`)]
  const names = found.records.slice(0, MAX_NAMES)
  const confirmations = await Promise.all(names.map((name) => leadsTo(name, address, resolver)))
  const confirmed = names.filter((_, i) => confirmations[i] === 'yes')
  if (confirmed.length === 0) {
    if (confirmations.includes('unknown')) return []
    return [fault('unconfirmed-name', `the name of ${address} does not lead back to it: ${names.join(', ')}`)]
  }
  if (!confirmed.every((name) => isGenericName(name, address))) return []
  return [fault('generic-name', `the name of ${address} is made of its address: ${confirmed.join(', ')}`)]
}

async function leadsTo(name: string, address: string, resolver: Resolver): Promise<'yes' | 'no' | 'unknown'> {
  const found = await resolver.look(isIPv6(address) ? 'AAAA' : 'A', name)
  // A name that cannot stand in DNS is nobody's fault but its owner's.
  if (found.kind === 'failed') return found.reason === 'bad-name' ? 'no' : 'unknown'
  return found.kind === 'records' && new Networks(found.records).has(address) ? 'yes' : 'no'
}
