const NOT_QUOTABLE = /[^\x01-\x09\x0b\x0c\x0e-\x7f]/
const SPECIAL = /["\\]/

/**
 * `string` of RFC 3501 section 9, from and to an octet per character. Quoted where a quoted string may hold it;
 * with octets of eight bits, CR or LF a literal, which every session can read: RFC 6855 section 3 allows eight
 * bits in quoted strings only after ENABLE, and what is rendered once serves all sessions. No string can hold NUL.
 */
export function imapString(value: string): string {
  if (NOT_QUOTABLE.test(value)) {
    const clean = value.includes('\0') ? value.replaceAll('\0', '?') : value
    if (NOT_QUOTABLE.test(clean)) return `{${clean.length}}\r\n${clean}`
    value = clean
  }
  return SPECIAL.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : `"${value}"`
}

export function imapNstring(value: string | undefined): string {
  return value === undefined ? 'NIL' : imapString(value)
}
