import type { Socket } from 'node:net'
import type { TlsFacts } from '@mailstead/delivery'

/** What becomes of ETRN. */
export type StartAnswer =
  /** `pending`: messages, for who may know. */
  | { readonly kind: 'started'; readonly pending?: number }
  | { readonly kind: 'unable' }
  | { readonly kind: 'refused'; readonly reason: string }

/** A connection on which the client has become the server. */
export interface Reversed {
  readonly socket: Socket
  readonly tls: TlsFacts
  /** Whoever is there, for the trace. */
  readonly peer: string
}

/** What becomes of ATRN. */
export type FetchAnswer =
  /** `run` sends the mail; resolves to how many recipients were settled, and rejects when the other side is no server. The connection is over then. */
  | { readonly kind: 'ready'; run(over: Reversed): Promise<number> }
  /** `busy`: it was fetched a moment ago, or is being fetched. */
  | { readonly kind: 'refused' | 'busy' | 'nothing' | 'unable' }

/** Mail that waits here for others. Domains are in lower case; an account is named by its address. */
export interface MailRequests {
  /** RFC 1985; `below`: the domain and all below it. `account`: `undefined` for strangers. */
  start(domain: string, below: boolean, account: string | undefined): Promise<StartAnswer>
  /** RFC 2645; no domains: all that the account may fetch. */
  fetch(domains: readonly string[], account: string): Promise<FetchAnswer>
}
