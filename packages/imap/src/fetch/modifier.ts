import type { ModSeq, Uid } from '@mailstead/store'
import type { ImapDecoder } from '@mailstead/wire'
import type { Selected } from '../session.ts'
import type { FetchAttribute } from './item.ts'

/** A modifier of FETCH as a client gave it (RFC 4466 section 2.4). */
export interface AppliedModifier {
  /** Modifiers narrow in this order, however they are written. */
  readonly place: number
  /** The modseq whose later changes are asked for. */
  readonly since?: ModSeq
  /** What is gone since then is told too; without `since` there is no telling. */
  readonly tellsVanished?: true
  /** An item that it asks for besides. */
  readonly adds?: FetchAttribute
  /** What is left of the messages asked for, ascending. */
  narrow(uids: readonly Uid[], session: Selected): readonly Uid[]
}

/** A row of the table of modifiers; an extension can bring more. */
export interface FetchModifier {
  /** In capitals. */
  readonly name: string
  /** FETCH by number does not take it. */
  readonly uidOnly?: true
  /** Reads what stands behind the name. */
  parse(d: ImapDecoder): AppliedModifier
}
