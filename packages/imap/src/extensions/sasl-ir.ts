import type { Extension } from '../command.ts'

/** RFC 4959: AUTHENTICATE reads it; this announces it. */
export const saslIr: Extension = {
  capability: 'SASL-IR',
  rfc: 4959,
  summary: 'AUTHENTICATE with the first response in the command',
  announced: 'before-login',
}
