import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'

/** One accepted connection, as the front-end gets it. */
export interface ConnectionInfo {
  /** Stands on every log line of the connection. */
  readonly id: string
  /** TLS from the first octet: `socket` is then a TLSSocket whose handshake is done. */
  readonly secure: boolean
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localPort: number
  /** Both ends are on this machine. */
  readonly loopback: boolean
}

/** A protocol front-end, seen from the listeners. */
export interface Service {
  /** Takes the socket over, greets, and serves it to its end. Never throws. */
  accept(socket: Socket, info: ConnectionInfo): void
  /** Ends idle sessions with the protocol's goodbye, lets commands that run finish, and cuts what is left after `ms`. */
  drain(ms: number): Promise<void>
}

/** The certificate of the moment: a renewed one is served to the next handshake without a restart. */
export interface TlsSource {
  readonly secureContext: SecureContext
}
