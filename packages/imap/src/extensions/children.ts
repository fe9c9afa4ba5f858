import type { Extension } from '../command.ts'

/** RFC 3348: LIST always says \HasChildren or \HasNoChildren; the return option of RFC 5258 asks for what is there anyway. */
export const children: Extension = {
  capability: 'CHILDREN',
  rfc: 3348,
  summary: 'LIST says which mailboxes have others below them',
  listReturns: [{ name: 'CHILDREN' }],
}
