import type { Extension } from '../command.ts'

/** The two are never announced together (RFC 7888 section 5). The framer takes both forms; its limits make the difference. */
export const literalMinus: Extension = {
  capability: 'LITERAL-',
  rfc: 7888,
  summary: 'Short literals without waiting, before login',
  announced: 'before-login',
}

export const literalPlus: Extension = {
  capability: 'LITERAL+',
  rfc: 7888,
  summary: 'Literals without waiting, after login',
}
