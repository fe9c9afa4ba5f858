import { formatString, type ImapDecoder } from '@mailstead/wire'

/** section of RFC 3501 section 9: what stands in the brackets of BODY[…]. */
export interface Section {
  readonly numbers: readonly number[]
  readonly text: SectionText | undefined
}

export type SectionText =
  | { readonly kind: 'header' | 'text' | 'mime' }
  /** `names` as the client wrote them. */
  | { readonly kind: 'fields'; readonly not: boolean; readonly names: readonly string[] }

/** `<origin.length>`: octets of the section from `origin` on, at most `length`. */
export interface Partial {
  readonly origin: number
  readonly length: number
}

/** Levels of a part number; no message has more. */
const MAX_NUMBERS = 200

// section = "[" [section-spec] "]";  section-spec = section-msgtext / (section-part ["." section-text])
export function parseSection(d: ImapDecoder): Section {
  d.expect('[')
  const numbers: number[] = []
  while (/\d/.test(d.peek())) {
    numbers.push(d.nzNumber())
    if (numbers.length > MAX_NUMBERS) d.fail('fewer part numbers')
    if (!d.skip('.')) {
      d.expect(']')
      return { numbers, text: undefined }
    }
  }
  const text = d.peek() === ']' && numbers.length === 0 ? undefined : parseText(d, numbers.length > 0)
  d.expect(']')
  return { numbers, text }
}

function parseText(d: ImapDecoder, inPart: boolean): SectionText {
  const name = letters(d)
  if (name === 'HEADER') return { kind: 'header' }
  if (name === 'TEXT') return { kind: 'text' }
  if (name === 'MIME' && inPart) return { kind: 'mime' }
  if (name !== 'HEADER.FIELDS' && name !== 'HEADER.FIELDS.NOT') d.fail('HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT or MIME')
  d.space()
  return { kind: 'fields', not: name === 'HEADER.FIELDS.NOT', names: d.list(() => d.astring()) }
}

/** Letters, digits, dots and hyphens in capitals: a name that may be followed by a bracket. */
export function letters(d: ImapDecoder): string {
  let name = ''
  for (let char = d.peek(); /[A-Za-z0-9.-]/.test(char); char = d.peek()) {
    d.skip(char)
    name += char
  }
  return name.toUpperCase()
}

// "<" number "." nz-number ">"
export function parsePartial(d: ImapDecoder): Partial | undefined {
  if (!d.skip('<')) return undefined
  const origin = d.number()
  d.expect('.')
  const length = d.nzNumber()
  d.expect('>')
  return { origin, length }
}

/** The section with its brackets as the response repeats it, and the origin without the length (RFC 3501 section 7.4.2). */
export function formatSection({ numbers, text }: Section, partial: Partial | undefined): string {
  const specs = numbers.map(String)
  if (text !== undefined) specs.push(formatText(text))
  return `[${specs.join('.')}]${partial === undefined ? '' : `<${partial.origin}>`}`
}

function formatText(text: SectionText): string {
  if (text.kind !== 'fields') return text.kind.toUpperCase()
  const names = text.names.map((name) => (/^[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|}~]+$/.test(name) ? name : formatString(name)))
  return `HEADER.FIELDS${text.not ? '.NOT' : ''} (${names.join(' ')})`
}
