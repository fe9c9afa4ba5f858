import type { FlagChange } from '@mailstead/store'
import type { ImapDecoder } from '@mailstead/wire'

/** What modifiers of STORE ask of the store. */
export type StoreCondition = Pick<FlagChange, 'unchangedSince'>

/** A row of the table of modifiers of STORE (RFC 4466 section 2.5); an extension can bring more. */
export interface StoreModifier {
  /** In capitals. */
  readonly name: string
  /** Reads what stands behind the name. */
  parse(d: ImapDecoder): StoreCondition
}
