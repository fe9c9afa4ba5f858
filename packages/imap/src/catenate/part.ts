import type { LiteralSink } from '../command.ts'
import type { Mailbox, StagedBlob } from '@mailstead/store'

/** A message that is put together piece by piece. */
export interface Assembling {
  readonly mailbox: Mailbox
  /** Octets so far. */
  readonly size: number
  /** Takes those of `parts` that it has not yet: URLs. Throws `ImapNo` BADURL for the first that names nothing. */
  include(parts: readonly CatPart[]): Promise<void>
  /** Takes a text; what stands before it is included. `binary`: it may hold NUL. */
  sink(size: number, binary: boolean): LiteralSink
  finish(): Promise<StagedBlob>
  /** Gives the octets back; harmless once they are used. */
  abort(): Promise<void>
}

/** cat-part of RFC 4469 section 5; the octets of a text are in the message already. */
export type CatPart = { readonly kind: 'text'; readonly to: Assembling } | { readonly kind: 'url'; readonly text: string }
