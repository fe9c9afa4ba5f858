import { decode, fromBase64, fromQuotedPrintable, octetsOf } from './charset.ts'
import { casemap } from './fold.ts'
import { divide, extendedOctets, fieldsOf, linesOf, parametersOf, shownField, valueOf, type Field } from './header.ts'
import { shownText } from './html.ts'

/** What a search may ask of a message, as it is compared: all texts through `casemap`. */
export interface Read {
  /** By lower-case name, in their order: how each field is shown. */
  readonly fields: readonly { readonly name: string; readonly text: string }[]
  /** The Date field as it is written. */
  readonly date: string | undefined
  /** What BODY looks through. */
  readonly body: readonly string[]
  /** What TEXT looks through besides. */
  readonly headers: readonly string[]
}

interface Found {
  readonly body: string[]
  readonly headers: string[]
}

/** Takes a message apart the slow and obvious way. */
export function read(octets: Buffer): Read {
  const message = octets.toString('latin1')
  const found: Found = { body: [], headers: [] }
  readEntity(message, false, found.headers, found)
  const fields = fieldsOf(divide(message).header)
  return {
    fields: fields.map((field) => ({ name: field.name.toLowerCase(), text: casemap(shownField(field)) })),
    date: valueOf(fields, 'date'),
    body: found.body.map(casemap),
    headers: found.headers.map(casemap),
  }
}

/** A message or a part; its header goes where `headers` says. */
function readEntity(source: string, inDigest: boolean, headers: string[], found: Found): void {
  const { header, body } = divide(source)
  const fields = fieldsOf(header)
  headers.push(fields.map((field) => `${field.name}: ${shownField(field)}\n`).join(''))
  const content = contentOf(fields, inDigest)
  if (content.type === 'multipart') {
    const parts = partsOf(body, content.boundary)
    // Nothing is marked as a part: all of it is text.
    if (parts === undefined) found.body.push(decode(octetsOf(body), ''))
    else for (const part of parts) readEntity(part, content.subtype === 'digest', found.headers, found)
  } else if (content.type === 'message' && ['rfc822', 'global'].includes(content.subtype)) {
    // The header of an attached message is content.
    readEntity(body, false, found.body, found)
  } else if (content.type === 'text' || content.type === 'message') {
    const text = decode(transferred(body, content.encoding), content.charset)
    found.body.push(content.type === 'text' && ['html', 'xhtml'].includes(content.subtype) ? shownText(text) : text)
  }
}

interface Content {
  readonly type: string
  readonly subtype: string
  readonly charset: string
  readonly boundary: string
  readonly encoding: string
}

function contentOf(fields: readonly Field[], inDigest: boolean): Content {
  const written = valueOf(fields, 'content-type')
  const { value, parameters } = parametersOf((written ?? '').replace(/[ \t]*\/[ \t]*/, '/'))
  const named = (name: string): string =>
    parameters.find(([each]) => each.toLowerCase() === name)?.[1] ?? extendedOctets(parameters, name).octets.toString('latin1')
  // A token ends where a letter is none (RFC 2045 section 5.1).
  let [, type = 'text', subtype = 'plain'] = /^([^\s()<>@,;:\\"/[\]?=]+)\/([^\s()<>@,;:\\"/[\]?=]+)/.exec(value.toLowerCase()) ?? []
  if (written === undefined && inDigest) [type, subtype] = ['message', 'rfc822']
  // A delimiter is a line, and lines have at most 998 octets.
  const given = named('boundary').trimEnd()
  const boundary = given.length > 994 ? '' : given
  // RFC 2046 section 5.1: a multipart needs its boundary.
  if (type === 'multipart' && boundary === '') [type, subtype] = ['text', 'plain']
  const coding = (valueOf(fields, 'content-transfer-encoding') ?? '').replace(/\([^)]*\)/g, '').trim()
  const encoding = /^"?([^\s;()"]+)/.exec(coding)?.[1] ?? ''
  return { type, subtype, charset: named('charset'), boundary, encoding: encoding.toLowerCase() }
}

/** RFC 2046 section 5.1.1. `undefined`: there is no delimiter. */
function partsOf(body: string, boundary: string): string[] | undefined {
  const parts: string[] = []
  let closed = false
  // A part that is a multipart with the same boundary: its delimiters are its own up to its last.
  let isInner = false
  for (const line of linesOf(body)) {
    const delimiter = delimiterOf(line, boundary)
    const part = parts.at(-1)
    if (part !== undefined && delimiter !== undefined && !isInner && sharesBoundary(part, boundary)) isInner = true
    if (delimiter === 'last' && !isInner) {
      closed = true
      break
    }
    if (delimiter === 'next' && !isInner) parts.push('')
    else if (part !== undefined) parts[parts.length - 1] = part + line
    if (delimiter === 'last') isInner = false
  }
  if (parts.length === 0) return undefined
  // The line end before a delimiter belongs to it; behind the last part there may be none.
  return parts.map((part, index) => (index < parts.length - 1 || closed ? part.replace(/\r?\n$/, '') : part))
}

/** What stands behind a boundary is passed over, unless the boundary could go on with it. */
function delimiterOf(line: string, boundary: string): 'next' | 'last' | undefined {
  const whole = line.replace(/[ \t\r\n]+$/, '')
  const word = /^--[0-9A-Za-z'()+_,\-./:=?]*/.exec(whole)?.[0] ?? ''
  for (const text of [whole, word]) {
    if (text === `--${boundary}`) return 'next'
    if (text === `--${boundary}--`) return 'last'
  }
  return undefined
}

/** Whether the part begins as a multipart with that boundary, none of whose delimiters was read. */
function sharesBoundary(part: string, boundary: string): boolean {
  const { header, body } = divide(part)
  return header !== part && contentOf(fieldsOf(header), false).boundary === boundary && !body.includes(`--${boundary}--`)
}

function transferred(body: string, encoding: string): Buffer {
  if (encoding === 'base64') return fromBase64(body)
  return encoding === 'quoted-printable' ? fromQuotedPrintable(body) : octetsOf(body)
}
