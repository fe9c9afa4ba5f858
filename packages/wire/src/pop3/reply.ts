export type Pop3Status = '+OK' | '-ERR'

/** RFC 2449 section 8.1 and RFC 3206. */
export type Pop3ResponseCode = 'IN-USE' | 'LOGIN-DELAY' | 'SYS/TEMP' | 'SYS/PERM' | 'AUTH'

/** Octets. RFC 1939 section 3: 512 with status, code and CRLF. */
const MAX_TEXT = 480

/**
 * The first line of a response, with CRLF, an octet per character. No text that came from elsewhere can split it or
 * pass for a response code. Octets above 127 are UTF-8, and stand only where the text has letters beyond ASCII: RFC 1939
 * knows none, so such texts are for clients that asked for them (RFC 6856 section 3.2).
 */
export function formatPop3Reply(status: Pop3Status, code: Pop3ResponseCode | undefined, text: string): string {
  const clean = cut(Buffer.from(text.replaceAll(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')))
  if (code !== undefined) return `${status} [${code}] ${clean}\r\n`
  return clean === '' ? `${status}\r\n` : `${status} ${clean.replace(/^\[/, '(')}\r\n`
}

/** At most MAX_TEXT octets, and no part of a letter at the end. */
function cut(utf8: Buffer): string {
  if (utf8.length <= MAX_TEXT) return utf8.toString('latin1')
  let end = MAX_TEXT
  while (((utf8[end] ?? 0) & 0xc0) === 0x80) end--
  return utf8.toString('latin1', 0, end)
}
