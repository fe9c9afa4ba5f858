import type { Socket } from 'node:net'
import type { TlsFacts } from '@mailstead/delivery'
import type { TlsChannel, TlsSource } from '@mailstead/net'
import type { MessageDefect } from '@mailstead/wire'
import type { SmtpReply } from '../replies.ts'

/** Why a line is not handed over as a command. */
export type LineProblem = 'bare-lf' | 'line-too-long' | 'line-endless'

/** Takes octets. */
export interface OctetSink {
  /** Keeps the piece. The client is not read while the promise is open; it never rejects. */
  write(piece: Uint8Array): Promise<void> | undefined
}

/** Takes a message's octets, dots taken out. */
export interface MessageSink extends OctetSink {
  /** Bare CR, bare LF and NUL are put right instead of being defects. */
  readonly normalise: boolean
  readonly maxLine: number
}

/** How a message ended: `lost` with the connection in the middle of it. */
export type MessageEnd = { readonly kind: 'complete'; readonly defect: MessageDefect | undefined } | { readonly kind: 'lost' }

/** The connection as a session sees it. */
export interface Wire {
  reply(reply: SmtpReply): void
  /** The client has said its name: commands that need it are let through. */
  greeted(name: string): void
  /** The next line, as octets of its own, in the middle of a command. `closed`: the connection is gone. */
  readLine(): Promise<Uint8Array | LineProblem | 'closed'>
  /** Reads a message to its end. */
  receive(sink: MessageSink): Promise<MessageEnd>
  /** Reads exactly `size` octets, as they are. False: the connection was lost in the middle of them. */
  receiveChunk(size: number, sink: OctetSink): Promise<boolean>
  /** Says `goAhead` and starts TLS; what the client sent in clear behind STARTTLS is dropped. `undefined`: it failed. */
  startTls(goAhead: SmtpReply, source: TlsSource): Promise<TlsFacts | undefined>
  /**
   * Says `goAhead` and gives the connection away, on which the client is the server from now on: nothing more is said or heard here but that it is over.
   * `undefined`: it is gone, or the client went on talking.
   */
  reverse(goAhead: SmtpReply): Socket | undefined
  /** Of the connection as it is now; `undefined` in clear. */
  channel(): TlsChannel | undefined
}

/** The session as a connection sees it. */
export interface WireUser {
  /** The greeting waits for the promise, if there is one. Never rejects. */
  beforeGreeting(): Promise<void> | undefined
  /** Octets came before the greeting went out. */
  spokeEarly(octets: number): void
  /** One line without its CRLF. Never rejects; `undefined`: nothing more to say. */
  command(line: Uint8Array): Promise<SmtpReply | undefined>
  /** The reply that is about to go out, or another in its place. */
  beforeReply(reply: SmtpReply): SmtpReply
  /** The connection is gone. Called once. */
  closed(): void
  /** Nothing is under way that a shutdown should wait for. */
  readonly idle: boolean
}
