import type { Extension } from '../command.ts'

/** RFC 6154. The attributes stand in every LIST response, so the return option asks for what is there anyway. */
export const specialUse: Extension = {
  capability: 'SPECIAL-USE',
  rfc: 6154,
  summary: 'LIST says which mailbox is for sent mail, drafts, junk, …',
  listSelections: [{ name: 'SPECIAL-USE', kind: 'independent', selects: ({ mailbox }) => mailbox?.specialUse !== undefined }],
  listReturns: [{ name: 'SPECIAL-USE' }],
}

/** CREATE reads `(USE (\Sent))`; this announces it. */
export const createSpecialUse: Extension = {
  capability: 'CREATE-SPECIAL-USE',
  rfc: 6154,
  summary: 'CREATE says what the mailbox is for',
  needs: ['SPECIAL-USE'],
}
