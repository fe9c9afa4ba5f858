import type { Extension } from '../command.ts'
import { binaryAttribute, binarySizeAttribute } from '../fetch/binary.ts'

/** RFC 3516. APPEND takes literal8 where this is offered. */
export const binary: Extension = {
  capability: 'BINARY',
  rfc: 3516,
  summary: 'FETCH decodes parts, and APPEND takes messages that hold any octet',
  fetchItems: [
    { name: 'BINARY', parse: (d) => binaryAttribute(d, true) },
    { name: 'BINARY.PEEK', parse: (d) => binaryAttribute(d, false) },
    { name: 'BINARY.SIZE', parse: binarySizeAttribute },
  ],
}
