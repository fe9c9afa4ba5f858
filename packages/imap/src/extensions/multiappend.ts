import type { Extension } from '../command.ts'

/** RFC 3502. APPEND itself is in the base; without this it takes one message. */
export const multiappend: Extension = {
  capability: 'MULTIAPPEND',
  rfc: 3502,
  summary: 'Several messages in one APPEND, all of them stored or none',
}
