const table = (test: (c: number) => boolean): readonly boolean[] => Array.from({ length: 128 }, (_, c) => test(c))
const within = (set: string) => (c: number) => set.includes(String.fromCharCode(c))

const ALPHA_DIGIT = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** atext, RFC 5322 section 3.2.3. */
const ATEXT = table(within(`${ALPHA_DIGIT}!#$%&'*+-/=?^_\`{|}~`))
/** qtextSMTP, RFC 5321 section 4.1.2. */
const QTEXT = table((c) => c >= 32 && c <= 126 && c !== 34 && c !== 92)
const LET_DIG = table(within(ALPHA_DIGIT))
/** esmtp-value, RFC 5321 section 4.1.2. */
const ESMTP_VALUE = table((c) => c >= 33 && c <= 126 && c !== 61)

/** RFC 6531 section 3.3 adds UTF8-non-ascii to these four. */
export const isAtext = (c: number): boolean => c >= 128 || ATEXT[c] === true
export const isQtext = (c: number): boolean => c >= 128 || QTEXT[c] === true
export const isLetDig = (c: number): boolean => c >= 128 || LET_DIG[c] === true
export const isEsmtpValue = (c: number): boolean => c >= 128 || ESMTP_VALUE[c] === true

/** quoted-pairSMTP: a backslash and any printable octet or space. */
export const isQuotable = (c: number): boolean => c >= 32 && c <= 126

/** Octets of `text` as UTF-8. */
export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length
}

/** Whether `text` has a character outside of ASCII. */
export function hasUtf8(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return true
  return false
}
