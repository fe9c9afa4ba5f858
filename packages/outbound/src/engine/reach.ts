import type { Clock, EpochMs } from '@mailstead/base'
import type { DnsAnswer, Resolver, TlsaData } from '@mailstead/resolver'
import { SmtpConnection, type ConnectionOptions } from '../client/connection.ts'
import { dial } from '../client/dial.ts'
import { PeerLost, TlsUnfit, type TlsFailure } from '../client/errors.ts'
import type { Hop } from '../routing/hops.ts'
import { localAddress } from '../routing/hops.ts'
import type { Source } from '../routing/route.ts'
import { decideTls, type StsPolicy, type TlsQuestion, type TlsReason } from '../tls/decide.ts'
import type { Session } from './session.ts'

/** How TLS went with a server: what reports to its domain are made of (RFC 8460 section 4). */
export interface TlsResult {
  readonly at: EpochMs
  /** Of the recipients. */
  readonly domain: string
  readonly reason: TlsReason
  readonly host: string
  readonly address: string
  readonly result: 'success' | TlsFailure
}

/** What a policy forbids before anything was tried. */
export class TlsForbidden extends Error {
  override name = 'TlsForbidden'
  readonly status: string
  readonly permanent: boolean

  constructor(status: string, permanent: boolean, message: string) {
    super(message)
    this.status = status
    this.permanent = permanent
  }
}

export interface ReachContext {
  readonly resolver: Resolver
  readonly clock: Clock
  /** What we call ourselves where the source says nothing else. */
  readonly hostName: string
  readonly authorities?: readonly string[]
  readonly signal: AbortSignal
  /** The MTA-STS policy of a domain. Never rejects. */
  readonly stsOf: (domain: string) => Promise<StsPolicy | undefined>
  readonly onTls: (result: TlsResult) => void
}

export interface Reached {
  readonly hop: Hop
  readonly address: string
  readonly source: Source
  /** Of the recipients. */
  readonly domain: string
  readonly strict: boolean
  readonly tlsReport: boolean
}

export const peerName = ({ host }: Hop, address: string): string => (host === address ? `[${address}]` : `${host} [${address}]`)

/** A connection to one address of a server, as safe as the policies want it. Rejects with TlsForbidden and what SmtpConnection.open rejects with. */
export async function reach(what: Reached, context: ReachContext): Promise<Session> {
  const { hop, address, domain, strict } = what
  const decision = await decide(what, context)
  if (decision.kind === 'skip') throw new TlsForbidden(decision.status, decision.permanent, decision.text)
  const { policy, reason } = decision
  const tell = (result: TlsResult['result']): void =>
    context.onTls({ at: context.clock.now(), domain, reason, host: hop.host, address, result })
  try {
    const connection = await open(what, policy, context)
    if (connection.tls !== undefined || policy.kind !== 'opportunistic') tell('success')
    else tell('starttls-not-supported')
    return { connection, hop, peer: peerName(hop, address), address, strict, carried: 0 }
  } catch (error) {
    if (error instanceof TlsUnfit) tell(error.failure)
    if (!(error instanceof PeerLost) || error.step !== 'tls') throw error
    tell('validation-failure')
    // Nobody was promised that the mail is encrypted. A login never goes in clear, and never comes here.
    if (policy.kind !== 'opportunistic' || hop.implicitTls || context.signal.aborted) throw error
    const connection = await open(what, { kind: 'clear' }, context)
    return { connection, hop, peer: peerName(hop, address), address, strict, carried: 0 }
  }
}

async function decide(
  { hop, domain, strict, tlsReport }: Reached,
  { resolver, stsOf }: ReachContext,
): Promise<ReturnType<typeof decideTls>> {
  const { safety } = hop
  const dane = safety.kind === 'mx' && safety.mxSecure && safety.addressSecure && !tlsReport
  const [{ tlsa, tlsaBase }, sts] = await Promise.all([
    dane ? findTlsa(hop, safety.alias, resolver) : { tlsa: undefined, tlsaBase: hop.host },
    safety.kind === 'mx' && !tlsReport ? stsOf(domain) : undefined,
  ])
  return decideTls({ hop, requireTls: strict, tlsReport, tlsa, tlsaBase, sts })
}

/** RFC 7672 section 2.2.2: under the name that an alias leads to, and where there are none under the server's own. */
async function findTlsa(
  { host, port }: Hop,
  alias: string | undefined,
  resolver: Resolver,
): Promise<Pick<TlsQuestion, 'tlsa' | 'tlsaBase'>> {
  const look = (name: string): Promise<DnsAnswer<TlsaData>> => resolver.look('TLSA', `_${port}._tcp.${name}`)
  const tlsa = alias === undefined ? undefined : await look(alias)
  if (alias === undefined || tlsa === undefined || tlsa.kind === 'none') return { tlsa: await look(host), tlsaBase: host }
  return { tlsa, tlsaBase: alias }
}

async function open(
  { hop, address, source }: Reached,
  policy: ConnectionOptions['policy'],
  context: ReachContext,
): Promise<SmtpConnection> {
  const { clock, hostName, authorities, signal } = context
  const local = localAddress(source, address)
  const socket = await dial({ address, port: hop.port, clock, ...(local === undefined ? {} : { localAddress: local }) }, signal)
  const options: ConnectionOptions = {
    host: hop.host,
    heloName: source.heloName ?? hostName,
    policy,
    clock,
    implicitTls: hop.implicitTls,
    lmtp: hop.lmtp,
    ...(hop.login === undefined ? {} : { login: hop.login }),
    ...(authorities === undefined ? {} : { authorities }),
  }
  return SmtpConnection.open(socket, options, signal)
}
