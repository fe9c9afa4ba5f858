import { fuzzyStems, type TextNeedle } from '@mailstead/mime'
import type { TextFilter } from '@mailstead/store'
import { COST, type Criterion, type SearchKey } from './key.ts'

/** The text stands in the message. */
export function inText(needle: TextNeedle): Criterion {
  return { cost: COST.octets, filter: filterOf(needle), bind: () => (candidate) => candidate.contains(needle) }
}

/** What the index knows of a message in which the needle stands; an empty one asks for its field. */
export function filterOf({ text, field = '', fuzzy }: Pick<TextNeedle, 'text' | 'field' | 'fuzzy'>): TextFilter {
  if (fuzzy === true) return { all: fuzzyStems(text).map((stem) => ({ text: stem })) }
  return { text: text === '' ? `${field}:` : text }
}

function textKey(name: string, place: 'content' | 'message'): SearchKey {
  return {
    name,
    parse(reader) {
      reader.d.space()
      const text = reader.text()
      // RFC 9051 section 6.4.4: nothing stands everywhere.
      return text === '' ? { cost: COST.memory, bind: () => () => true } : inText(reader.needle({ text, place }))
    },
  }
}

export const textKeys: readonly SearchKey[] = [textKey('BODY', 'content'), textKey('TEXT', 'message')]
