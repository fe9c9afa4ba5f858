import { isBlank, toOctets, toText } from './octets.ts'

/** A field of a header block, by places in the block's text. */
export interface FieldSpan {
  /** Lower-case, white space before the colon removed; empty for a line that is no field. */
  readonly name: string
  readonly start: number
  /** Behind the colon. */
  readonly value: number
  /** Behind the line end. */
  readonly end: number
}

/** A header field with its octets as they stand, line ends and folding included. */
export interface HeaderField {
  /** As written. */
  readonly name: string
  /** Unfolded (RFC 5322 section 2.2.3) and trimmed, an octet per character. */
  readonly value: string
  readonly raw: Uint8Array
}

const LF = 10
const CR = 13
const SPACE = 32
const TAB = 9

/** The fields of a header block, which ends at its first empty line or with the text. Line ends may be CRLF or LF. */
export function fieldSpans(text: string): FieldSpan[] {
  const spans: FieldSpan[] = []
  let start = 0
  let colon = text.indexOf(':')
  while (start < text.length) {
    const char = text.charCodeAt(start)
    if (char === LF || (char === CR && text.charCodeAt(start + 1) === LF)) break
    // RFC 5322 section 4.5: blanks may stand before the colon, but no line end.
    const first = lineEnd(text, start)
    const end = fieldEnd(text, first)
    // Looked for once per colon, not once per line: lines without one would make it quadratic.
    if (colon >= 0 && colon < start) colon = text.indexOf(':', start)
    if (colon >= 0 && colon < first) spans.push({ name: fieldName(text, start, colon), start, value: colon + 1, end })
    else spans.push({ name: '', start, value: start, end })
    start = end
  }
  return spans
}

/** Behind the lines that continue the one which ends at `end`. */
function fieldEnd(text: string, end: number): number {
  for (;;) {
    const next = text.charCodeAt(end)
    if (next !== SPACE && next !== TAB) return end
    end = lineEnd(text, end)
  }
}

function lineEnd(text: string, start: number): number {
  const feed = text.indexOf('\n', start)
  return feed < 0 ? text.length : feed + 1
}

function fieldName(text: string, start: number, colon: number): string {
  let end = colon
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end).toLowerCase()
}

/** Removes line ends (RFC 5322 section 2.2.3) and the white space around. */
export function unfold(text: string, start = 0, end = text.length): string {
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  const value = text.slice(start, end)
  return value.includes('\n') ? value.replace(/\r?\n/g, '') : value
}

/** Reads a header block; see `fieldSpans`. Lines that are no field come with an empty name. */
export function readHeader(octets: Uint8Array): HeaderField[] {
  const text = toText(octets)
  return fieldSpans(text).map(({ name, start, value, end }) => ({
    name: text.slice(start, start + name.length),
    value: unfold(text, value, end),
    raw: octets.subarray(start, end),
  }))
}

/** The octets of the fields in their order, without the empty line. */
export function writeHeader(fields: readonly Pick<HeaderField, 'raw'>[]): Uint8Array {
  return Buffer.concat(fields.map((field) => field.raw))
}

/** A field of its own making; `value` is folded already where it has to be, an octet per character. */
export function makeField(name: string, value: string): HeaderField {
  return { name, value: unfold(value), raw: toOctets(`${name}: ${value}\r\n`) }
}
