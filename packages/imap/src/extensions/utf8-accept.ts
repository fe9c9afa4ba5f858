import type { Extension } from '../command.ts'

/**
 * RFC 6855: mailbox names in UTF-8, which the decoder and the responder see to, and `UTF8 (…)` in APPEND and its kin. Messages are
 * given as they are to every client (section 7): what a client cannot read it would not be helped to by another message in its place.
 */
export const utf8Accept: Extension = {
  capability: 'UTF8=ACCEPT',
  rfc: 6855,
  summary: 'Once enabled: mailbox names in UTF-8, and messages with UTF-8 in their headers in APPEND',
  needs: ['ENABLE'],
  enable: true,
}
