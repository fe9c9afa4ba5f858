import { addressHasUtf8, parseMailbox, type SmtpAddress } from './address.ts'
import { SmtpSyntaxError } from './errors.ts'
import { type MailParameters, readMailParameters } from './mail-parameters.ts'
import { type Announced, type EsmtpParameters, parseEsmtpParameters } from './parameters.ts'
import { type RcptParameters, readRcptParameters } from './rcpt-parameters.ts'

export interface MailCommand extends MailParameters {
  /** `undefined`: the null reverse-path `<>`. */
  readonly reversePath: SmtpAddress | undefined
}

export interface RcptCommand extends RcptParameters {
  readonly forwardPath: SmtpAddress
}

/** What follows `MAIL `: "FROM:" Reverse-path [SP Mail-parameters]. Throws SmtpSyntaxError. */
export function parseMail(argument: string, announced: Announced): MailCommand {
  const { path, parameters } = pathCommand(argument, 'FROM:')
  const read = readMailParameters(parameters, announced)
  const reversePath = path === '' ? undefined : parseMailbox(path)
  if (reversePath !== undefined && read.smtpUtf8 !== true) refuseUtf8(reversePath)
  return { reversePath, ...read }
}

export interface RcptOptions {
  readonly announced: Announced
  /** As MAIL said. */
  readonly smtpUtf8: boolean
}

/** What follows `RCPT `: "TO:" Forward-path [SP Rcpt-parameters]. Throws SmtpSyntaxError. */
export function parseRcpt(argument: string, { announced, smtpUtf8 }: RcptOptions): RcptCommand {
  const { path, parameters } = pathCommand(argument, 'TO:')
  const read = readRcptParameters(parameters, announced, smtpUtf8)
  // RFC 5321 section 4.1.1.3: "postmaster" without a domain, in any case.
  const forwardPath = path.toLowerCase() === 'postmaster' ? { localPart: path, domain: '' } : parseMailbox(path)
  if (!smtpUtf8) refuseUtf8(forwardPath)
  return { forwardPath, ...read }
}

function refuseUtf8(address: SmtpAddress): void {
  if (addressHasUtf8(address)) throw new SmtpSyntaxError('needs-smtputf8', 'The address needs the SMTPUTF8 parameter')
}

/** The path without brackets and source route, and the parameters behind it. */
function pathCommand(argument: string, prefix: string): { path: string; parameters: EsmtpParameters } {
  if (argument.slice(0, prefix.length).toUpperCase() !== prefix) throw new SmtpSyntaxError('syntax', `Syntax: ${prefix}<address>`)
  // Spaces behind the colon are no part of the grammar, but many clients send them.
  const text = argument.slice(prefix.length).replace(/^ +/, '')
  if (!text.startsWith('<')) throw new SmtpSyntaxError('syntax', `Syntax: ${prefix}<address>`)
  const end = closingBracket(text)
  const rest = text.slice(end + 1)
  if (rest !== '' && !rest.startsWith(' ')) throw new SmtpSyntaxError('syntax', 'A space is missing behind the address')
  return { path: withoutRoute(text.slice(1, end)), parameters: parseEsmtpParameters(rest) }
}

/** A quoted local part may hold ">" itself. */
function closingBracket(text: string): number {
  let quoted = false
  for (let i = 1; i < text.length; i++) {
    const c = text[i]
    if (quoted && c === '\\') i++
    else if (c === '"') quoted = !quoted
    else if (c === '>' && !quoted) return i
  }
  throw new SmtpSyntaxError('syntax', 'The address does not end with ">"')
}

/** RFC 5321 section 4.1.1.3: a source route is accepted, and ignored. */
function withoutRoute(path: string): string {
  return path.startsWith('@') ? path.replace(/^@[^\s,:@"]+(?:,@[^\s,:@"]+)*:/, '') : path
}
