import { createHash, type X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { mailAddresses } from './mail-addresses.ts'

/** What a login may know of the TLS channel that it runs in. */
export interface TlsChannel {
  /** Types of channel binding (RFC 5056) that this channel has; none on one that has no sound one. */
  readonly bindings: readonly string[]
  /** The channel binding's octets; `undefined` when the channel has no binding of this type. */
  binding(type: string): Uint8Array | undefined
  /** The client's certificate, if one was asked for and the configured CA has signed it. */
  readonly certificate: { readonly addresses: readonly string[]; readonly subject: string } | undefined
}

/** `undefined` for a connection in clear. Costs nothing until asked. */
export function tlsChannel(socket: Socket): TlsChannel | undefined {
  return socket instanceof TLSSocket ? new Channel(socket) : undefined
}

/** RFC 9266 section 2. */
const EXPORTER = { label: 'EXPORTER-Channel-Binding', length: 32 } as const

class Channel implements TlsChannel {
  readonly #socket: TLSSocket

  constructor(socket: TLSSocket) {
    this.#socket = socket
  }

  get bindings(): readonly string[] {
    return ['tls-exporter', 'tls-unique', 'tls-server-end-point'].filter((type) => this.binding(type) !== undefined)
  }

  /**
   * Before TLS 1.3 two connections can share a master secret unless both sides used RFC 7627, which OpenSSL does and
   * Node does not tell of: no `tls-exporter` then (RFC 9266 section 4.2), and nothing on a resumed session (RFC 7677
   * section 4).
   */
  binding(type: string): Uint8Array | undefined {
    const socket = this.#socket
    const modern = socket.getProtocol() === 'TLSv1.3'
    if (!modern && socket.isSessionReused()) return undefined
    switch (type) {
      case 'tls-exporter':
        return modern ? socket.exportKeyingMaterial(EXPORTER.length, EXPORTER.label, Buffer.alloc(0)) : undefined
      case 'tls-unique':
        // RFC 5929 section 3.1: the first Finished, in a full handshake the client's. TLS 1.3 has none (RFC 9266 section 3).
        return modern ? undefined : socket.getPeerFinished()
      case 'tls-server-end-point':
        return endPoint(socket.getX509Certificate())
      default:
        return undefined
    }
  }

  get certificate(): TlsChannel['certificate'] {
    const certificate = this.#socket.authorized ? this.#socket.getPeerX509Certificate() : undefined
    if (certificate === undefined) return undefined
    return { addresses: mailAddresses(certificate), subject: certificate.subject.replaceAll('\n', ', ') }
  }
}

/**
 * RFC 5929 section 4.1: the certificate's hash, by the function of its own signature, SHA-256 where that is MD5 or SHA-1.
 * Not defined for signatures without one (Ed25519), nor where it is a parameter (RSASSA-PSS): left out there.
 */
function endPoint(certificate: X509Certificate | undefined): Uint8Array | undefined {
  const [, name = ''] = /(md5|sha-?1|sha224|sha256|sha384|sha512)/i.exec(certificate?.signatureAlgorithm ?? '') ?? []
  if (certificate === undefined || name === '') return undefined
  const hash = /^(md5|sha-?1)$/i.test(name) ? 'sha256' : name.toLowerCase()
  return createHash(hash).update(certificate.raw).digest()
}
