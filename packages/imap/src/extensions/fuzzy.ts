import type { Extension } from '../command.ts'
import { RELEVANCY } from '../search/relevancy.ts'

/** Scores written at once. */
const SCORES_A_PIECE = 2000

/**
 * RFC 6203. Texts are looked for by their words, in any form and order; all other keys are matched exactly, which section 5 allows.
 */
export const fuzzy: Extension = {
  capability: 'SEARCH=FUZZY',
  rfc: 6203,
  summary: 'SEARCH by words and their forms, with a score for each message that is found',
  searchKeys: [
    {
      name: 'FUZZY',
      parse(reader) {
        reader.d.space()
        return reader.fuzzily(() => reader.key())
      },
    },
  ],
  searchReturns: [
    {
      name: RELEVANCY,
      parse: () => ({
        name: RELEVANCY,
        place: 6,
        *print(_, scores = []) {
          yield `${RELEVANCY} (`
          for (let at = 0; at < scores.length; at += SCORES_A_PIECE) {
            yield `${at === 0 ? '' : ' '}${scores.slice(at, at + SCORES_A_PIECE).join(' ')}`
          }
          yield ')'
        },
      }),
    },
  ],
  sortKeys: [{ name: RELEVANCY, kind: 'relevancy' }],
}
