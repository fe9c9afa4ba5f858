import type { EpochMs } from '@mailstead/base'
import type { TextNeedle } from '@mailstead/mime'
import type { FetchWants, TextFilter } from '@mailstead/store'
import type { ImapDecoder } from '@mailstead/wire'
import type { FieldNeedle } from '../keys/fields.ts'
import type { NumberKey } from '../keys/key-columns.ts'
import type { Selected } from '../session.ts'
import type { Candidate } from './candidate.ts'

/**
 * What must be read to answer, cheapest first: nothing, keys that are kept, fields that are kept where they are searched often, the message's row, its
 * rendered header, its octets.
 */
export const COST = { memory: 0, keys: 1, fields: 2, row: 3, header: 4, octets: 5 } as const

export type Cost = (typeof COST)[keyof typeof COST]

/** Whether a message is one of those. */
export type Test = (candidate: Candidate) => boolean | Promise<boolean>

/** What a search key asks, before it is known which mailbox it is asked of. */
export interface Criterion {
  readonly cost: Cost
  /** What it asks candidates for by `key`. */
  readonly keys?: readonly NumberKey[]
  /** What it asks candidates for by `hasText`. */
  readonly fields?: readonly FieldNeedle[]
  /** Columns it needs; absent where it needs no row. */
  readonly wants?: FetchWants
  /** What no message that it holds for lacks, for an index to look up; absent: it may hold for any. */
  readonly filter?: TextFilter
  /** `now`: the server's time when the search began. */
  bind(session: Selected, now: EpochMs): Test
}

/** What the table's rows read their arguments with. */
export interface KeyReader {
  readonly d: ImapDecoder
  /** Set by keys that ask for modseqs: the response tells the highest one (RFC 7162 section 3.1.5). */
  asksModSeq: boolean
  /** Set by sets of numbers: no expunge may change what they mean (RFC 7162 section 3.2.10.2). */
  namesNumbers: boolean
  /** The next search key. */
  key(): Criterion
  /** What `parse` reads is looked for by its words (RFC 6203). */
  fuzzily(parse: () => Criterion): Criterion
  /** Inside of `fuzzily`. */
  readonly isFuzzy: boolean
  /** An astring in the search's charset, as `foldCase` leaves it. */
  text(): string
  /** Makes it one of the texts that the search looks for inside messages, by its words where that is asked for; throws when there are too many. */
  needle(needle: TextNeedle): TextNeedle
}

/** A row of the table of search keys; an extension can bring more. */
export interface SearchKey {
  /** In capitals. */
  readonly name: string
  /** Reads what stands behind the name. */
  parse(reader: KeyReader): Criterion
}
