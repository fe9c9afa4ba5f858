import { BODY_INLINE } from '../fetch/limits.ts'
import { COST, type SearchKey } from './key.ts'
import type { Needle } from './needle.ts'

function textKey(name: string, place: Needle['place']): SearchKey {
  return {
    name,
    parse(reader) {
      reader.d.space()
      const needle = reader.needle(place)
      if (needle.text === '') return { cost: COST.memory, bind: () => () => true }
      return {
        cost: COST.octets,
        wants: { structure: true, bodyUpTo: BODY_INLINE },
        bind: () => (candidate) => candidate.contains(needle),
      }
    },
  }
}

export const textKeys: readonly SearchKey[] = [textKey('BODY', 'body'), textKey('TEXT', 'message')]
