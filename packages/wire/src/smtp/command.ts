import { isAddressLiteral } from './address-literal.ts'
import { isDomain } from './address.ts'
import { SmtpSyntaxError } from './errors.ts'

export interface CommandLine {
  /** In upper case. */
  readonly verb: string
  /** What follows the first space, without trailing spaces; empty when there is nothing. */
  readonly argument: string
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A command line without its CRLF. Throws SmtpSyntaxError for control characters and octets that are no UTF-8. */
export function parseCommandLine(line: Uint8Array): CommandLine {
  let text: string
  try {
    text = UTF8.decode(line)
  } catch {
    throw new SmtpSyntaxError('syntax', 'The command is not UTF-8')
  }
  // C1 controls too: they would reach logs and header fields.
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)) throw new SmtpSyntaxError('syntax', 'The command holds a control character')
  const space = text.indexOf(' ')
  // RFC 5321 section 4.1.1: white space in front of CRLF is tolerated.
  if (space < 0) return { verb: text.toUpperCase(), argument: '' }
  return { verb: text.slice(0, space).toUpperCase(), argument: withoutSpacesBehind(text.slice(space + 1)) }
}

/** An expression like / +$/ would look at every run of spaces anew from each of its spaces. */
function withoutSpacesBehind(text: string): string {
  let end = text.length
  while (text[end - 1] === ' ') end--
  return text.slice(0, end)
}

/** What follows `BDAT `: chunk-size [SP "LAST"] (RFC 3030 section 2); `undefined` when it is not that. */
export function parseBdat(argument: string): { readonly size: number; readonly last: boolean } | undefined {
  const match = /^(\d{1,15})( +LAST)?$/i.exec(argument)
  return match === null ? undefined : { size: Number(match[1]), last: match[2] !== undefined }
}

/** RFC 5321 section 4.5.3.1.2 limits a domain to 255 octets. */
const MAX_HELO_NAME = 255

/**
 * The argument of EHLO or HELO: `valid` when it is a domain or an address literal as RFC 5321 section 4.1.1.1 wants it.
 * Other printable names are taken, because many honest clients send them. `undefined`: nothing that could be kept.
 */
export function parseHeloName(argument: string): { readonly name: string; readonly valid: boolean } | undefined {
  const name = argument.split(' ')[0] ?? ''
  if (name === '' || name.length > MAX_HELO_NAME || !/^[!-~\u00a0-\uffff]+$/.test(name)) return undefined
  return { name, valid: isDomain(name) || isAddressLiteral(name) }
}
