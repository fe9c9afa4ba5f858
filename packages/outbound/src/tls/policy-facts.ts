import type { TlsaData } from '@mailstead/resolver'
import type { TlsPolicyFacts } from '@mailstead/store'
import { MAX_POLICY_LINES } from '../limits.ts'
import type { TlsQuestion, TlsReason } from './decide.ts'

/** The policy that decided, as reports tell it (RFC 8460 section 4.4); `undefined`: none that DNS knows of. */
export function policyFacts({ hop, tlsa, tlsaBase, sts }: TlsQuestion, reason: TlsReason, domain: string): TlsPolicyFacts | undefined {
  if (hop.safety.kind !== 'mx') return undefined
  if (reason === 'tlsa') {
    const records = tlsa?.kind === 'records' ? tlsa.records : []
    return { type: 'tlsa', domain: tlsaBase, lines: records.slice(0, MAX_POLICY_LINES).map(inWords), patterns: [] }
  }
  if (reason === 'sts') return { type: 'sts', domain, lines: sts?.lines ?? [], patterns: sts?.mx.slice(0, MAX_POLICY_LINES) ?? [] }
  return { type: 'no-policy-found', domain, lines: [], patterns: [] }
}

/** RFC 6698 section 2.2. */
function inWords({ usage, selector, matching, data }: TlsaData): string {
  return `${usage} ${selector} ${matching} ${Buffer.from(data).toString('hex').toUpperCase()}`
}
