export type Pop3Status = '+OK' | '-ERR'

/** RFC 2449 section 8.1 and RFC 3206. */
export type Pop3ResponseCode = 'IN-USE' | 'SYS/TEMP' | 'SYS/PERM' | 'AUTH'

/** RFC 1939 section 3: 512 octets with CRLF. */
const MAX_TEXT = 480

/** The first line of a response, with CRLF. No text that came from elsewhere can split it or pass for a response code. */
export function formatPop3Reply(status: Pop3Status, code: Pop3ResponseCode | undefined, text: string): string {
  const clean = text.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, MAX_TEXT)
  if (code !== undefined) return `${status} [${code}] ${clean}\r\n`
  return clean === '' ? `${status}\r\n` : `${status} ${clean.replace(/^\[/, '(')}\r\n`
}
