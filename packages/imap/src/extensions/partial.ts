import type { ImapDecoder } from '@mailstead/wire'
import type { Extension } from '../command.ts'
import { setPieces } from '../search/return.ts'

/** `1:100` counts from the first result, `-1:-100` from the last one. */
interface PartialRange {
  /** As the client wrote it: the response repeats it. */
  readonly text: string
  readonly slice: <T>(all: readonly T[]) => readonly T[]
}

// partial-range = nz-number ":" nz-number / "-" nz-number ":-" nz-number
function partialRange(d: ImapDecoder): PartialRange {
  d.space()
  const fromLast = d.skip('-')
  const sign = fromLast ? '-' : ''
  const first = d.nzNumber()
  d.expect(':')
  if (fromLast) d.expect('-')
  const second = d.nzNumber()
  // RFC 9394 section 4: 500:400 is the same as 400:500.
  const [low, high] = [Math.min(first, second), Math.max(first, second)]
  return {
    text: `${sign}${first}:${sign}${second}`,
    slice: (all) => (fromLast ? all.slice(Math.max(0, all.length - high), Math.max(0, all.length - low + 1)) : all.slice(low - 1, high)),
  }
}

function* print(range: PartialRange, numbers: readonly number[]): Iterable<string> {
  const chosen = range.slice(numbers)
  yield `PARTIAL (${range.text} `
  if (chosen.length === 0) yield 'NIL'
  else yield* setPieces(chosen)
  yield ')'
}

/** RFC 9394: page by page through what a search finds, or a set of UIDs names. */
export const partial: Extension = {
  capability: 'PARTIAL',
  rfc: 9394,
  summary: 'SEARCH and UID FETCH give a page of the result, from its beginning or its end',
  needs: ['ESEARCH'],
  searchReturns: [
    {
      name: 'PARTIAL',
      parse(d) {
        const range = partialRange(d)
        const { slice } = range
        return { name: 'PARTIAL', place: 5, exclusive: true, picks: slice, print: (numbers) => print(range, numbers) }
      },
    },
  ],
  fetchModifiers: [
    {
      name: 'PARTIAL',
      uidOnly: true,
      parse(d) {
        const { slice } = partialRange(d)
        // Section 3.4: first the page, then what else narrows it.
        return { place: 1, narrow: (uids) => slice(uids) }
      },
    },
  ],
}
