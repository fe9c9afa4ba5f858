import type { Extension } from '../command.ts'

/**
 * RFC 9586. Once it is enabled, responses about messages are UIDFETCH and VANISHED, and what names messages by number is answered
 * with BAD [UIDREQUIRED]: the responder, the dialogue and the search see to it.
 */
export const uidonly: Extension = {
  capability: 'UIDONLY',
  rfc: 9586,
  summary: 'Once enabled: messages are known by UIDs alone, and told of by UIDFETCH and VANISHED',
  needs: ['ENABLE'],
  enable: true,
}
