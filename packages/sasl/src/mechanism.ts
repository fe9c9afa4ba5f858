import type { Credentials, LoginConnection, LoginContext, LoginResult } from './credentials.ts'

/** What the server does next: sends a challenge (octets before base64), or has decided. */
export type Step = { readonly kind: 'challenge'; readonly data: Uint8Array } | { readonly kind: 'done'; readonly result: LoginResult }

/** One login attempt. `undefined` as the first response: the client sent none with its command. */
export interface Exchange {
  next(response: Uint8Array | undefined): Promise<Step>
}

export interface Mechanism {
  /** As announced: `PLAIN`. */
  readonly name: string
  /** Whether it is configured and the connection has what it needs, encryption apart: none is used without that. */
  available(credentials: Credentials, connection: LoginConnection): boolean
  start(credentials: Credentials, context: LoginContext): Exchange
}
