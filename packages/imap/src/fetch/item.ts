import type { FetchWants } from '@mailstead/store'
import type { ImapDecoder } from '@mailstead/wire'
import type { Pace } from '../pace.ts'
import type { Selected } from '../session.ts'
import type { FetchedMessage } from './message.ts'

/** A data item as a client asked for it, ready to be answered for any message. */
export interface FetchAttribute {
  /** What it is called in the response, `BODY[1.MIME]<0>`. */
  readonly label: string
  /** Columns it needs; absent: the message's UID and flags are enough, the database is not asked, and the value is text at once. */
  readonly wants?: FetchWants
  /** The value depends on the message alone and never changes: where it is at hand with the row, it may be kept and told again. */
  readonly lasting?: true
  /** Asking for it sets \Seen (RFC 3501 section 6.4.5). */
  readonly setsSeen?: boolean
  /** It tells the flags, so a changed \Seen need not be told besides. */
  readonly tellsFlags?: boolean
  /** It tells the UID, which UID FETCH then does not add. */
  readonly tellsUid?: boolean
  /** It tells the modseq: who asks for it is told of modseqs from now on (RFC 7162 section 3.1). */
  readonly tellsModSeq?: boolean
  /** Throws `ImapNo` when the message cannot be answered: it is left out, and the command ends with that. */
  check?(message: FetchedMessage): Promise<void>
  /** The value: text with an octet per character, or octets, or pieces of the message as a literal. */
  value(message: FetchedMessage, session: Selected, pace: Pace): FetchValue | Promise<FetchValue>
}

export type FetchValue = string | Uint8Array | Pieces

/** A literal put together from octets at hand and ranges of the blob, which are read while they are sent. */
export interface Pieces {
  readonly pieces: readonly Piece[]
  /** It holds NUL, so that it is a literal8 (RFC 3516 section 4.3). */
  readonly binary?: boolean
}

export type Piece = Uint8Array | { readonly start: number; readonly end: number } | MadePiece

/** Octets that are made while they are sent. */
export interface MadePiece {
  /** How many there will be. */
  readonly size: number
  octets(): AsyncIterable<Uint8Array>
}

/** A row of the table of items; an extension can bring more. */
export interface FetchItem {
  /** In capitals, up to a `[` or a blank. */
  readonly name: string
  /** Reads what stands behind the name. */
  parse(d: ImapDecoder): FetchAttribute
}

/** An item that is nothing but its name. */
export function plainItem(attribute: FetchAttribute): FetchItem {
  return { name: attribute.label, parse: () => attribute }
}
