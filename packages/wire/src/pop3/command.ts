import { Pop3SyntaxError } from './errors.ts'

export interface Pop3Command {
  /** In upper case. */
  readonly keyword: string
  /** What follows the first space, as it came: spaces can belong to a password (RFC 1939 section 7, PASS). */
  readonly argument: string
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A command line without its line end. Throws `Pop3SyntaxError` for NUL, bare CR and octets that are no UTF-8. */
export function parsePop3Command(line: Uint8Array): Pop3Command {
  let text: string
  try {
    text = UTF8.decode(line)
  } catch {
    throw new Pop3SyntaxError('not-utf8')
  }
  if (/[\0\r]/.test(text)) throw new Pop3SyntaxError('control-character')
  const space = text.indexOf(' ')
  if (space === -1) return { keyword: text.toUpperCase(), argument: '' }
  return { keyword: text.slice(0, space).toUpperCase(), argument: text.slice(space + 1) }
}

/** The arguments between spaces; none for an empty argument. Surplus spaces are taken from clients that send them. */
export function words(argument: string): string[] {
  return argument.split(' ').filter((word) => word !== '')
}

/** Digits of a number that no maildrop reaches: beyond them a number is only larger. */
const MAX_DIGITS = 15

/** A message-number, or TOP's number of lines. Throws `Pop3SyntaxError` when it is not all digits. */
export function messageNumber(word: string): number {
  if (!/^\d+$/.test(word)) throw new Pop3SyntaxError('no-number')
  return word.length > MAX_DIGITS ? Number.MAX_SAFE_INTEGER : Number(word)
}
