import type { Extension } from '../command.ts'

/**
 * RFC 9051, beside IMAP4rev1. What it adds to that was an extension before, and is in their files; what it changes waits until a
 * client enables it (appendix A): commands and views ask `speaksRev2`.
 */
export const rev2: Extension = {
  capability: 'IMAP4rev2',
  rfc: 9051,
  summary: 'Once enabled: no \\Recent, ESEARCH in the place of SEARCH, UTF-8 names, LIST in the replies of SELECT',
  announced: 'always',
  needs: ['ENABLE'],
  enable({ session }) {
    if (session.state === 'selected') session.view.forgetRecent()
  },
}
