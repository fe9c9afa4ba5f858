import { SmtpSyntaxError } from './errors.ts'
import { decodeXtext } from './xtext.ts'

const ATTRIBUTES = ['NAME', 'ADDR', 'PORT', 'PROTO', 'HELO', 'LOGIN', 'DESTADDR', 'DESTPORT'] as const

export type XclientAttribute = (typeof ATTRIBUTES)[number]

/** What XCLIENT says of a client; `undefined`: said to be unknown. What is absent was not said. */
export type XclientAttributes = ReadonlyMap<XclientAttribute, string | undefined>

/** As Postfix documents the command: one or more of name "=" xtext, `[UNAVAILABLE]` or `[TEMPUNAVAIL]`. Throws `SmtpSyntaxError`. */
export function parseXclient(argument: string): XclientAttributes {
  const attributes = new Map<XclientAttribute, string | undefined>()
  for (const word of argument.split(/ +/)) {
    const equals = word.indexOf('=')
    const name = ATTRIBUTES.find((each) => each === word.slice(0, Math.max(0, equals)).toUpperCase())
    if (name === undefined) throw new SmtpSyntaxError('syntax', 'Syntax: XCLIENT attribute=value ...')
    if (attributes.has(name)) throw new SmtpSyntaxError('syntax', `${name} comes twice`)
    attributes.set(name, value(name, word.slice(equals + 1)))
  }
  return attributes
}

function value(name: XclientAttribute, text: string): string | undefined {
  if (/^\[(?:unavailable|tempunavail)\]$/i.test(text)) return undefined
  const decoded = decodeXtext(text)
  if (decoded !== undefined && /^[\u0020-\u007e]+$/.test(decoded)) return decoded
  throw new SmtpSyntaxError('syntax', `${name} has a value that is none`)
}
