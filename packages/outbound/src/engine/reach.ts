import type { Clock, EpochMs } from '@mailstead/base'
import type { Resolver } from '@mailstead/resolver'
import type { TlsPolicyFacts } from '@mailstead/store'
import { SmtpConnection, type ConnectionOptions } from '../client/connection.ts'
import { dial } from '../client/dial.ts'
import type { TlsFacts } from '../client/handshake.ts'
import { PeerLost, TlsUnfit, type TlsFailure } from '../client/errors.ts'
import { MAX_DETAIL } from '../limits.ts'
import type { Hop } from '../routing/hops.ts'
import { localAddress } from '../routing/hops.ts'
import type { Source } from '../routing/route.ts'
import { isUsable } from '../tls/dane.ts'
import { findTlsa } from '../tls/find-tlsa.ts'
import { decideTls, type StsPolicy, type TlsQuestion, type TlsReason } from '../tls/decide.ts'
import type { TlsDemand } from '../tls/demand.ts'
import { policyFacts } from '../tls/policy-facts.ts'
import type { TlsPolicy } from '../tls/policy.ts'
import type { Session } from './session.ts'

/** How TLS went with a server: what reports to its domain are made of (RFC 8460 section 4). */
export interface TlsResult {
  readonly at: EpochMs
  /** Of the recipients. */
  readonly domain: string
  readonly reason: TlsReason
  readonly host: string
  readonly address: string
  /** Our own, of the connection; empty where there was none. */
  readonly source: string
  readonly result: 'success' | TlsFailure | 'dnssec-invalid'
  /** What went wrong, in a few words; empty where the result says it all. */
  readonly detail: string
  /** Absent where no policy of the recipients' domain, nor the lack of one, decided. */
  readonly policy?: TlsPolicyFacts
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
  readonly demand: TlsDemand
}

export const peerName = ({ host }: Hop, address: string): string => (host === address ? `[${address}]` : `${host} [${address}]`)

/** A connection to one address of a server, as safe as the policies want it. Rejects with TlsForbidden and what SmtpConnection.open rejects with. */
export async function reach(what: Reached, context: ReachContext): Promise<Session> {
  const { hop, address, domain, demand } = what
  const question = await ask(what, context)
  const decision = decideTls(question)
  const facts = policyFacts(question, decision.reason, domain)
  let source = ''
  const tell = (result: TlsResult['result'], words = ''): void => {
    const detail = words.slice(0, MAX_DETAIL)
    const about = { at: context.clock.now(), domain, reason: decision.reason, host: hop.host, address, source, detail }
    // What did not ask for a policy says nothing of it; a report about TLS is such mail (RFC 8460 section 3).
    if (demand !== 'optional') context.onTls({ ...about, result, ...(facts === undefined ? {} : { policy: facts }) })
  }
  if (decision.kind === 'skip') {
    if (decision.reason === 'tlsa') tell('dnssec-invalid', decision.text)
    if (decision.reason === 'sts') tell('validation-failure', decision.text)
    throw new TlsForbidden(decision.status, decision.permanent, decision.text)
  }
  const { policy } = decision
  const onSource = (local: string): void => void (source = local)
  try {
    const connection = await open(what, policy, context, onSource)
    tell(...outcome(connection.tls, question, decision.reason, policy))
    return { connection, hop, peer: peerName(hop, address), address, demand, carried: 0 }
  } catch (error) {
    if (error instanceof TlsUnfit) tell(error.failure, error.message)
    if (!(error instanceof PeerLost) || error.step !== 'tls') throw error
    tell('validation-failure', error.message)
    // Nobody was promised that the mail is encrypted. A login never goes in clear, and never comes here.
    if (policy.kind !== 'opportunistic' || hop.implicitTls || context.signal.aborted) throw error
    const connection = await open(what, { kind: 'clear' }, context)
    return { connection, hop, peer: peerName(hop, address), address, demand, carried: 0 }
  }
}

/** What a connection that came about is told as. */
function outcome(
  tls: TlsFacts | undefined,
  { tlsa }: TlsQuestion,
  reason: TlsReason,
  policy: TlsPolicy,
): [result: TlsResult['result'], detail?: string] {
  if (tls === undefined) return policy.kind === 'opportunistic' ? ['starttls-not-supported'] : ['success']
  if (policy.kind === 'opportunistic' && policy.expected === 'no-server-of-the-policy') return ['validation-failure', policy.expected]
  if (tls.unexpected !== undefined) return [tls.unexpected]
  // RFC 8460 section 4.3.2.1: none of the records is of use, so nobody vouches for the server.
  const useless = reason === 'tlsa' && tlsa?.kind === 'records' && !tlsa.records.some(isUsable)
  return useless ? ['tlsa-invalid'] : ['success']
}

async function ask({ hop, domain, demand }: Reached, { resolver, stsOf }: ReachContext): Promise<TlsQuestion> {
  const { safety } = hop
  const follows = demand !== 'optional'
  const [{ tlsa, tlsaBase }, sts] = await Promise.all([
    follows ? findTlsa(hop, resolver) : { tlsa: undefined, tlsaBase: hop.host },
    follows && safety.kind === 'mx' ? stsOf(domain) : undefined,
  ])
  return { hop, demand, tlsa, tlsaBase, sts }
}

async function open(
  { hop, address, source }: Reached,
  policy: ConnectionOptions['policy'],
  context: ReachContext,
  onSource: (local: string) => void = () => {},
): Promise<SmtpConnection> {
  const { clock, hostName, authorities, signal } = context
  const local = localAddress(source, address)
  const socket = await dial({ address, port: hop.port, clock, ...(local === undefined ? {} : { localAddress: local }) }, signal)
  onSource(socket.localAddress ?? '')
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
