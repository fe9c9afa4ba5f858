import type { NumberKey, TextKey } from '../keys/key-columns.ts'
import type { SortKey } from './key.ts'

function numberKey(name: string, key: NumberKey): SortKey {
  return { name, kind: 'number', key }
}

function textKey(name: string, key: TextKey): SortKey {
  return { name, kind: 'text', key }
}

/** RFC 5256, SORT command. */
export const sortKeys: readonly SortKey[] = [
  numberKey('ARRIVAL', 'internal-date'),
  numberKey('DATE', 'sent'),
  numberKey('SIZE', 'size'),
  textKey('CC', 'cc'),
  textKey('FROM', 'from'),
  textKey('TO', 'to'),
  textKey('SUBJECT', 'subject'),
]

/** RFC 5957 section 4. */
export const displayKeys: readonly SortKey[] = [textKey('DISPLAYFROM', 'display-from'), textKey('DISPLAYTO', 'display-to')]
