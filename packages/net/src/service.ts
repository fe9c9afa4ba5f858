import type { Clock, Logger } from '@mailstead/base'
import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'

/** One accepted connection, as the front-end gets it. One through a Unix socket comes from 127.0.0.1, and its ports are 0. */
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

/** `too-many`: connections at once, in all or of one address. `too-often`: new connections. `not-a-client`: the listener is for others. */
export type Refusal = 'too-many' | 'too-often' | 'not-a-client'

/** A protocol front-end, seen from the listeners. */
export interface Service {
  /** Whether the client is let in, asked before a TLS handshake; `undefined`: it is. Without it everybody is. */
  admit?(info: ConnectionInfo): Refusal | undefined
  /** Takes the socket over, greets, and serves it to its end. Never throws. */
  accept(socket: Socket, info: ConnectionInfo): void
  /** Says why nothing comes of the connection, in the protocol's own form, and ends the socket. Without it the socket is just closed. */
  refuse?(socket: Socket, info: ConnectionInfo, reason: Refusal): void
  /** Ends idle sessions with the protocol's goodbye, lets commands that run finish, and cuts what is left after `ms`. */
  drain(ms: number): Promise<void>
}

/** The certificate of the moment: a renewed one is served to the next handshake without a restart. */
export interface TlsSource {
  readonly secureContext: SecureContext
  /** Whether clients are asked for a certificate; they need not have one. */
  readonly asksForCertificate?: boolean
  /** Hears of each handshake that succeeded: `TLSv1.3`. */
  secured?(version: string): void
}

/** Writes a session down as a transcript, when the administrator asked for it. Secrets are redacted by the caller. */
export interface WireTap {
  open(protocol: 'imap' | 'pop3' | 'smtp', info: ConnectionInfo): SessionTap
}

export interface SessionTap {
  /** One line or literal from the client, without its CRLF. */
  client(text: string): void
  /** One line or literal of ours. */
  server(text: string): void
  close(): void
}

/** What every front-end is given. */
export interface FrontEndOptions {
  /** The name in greetings and `Received`. */
  readonly hostName: string
  /** Absent: no STARTTLS. */
  readonly tls: TlsSource | undefined
  /** `auth.plaintext = "loopback"`: a password may be taken in clear, from loopback only. */
  readonly plaintextFromLoopback: boolean
  readonly log: Logger
  readonly clock: Clock
  readonly wire?: WireTap
}
