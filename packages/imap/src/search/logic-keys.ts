import { either, not } from './combine.ts'
import type { SearchKey } from './key.ts'

export const logicKeys: readonly SearchKey[] = [
  {
    name: 'NOT',
    parse(reader) {
      reader.d.space()
      return not(reader.key())
    },
  },
  {
    name: 'OR',
    parse(reader) {
      reader.d.space()
      const first = reader.key()
      reader.d.space()
      return either([first, reader.key()])
    },
  },
]
