import type { Resolver } from '@mailstead/resolver'
import { fault } from '../finding.ts'
import type { Check } from './check.ts'

/** Whether mail back to the sender's domain could go anywhere (RFC 5321 section 5.1, RFC 7505). Address literals always can. */
export const checkSenderDomain: Check<string> = async (domain, { resolver }) => {
  if (domain.startsWith('[')) return []
  const why = await unreachable(domain, resolver)
  return why === undefined ? [] : [fault('sender-domain', `the sender's domain ${domain} ${why}`)]
}

async function unreachable(domain: string, resolver: Resolver): Promise<string | undefined> {
  const exchanges = await resolver.look('MX', domain)
  if (exchanges.kind === 'failed') return undefined
  if (exchanges.kind === 'records') return exchanges.records.every(({ exchange }) => exchange === '') ? 'takes no mail' : undefined
  if (exchanges.reason === 'no-such-name') return 'does not exist'
  const addresses = await Promise.all([resolver.look('A', domain), resolver.look('AAAA', domain)])
  return addresses.every(({ kind }) => kind === 'none') ? 'has no mail server' : undefined
}
