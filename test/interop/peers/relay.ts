import type { Letter } from './submit.ts'

/** How a relay hands mail on: in clear, encrypted if it can be, encrypted to a server that the authority vouches for, so and logged in, or by LMTP. */
export type Way = 'clear' | 'may' | 'verified' | 'submission' | 'lmtp'

export const WAYS: readonly Way[] = ['clear', 'may', 'verified', 'submission', 'lmtp']

/** A mail server that hands mail on to ours. */
export interface Relay {
  readonly name: string
  /** Takes a letter; hands it on at once. */
  send(way: Way, letter: Letter): Promise<void>
  /** Tries again what waits. */
  retry(): Promise<void>
  /** What waits; empty: nothing. */
  waiting(): Promise<string>
  log(): string
  stop(): Promise<void>
}

/** Where each way leads: what is sent in clear goes past somebody who notes what comes in one piece. */
export type Ports = Readonly<Record<Way, number>>
