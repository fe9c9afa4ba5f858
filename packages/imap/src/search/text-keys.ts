import type { TextNeedle } from '@mailstead/mime'
import { COST, type Criterion, type SearchKey } from './key.ts'

/** The text stands in the message. */
export function inText(needle: TextNeedle): Criterion {
  return { cost: COST.octets, bind: () => (candidate) => candidate.contains(needle) }
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
