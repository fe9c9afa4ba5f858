import { unfold } from '../header.ts'
import { MAX_DOWNGRADED_FIELD } from '../limits.ts'
import { toOctets, toText } from '../octets.ts'
import { areWritable, downgradeAddresses } from './address-field.ts'
import { downgradeComments } from './comments.ts'
import { downgradeDomain } from './domain.ts'
import { encodeText, encodeWords, fromUtf8, isAscii, isUtf8 } from './encode-words.ts'
import { downgradeParameters } from './parameters.ts'

/** RFC 5322 section 2.1.1 */
const LINE = 78

/** Another value, or another field: `name` is then set. */
interface Downgraded {
  readonly name?: string
  readonly value: string
}

type Downgrade = (value: string, name: string) => Downgraded

const addresses: Downgrade = (value, name) => ({ value: downgradeAddresses(value, name.toLowerCase() === 'return-path') })

const unstructured: Downgrade = (value) => ({ value: encodeText(value) })

/** RFC 6857 section 3.2.2: ASCII but for comments. */
const comments: Downgrade = (value) => ({ value: downgradeComments(value, (text) => (isAscii(text) ? text : encodeText(text))) })

/** RFC 6857 section 3.1.10. */
const encapsulated: Downgrade = (value, name) => ({ name: `Downgraded-${name}`, value: encodeText(value) })

/** RFC 6857 section 3.2.3. */
const ids: Downgrade = (value, name) => {
  let within = false
  const downgraded = downgradeComments(value, (text) => {
    within ||= !isAscii(text)
    return text
  })
  return within ? encapsulated(value, name) : { value: downgraded }
}

/** RFC 6857 section 3.2.4: clauses FOR and ID that have no other form go. */
const received: Downgrade = (value) => ({
  value: downgradeComments(value, (text) => (isAscii(text) ? text : traceClauses(text))),
})

function traceClauses(text: string): string {
  const out: string[] = []
  // Words at even places, what divides them at odd ones. No \s: it would take the octet A0, which ends letters like "à".
  const parts = text.split(/([ \t\r\n;]+)/)
  for (let at = 0; at < parts.length; at += 2) {
    const [word = '', divider = ''] = [parts[at], parts[at + 1]]
    const next = parts[at + 2] ?? ''
    if (isAscii(next) || !/^(for|id)$/i.test(word)) out.push(tracePlace(word) ?? encodeWords(word), divider)
    else {
      const place = /^for$/i.test(word) ? tracePlace(next) : undefined
      const behind = parts[at + 3] ?? ''
      out.push(place === undefined ? behind.trimStart() : `${word}${divider}${place}${behind}`)
      at += 2
    }
  }
  return out.join('')
}

/** A domain, or an address whose local part is ASCII, by A-labels. */
function tracePlace(word: string): string | undefined {
  const match = /^(<?)([^@]*@)?([^<>]*)(>?)$/.exec(word)
  const domain = downgradeDomain(match?.[3] ?? '')
  if (match === null || domain === undefined || !isAscii(match[2] ?? '')) return isAscii(word) ? word : undefined
  return `${match[1]}${match[2] ?? ''}${domain}${match[4]}`
}

const parameters: Downgrade = (value) => {
  const downgraded = downgradeParameters(value)
  return downgraded === undefined ? unstructured(value, '') : { value: downgraded }
}

/** RFC 6857 section 3.1.9, of delivery reports: "utf-8; address" becomes utf-8-addr-xtext of RFC 6533 section 3. */
const typedAddress: Downgrade = (value, name) => {
  const match = /^utf-8[ \t]*;[ \t]*(.+)$/is.exec(value)
  const address = fromUtf8(match?.[1] ?? '')
  if (match === null || address === undefined) return encapsulated(value, name)
  const escape = (char: string): string => `\\x{${(char.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`
  return { value: `utf-8; ${address.replaceAll(/[^!-*,-<>-[\]-~]/gu, escape)}` }
}

/** RFC 6857 section 3.2, by names in lower case; what is not here is unstructured (section 3.2.8). */
const METHODS = new Map<string, Downgrade>([
  ...[
    'from',
    'sender',
    'to',
    'cc',
    'bcc',
    'reply-to',
    'resent-from',
    'resent-sender',
    'resent-to',
    'resent-cc',
    'resent-bcc',
    'resent-reply-to',
    'return-path',
    'disposition-notification-to',
    'delivered-to',
  ].map((name) => [name, addresses] as const),
  ...[
    'date',
    'resent-date',
    'mime-version',
    'content-id',
    'content-transfer-encoding',
    'content-language',
    'accept-language',
    'auto-submitted',
  ].map((name) => [name, comments] as const),
  ...['message-id', 'resent-message-id', 'in-reply-to', 'references'].map((name) => [name, ids] as const),
  ...['content-type', 'content-disposition'].map((name) => [name, parameters] as const),
  ...['original-recipient', 'final-recipient'].map((name) => [name, typedAddress] as const),
  ['received', received],
])

/**
 * One header field, its folding and its line end included, as a client can read it that knows ASCII only (RFC 6857
 * section 3.2); a field that is ASCII comes back as it is. Of a line that is no field the octets above 127 become `?`.
 */
export function downgradeField(raw: Uint8Array): Uint8Array {
  const text = toText(raw)
  if (isAscii(text)) return raw
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(0, colon)).trimEnd()
  if (!/^[!-9;-~]+$/.test(name)) return toOctets(text.replaceAll(/[\x80-\xff]/g, '?'))
  const lineEnd = /\r?\n$/.exec(text)?.[0] ?? ''
  const downgraded = (METHODS.get(name.toLowerCase()) ?? unstructured)(unfold(text, colon + 1), name)
  return toOctets(fold(`${downgraded.name ?? name}: ${downgraded.value}`, lineEnd === '\n' ? '\n' : '\r\n') + lineEnd)
}

/** Fields whose addresses or ids may have no form in ASCII. */
const ADDRESSED = new Set([...METHODS].flatMap(([name, method]) => (method === addresses ? [name] : [])))
const NAMED = new Set([...METHODS].flatMap(([name, method]) => (method === ids ? [name] : [])))

/**
 * The field in ASCII as `downgradeField` has it, where that says all that it said: the text of names and subjects by RFC 2047, of parameters by RFC 2231, of
 * domains by A-labels. `undefined` for an address or id that has no other form, and for what is no field or too long for one. `unknown`: octets that are no
 * UTF-8 are kept in the charset of that name.
 */
export function asciiField(raw: Uint8Array, unknown: boolean): Uint8Array | undefined {
  const text = toText(raw)
  if (isAscii(text)) return raw
  if (raw.length > MAX_DOWNGRADED_FIELD || (!unknown && !isUtf8(text))) return undefined
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(0, colon)).trimEnd().toLowerCase()
  if (ADDRESSED.has(name) && !areWritable(unfold(text, colon + 1))) return undefined
  const field = downgradeField(raw)
  // What `ids` could not write, and what is no field.
  if (NAMED.has(name) && toText(field).startsWith('Downgraded-')) return undefined
  return /^[!-9;-~]+$/.test(name) ? field : undefined
}

/** Lines of at most LINE characters, as far as there are blanks to divide them at. */
function fold(field: string, lineEnd: string): string {
  const words = field.split(/(?<=[^ \t])(?=[ \t])/)
  let out = ''
  let line = 0
  for (const word of words) {
    if (line > 0 && line + word.length > LINE && word.trim() !== '') {
      out += lineEnd
      line = 0
    }
    out += word
    line += word.length
  }
  return out
}
