import type { Extension } from '../command.ts'

/** The two are never announced together (RFC 7888 section 5). The framer takes both forms; its limits make the difference. */
export const literalMinus: Extension = {
  capability: 'LITERAL-',
  rfc: 7888,
  summary: 'Literals of up to 4,096 octets without waiting; never together with `LITERAL+`',
  announced: 'before-login',
}

export const literalPlus: Extension = {
  capability: 'LITERAL+',
  rfc: 7888,
  summary: 'Literals of any size without waiting',
}
