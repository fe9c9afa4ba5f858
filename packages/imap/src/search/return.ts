import type { Uid } from '@mailstead/store'
import { formatSet, type ImapDecoder } from '@mailstead/wire'
import type { FetchAttribute } from '../fetch/item.ts'

/** What a client wants to be told of what was found (RFC 4731 section 3.1), as it asked for it. */
export interface ReturnItem {
  readonly name: string
  /** Items are printed in this order. */
  readonly place: number
  /** Others of which a command may have one at most (RFC 9394 section 3.1). */
  readonly exclusive?: true
  /** What is found becomes `$` (RFC 5182). */
  readonly saves?: true
  /** It asks nothing of the result, and other options take no notice of it (RFC 5267 section 4.1). */
  readonly aside?: true
  /** The client wants to hear of changes of the result, and this of messages that come into it. */
  readonly updates?: readonly FetchAttribute[]
  /** The messages it names, of those `found` in the order of the result. Absent: all of them. */
  picks?(found: readonly Uid[]): readonly Uid[]
  /**
   * Name and value, in pieces; nothing where there is none. `numbers` are UIDs or sequence numbers in the order of the result; `scores` those of
   * the messages that ALL or PARTIAL names, after a search with FUZZY.
   */
  print?(numbers: readonly number[], scores?: readonly number[]): Iterable<string>
}

/** A row of the table of return options; an extension can bring more. */
export interface SearchReturn {
  /** In capitals. */
  readonly name: string
  /** Reads what stands behind the name. */
  parse(d: ImapDecoder): ReturnItem
}

/** An option that is nothing but its name. */
export function plainReturn(item: ReturnItem): SearchReturn {
  return { name: item.name, parse: () => item }
}

/** RFC 4731; what RFC 9051 section 6.4.4 takes for granted when nothing is asked for. */
export const returnAll: ReturnItem = {
  name: 'ALL',
  place: 3,
  exclusive: true,
  *print(numbers) {
    if (numbers.length === 0) return
    yield 'ALL '
    yield* setPieces(numbers)
  },
}

/** What `$` stands for after the search, ascending: what the other options name, or all when they count all (RFC 5182 section 2.4, RFC 9394 section 3.2). */
export function savedOf(items: readonly ReturnItem[], found: readonly Uid[]): readonly Uid[] {
  // Typed arrays sort a whole mailbox in a millisecond or two.
  return Array.from(Uint32Array.from(namedBy(items, found)).sort()) as Uid[]
}

/** The messages that the options name, each once: all of those found, if one of them counts all. */
export function namedBy(items: readonly ReturnItem[], found: readonly Uid[]): readonly Uid[] {
  const others = items.filter(({ saves, aside }) => saves !== true && aside !== true)
  const countAll = others.length === 0 || others.some((item) => item.picks === undefined)
  return countAll ? found : [...new Set(others.flatMap((item) => item.picks?.(found) ?? []))]
}

/** Numbers written at once; a run that goes on is not cut. */
const NUMBERS_A_PIECE = 2000

/** A sequence-set of the numbers in their order, in pieces. */
export function* setPieces(numbers: readonly number[]): Iterable<string> {
  for (let from = 0; from < numbers.length;) {
    let to = Math.min(numbers.length, from + NUMBERS_A_PIECE)
    while (to < numbers.length && numbers[to] === (numbers[to - 1] ?? 0) + 1) to++
    yield `${from === 0 ? '' : ','}${formatSet(numbers.slice(from, to))}`
    from = to
  }
}
