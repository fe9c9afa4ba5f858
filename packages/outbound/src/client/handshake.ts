import type { X509Certificate } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { Clock } from '@mailstead/base'
import { HANDSHAKE_TIME } from '../limits.ts'
import { daneFailure } from '../tls/dane.ts'
import { isAuthenticated, type TlsPolicy } from '../tls/policy.ts'
import { PeerLost, TlsUnfit, type TlsFailure } from './errors.ts'

export interface TlsFacts {
  /** `TLSv1.3` */
  readonly version: string
  /** `TLS_AES_256_GCM_SHA384` */
  readonly cipher: string
  /** The policy wanted to know who the peer is, and does. */
  readonly authenticated: boolean
  /** What keeps the peer from being who an opportunistic policy expects. */
  readonly unexpected?: TlsFailure
}

export interface HandshakeOptions {
  /** Of the peer, for SNI. */
  readonly host: string
  readonly policy: TlsPolicy
  readonly clock: Clock
  /** Authorities in PEM instead of the known ones. */
  readonly authorities?: readonly string[]
}

/** What nobody has to trust may be old: any TLS is better than none (RFC 7435 section 3). */
const WEAK: ConnectionOptions = { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' }

/**
 * The client's side of a handshake on `raw`, which must have no reader. Rejects with PeerLost when it fails and with TlsUnfit when it
 * leads to somebody else than the policy wants; the connection is then over.
 */
export async function clientHandshake(
  raw: Socket,
  options: HandshakeOptions,
): Promise<{ readonly socket: TLSSocket; readonly facts: TlsFacts }> {
  const { host, policy, clock, authorities } = options
  const servername = policy.kind === 'dane' ? (policy.names[0] ?? host) : host
  const socket = connect({
    socket: raw,
    ...(isIP(servername) === 0 ? { servername } : {}),
    // Who the peer is, is looked at afterwards: what does not fit has a name then.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(isAuthenticated(policy) ? { minVersion: 'TLSv1.2' as const } : WEAK),
    ...(authorities === undefined ? {} : { ca: [...authorities] }),
  })
  await secured(socket, clock)
  const failure = identityFailure(socket, policy, clock.now())
  if (failure !== undefined) {
    socket.destroy()
    throw new TlsUnfit(failure, `The certificate of ${host} does not do: ${failure}`)
  }
  const expected = policy.kind === 'opportunistic' && typeof policy.expected === 'object' ? policy.expected.names : undefined
  const unexpected = expected === undefined ? undefined : certificateFailure(socket, expected)
  const facts = {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher().standardName,
    authenticated: isAuthenticated(policy),
    ...(unexpected === undefined ? {} : { unexpected }),
  }
  return { socket, facts }
}

function secured(socket: TLSSocket, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const lose = (reason: 'closed' | 'timeout', message: string): void => {
      timer.cancel()
      socket
        .off('close', onClose)
        .off('error', onError)
        .on('error', () => {})
      socket.destroy()
      reject(new PeerLost(reason, 'tls', message))
    }
    const onClose = (): void => lose('closed', 'The peer hung up during the TLS handshake')
    const onError = (error: Error): void => lose('closed', `TLS handshake failed: ${error.message}`)
    const timer = clock.after(HANDSHAKE_TIME, () => lose('timeout', 'The TLS handshake took too long'))
    socket.once('close', onClose).once('error', onError)
    socket.once('secureConnect', () => {
      timer.cancel()
      socket.off('close', onClose).off('error', onError)
      resolve()
    })
  })
}

const EXPIRED = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])

function identityFailure(socket: TLSSocket, policy: TlsPolicy, now: number): TlsFailure | undefined {
  if (policy.kind === 'dane') return daneFailure(policy.records, peerChain(socket), policy.names, now)
  return policy.kind === 'verified' ? certificateFailure(socket, policy.names) : undefined
}

function certificateFailure(socket: TLSSocket, names: readonly string[]): TlsFailure | undefined {
  const leaf = socket.getPeerX509Certificate()
  if (leaf === undefined) return 'validation-failure'
  if (!socket.authorized) return EXPIRED.has(String(codeOf(socket.authorizationError))) ? 'certificate-expired' : 'certificate-not-trusted'
  const named = names.some((name) => (isIP(name) === 0 ? leaf.checkHost(name, { subject: 'never' }) : leaf.checkIP(name)) !== undefined)
  return named ? undefined : 'certificate-host-mismatch'
}

/** Node's types say Error, and it is a text at times. */
function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error
}

/** Leaf first. A chain that comes back to where it was ends there. */
function peerChain(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = []
  for (let next = socket.getPeerX509Certificate(); next !== undefined; next = next.issuerCertificate) {
    const { raw } = next
    if (chain.some((certificate) => certificate.raw.equals(raw))) break
    chain.push(next)
  }
  return chain
}
