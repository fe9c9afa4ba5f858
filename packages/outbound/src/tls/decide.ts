import type { DnsAnswer, TlsaData } from '@mailstead/resolver'
import type { Hop } from '../routing/hops.ts'
import { isUsable } from './dane.ts'
import type { TlsDemand } from './demand.ts'
import type { TlsPolicy } from './policy.ts'

/** What a domain says of its servers by MTA-STS (RFC 8461). */
export interface StsPolicy {
  readonly mode: 'enforce' | 'testing' | 'none'
  /** Names, or `*.` and a domain. */
  readonly mx: readonly string[]
  /** As it was served, for reports. */
  readonly lines?: readonly string[]
}

export interface TlsQuestion {
  readonly hop: Hop
  readonly demand: TlsDemand
  /** The name under which `tlsa` was found (RFC 7672 section 2.2.3): the server's own, or the one that it stands for. */
  readonly tlsaBase: string
  /** `undefined`: not asked for, since DNSSEC does not vouch for the server's name or address. */
  readonly tlsa: DnsAnswer<TlsaData> | undefined
  /** `undefined`: the domain has no policy that could be had. */
  readonly sts: StsPolicy | undefined
}

/** Which policy decided: what a report on TLS tells (RFC 8460 section 4.4). */
export type TlsReason = 'tlsa' | 'sts' | 'no-policy-found' | 'configured'

export type TlsDecision =
  | { readonly kind: 'use'; readonly policy: TlsPolicy; readonly reason: TlsReason }
  /** This server must not get the mail now. `permanent`: nor later, as far as anybody can tell. */
  | { readonly kind: 'skip'; readonly reason: TlsReason; readonly permanent: boolean; readonly status: string; readonly text: string }

/** How safe a connection to a server has to be: REQUIRETLS, then DANE, then MTA-STS, then as good as it gets. */
export function decideTls(question: TlsQuestion): TlsDecision {
  const { hop, demand } = question
  const { safety } = hop
  const requireTls = demand === 'required'
  if (safety.kind === 'configured') return configured(hop, safety.tls, requireTls)
  // RFC 8689 section 4.2.2: no policy of the recipients' domain keeps it back.
  if (demand === 'optional') return use({ kind: 'opportunistic' }, 'no-policy-found')
  if (safety.kind === 'literal') return requireTls ? unsafe(hop) : use({ kind: 'opportunistic' }, 'no-policy-found')
  const dane = byDane(question)
  // MTA-STS never overrides a DANE check that fails (RFC 8461 section 2).
  if (dane !== undefined) return requireTls && dane.kind === 'use' && dane.policy.kind === 'encrypted' ? verified(hop, 'tlsa') : dane
  return bySts(question, safety.mxSecure)
}

function configured({ host, login }: Hop, tls: 'opportunistic' | 'encrypted' | 'verified', requireTls: boolean): TlsDecision {
  if (requireTls || tls === 'verified') return use({ kind: 'verified', names: [host] }, 'configured')
  return use({ kind: tls === 'encrypted' || login !== undefined ? 'encrypted' : 'opportunistic' }, 'configured')
}

/** RFC 7672 section 2.2; `undefined`: DANE has nothing to say. */
function byDane({ hop, tlsa, tlsaBase }: TlsQuestion): TlsDecision | undefined {
  if (tlsa === undefined || tlsa.kind === 'none') return undefined
  if (tlsa.kind === 'failed') return skip('tlsa', '4.7.5', `TLSA records of ${hop.host} cannot be had: ${tlsa.reason}`)
  if (!tlsa.authenticated) return undefined
  const records = tlsa.records.filter(isUsable)
  // Records that are no use still say that there is TLS (section 2.2.1.3).
  if (records.length === 0) return use({ kind: 'encrypted' }, 'tlsa')
  // Section 3.2.2.
  const names = [...new Set([tlsaBase, hop.host, ...(hop.safety.kind === 'mx' ? [hop.safety.domain] : [])])]
  return use({ kind: 'dane', records, names }, 'tlsa')
}

function bySts({ hop, sts, demand }: TlsQuestion, mxSecure: boolean): TlsDecision {
  const named = sts !== undefined && sts.mode !== 'none' && sts.mx.some((pattern) => matchesMx(pattern, hop.host))
  if (sts?.mode === 'enforce' && !named) return skip('sts', '4.7.5', `${hop.host} is no mail server by the domain's MTA-STS policy`)
  if (demand === 'required') return mxSecure || named ? verified(hop, named ? 'sts' : 'no-policy-found') : unsafe(hop)
  if (sts?.mode === 'enforce') return verified(hop, 'sts')
  if (sts?.mode !== 'testing') return use({ kind: 'opportunistic' }, 'no-policy-found')
  // Section 5: what would have failed is told, and nothing else comes of it.
  return use({ kind: 'opportunistic', expected: named ? { names: [hop.host] } : 'no-server-of-the-policy' }, 'sts')
}

/** RFC 8461 section 4.1: an asterisk stands for one label, the first. */
export function matchesMx(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === host
  return host.indexOf('.') > 0 && host.slice(host.indexOf('.')) === pattern.slice(1)
}

const use = (policy: TlsPolicy, reason: TlsReason): TlsDecision => ({ kind: 'use', policy, reason })
const verified = ({ host }: Hop, reason: TlsReason): TlsDecision => use({ kind: 'verified', names: [host] }, reason)
const skip = (reason: TlsReason, status: string, text: string): TlsDecision => ({ kind: 'skip', reason, permanent: false, status, text })

/** RFC 8689 section 4.2.1: the name of the server has nobody who vouches for it. */
function unsafe({ host }: Hop): TlsDecision {
  return {
    kind: 'skip',
    reason: 'no-policy-found',
    permanent: true,
    status: '5.7.10',
    text: `Encryption needed, and nobody vouches for ${host}`,
  }
}
