import type { Extension } from '../command.ts'
import { plainReturn, returnAll } from '../search/return.ts'

/** RFC 4731. SEARCH itself reads RETURN (…) and prints the response. */
export const esearch: Extension = {
  capability: 'ESEARCH',
  rfc: 4731,
  summary: 'SEARCH tells the first, the last, the number or a set of what it found',
  searchReturns: [
    plainReturn({
      name: 'MIN',
      place: 1,
      picks: (found) => found.slice(0, 1),
      print: (numbers) => numbers.slice(0, 1).map((first) => `MIN ${first}`),
    }),
    plainReturn({
      name: 'MAX',
      place: 2,
      picks: (found) => found.slice(-1),
      print: (numbers) => numbers.slice(-1).map((last) => `MAX ${last}`),
    }),
    plainReturn(returnAll),
    plainReturn({ name: 'COUNT', place: 4, print: (numbers) => [`COUNT ${numbers.length}`] }),
  ],
}
