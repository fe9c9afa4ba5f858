import type { Extension } from '../command.ts'

/** RFC 4469. APPEND and REPLACE read `CATENATE (…)`; this announces it. */
export const catenate: Extension = {
  capability: 'CATENATE',
  rfc: 4469,
  summary: 'APPEND puts a message together from texts and from messages and parts that are here already',
}
