import { parseParameterized } from './content.ts'
import { decodeWords } from './encoded-words.ts'
import { decodeParameter } from './extended-parameters.ts'
import { foldCase } from './fold.ts'
import { fieldSpans, unfold, type HeaderField } from './header.ts'
import { MAX_DECODED_PARAMETERS } from './limits.ts'

/**
 * The text of a header field as a reader sees it: encoded words (RFC 2047) decoded, and behind the value those
 * parameters that RFC 2231 hides in sections and percent signs.
 */
export function fieldText({ name, value }: Pick<HeaderField, 'name' | 'value'>): string {
  const text = decodeWords(value)
  if (!/^content-/i.test(name) || !/\*\s*=/.test(value)) return text
  const { parameters } = parseParameterized(value)
  const names = new Set(parameters.flatMap((parameter) => /^([^*]+)\*/.exec(parameter.name.toLowerCase())?.[1] ?? []))
  return [text, ...[...names].slice(0, MAX_DECODED_PARAMETERS).map((each) => decodeParameter(parameters, each) ?? '')].join('; ')
}

/** Of a header block, an octet per character, the texts of all fields of one lower-case name, as `foldCase` leaves them. */
export function foldedFields(header: string, name: string): string[] {
  const spans = fieldSpans(header).filter((span) => span.name === name)
  return spans.map(({ value, end }) => foldCase(fieldText({ name, value: unfold(header, value, end) })))
}
