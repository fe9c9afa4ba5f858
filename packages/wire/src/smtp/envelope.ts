import { addressHasUtf8, parseMailbox, type SmtpAddress } from './address.ts'
import { SmtpSyntaxError } from './errors.ts'
import { type EsmtpParameters, decodeXtext, parseEsmtpParameters } from './parameters.ts'

export interface MailCommand {
  /** `undefined`: the null reverse-path `<>`. */
  readonly reversePath: SmtpAddress | undefined
  /** Octets the client declares (RFC 1870). */
  readonly size: number | undefined
  readonly body: '7BIT' | '8BITMIME' | undefined
  readonly smtpUtf8: boolean
}

export interface RcptCommand {
  readonly forwardPath: SmtpAddress
}

/** Parameters that the server announced, beside SIZE, BODY and SMTPUTF8. */
export interface MailOptions {
  /** RFC 4954 section 5: who announces AUTH takes AUTH= of MAIL. */
  readonly auth: boolean
}

/** What follows `MAIL `: "FROM:" Reverse-path [SP Mail-parameters]. Throws SmtpSyntaxError. */
export function parseMail(argument: string, options: MailOptions): MailCommand {
  const { path, parameters } = pathCommand(argument, 'FROM:')
  for (const [keyword, value] of parameters) checkMailParameter(keyword, value, options)
  const reversePath = path === '' ? undefined : parseMailbox(path)
  const smtpUtf8 = parameters.has('SMTPUTF8')
  if (reversePath !== undefined && !smtpUtf8) refuseUtf8(reversePath)
  const size = parameters.get('SIZE')
  const body = parameters.get('BODY')?.toUpperCase() as MailCommand['body']
  return { reversePath, size: size === undefined ? undefined : Number(size), body, smtpUtf8 }
}

function checkMailParameter(keyword: string, value: string | undefined, { auth }: MailOptions): void {
  const bad = (): never => {
    throw new SmtpSyntaxError('bad-parameter', `Bad value of ${keyword}`)
  }
  if (keyword === 'SIZE') {
    // RFC 1870 section 4: size-value = 1*20DIGIT
    if (!/^\d{1,20}$/.test(value ?? '')) bad()
  } else if (keyword === 'BODY') {
    if (!/^(?:7BIT|8BITMIME)$/i.test(value ?? '')) bad()
  } else if (keyword === 'SMTPUTF8') {
    if (value !== undefined) bad()
  } else if (keyword === 'AUTH' && auth) {
    if (value === undefined || decodeXtext(value) === undefined) bad()
  } else {
    throw new SmtpSyntaxError('unknown-parameter', `${keyword} is not supported`)
  }
}

/** What follows `RCPT `: "TO:" Forward-path [SP Rcpt-parameters]; `smtpUtf8` as MAIL said. Throws SmtpSyntaxError. */
export function parseRcpt(argument: string, smtpUtf8: boolean): RcptCommand {
  const { path, parameters } = pathCommand(argument, 'TO:')
  for (const keyword of parameters.keys()) throw new SmtpSyntaxError('unknown-parameter', `${keyword} is not supported`)
  // RFC 5321 section 4.1.1.3: "postmaster" without a domain, in any case.
  const forwardPath = path.toLowerCase() === 'postmaster' ? { localPart: path, domain: '' } : parseMailbox(path)
  if (!smtpUtf8) refuseUtf8(forwardPath)
  return { forwardPath }
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
