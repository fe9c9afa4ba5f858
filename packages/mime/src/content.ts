import { readQuoted, skipComments } from './lexer.ts'
import { trimBlanksEnd } from './octets.ts'

/** A parameter as on the wire: RFC 2231 names and encoded words are left alone, an octet per character. */
export interface Parameter {
  readonly name: string
  readonly value: string
}

/** A value with parameters, as Content-Type and Content-Disposition have them. */
export interface Parameterized {
  /** In its own case; empty when there is none. */
  readonly value: string
  readonly parameters: readonly Parameter[]
}

const SLASH = 47
const SEMICOLON = 59
const EQUALS = 61
const QUOTE = 34
const NO_PARAMETERS: readonly Parameter[] = []

const TOKEN = new Uint8Array(256).fill(1, 33, 127)
for (const special of '()<>@,;:\\"/[]?=') TOKEN[special.charCodeAt(0)] = 0

/** `value *(";" name "=" value)` of RFC 2045 section 5.1, comments dropped, blanks in unquoted values forgiven. */
export function parseParameterized(text: string): Parameterized {
  const at = skipComments(text, 0)
  const end = valueEnd(text, at)
  return { value: text.slice(at, end), parameters: readParameters(text, end) }
}

/** Type and subtype in their own case. */
export interface MediaType {
  readonly type: string
  readonly subtype: string
}

/** The value of a Content-Type field. `media` is `undefined` when it is none of RFC 2045's (section 5.2: then text/plain). */
export function parseContentType(text: string): { readonly media: MediaType | undefined; readonly parameters: readonly Parameter[] } {
  let at = skipComments(text, 0)
  let end = tokenEnd(text, at)
  const type = text.slice(at, end)
  const slash = skipComments(text, end)
  at = skipComments(text, slash + 1)
  end = tokenEnd(text, at)
  const subtype = text.slice(at, end)
  if (type === '' || text.charCodeAt(slash) !== SLASH || subtype === '') {
    return { media: undefined, parameters: parseParameterized(text).parameters }
  }
  return { media: { type, subtype }, parameters: readParameters(text, valueEnd(text, end)) }
}

/** A mail without the first ";" still tells its parameters: "text/plain charset=utf-8". */
function readParameters(text: string, at: number): readonly Parameter[] {
  at = skipComments(text, at)
  if (at >= text.length) return NO_PARAMETERS
  const parameters: Parameter[] = []
  while (at < text.length) {
    while (text.charCodeAt(at) === SEMICOLON) at = skipComments(text, at + 1)
    const end = nameEnd(text, at)
    const name = text.slice(at, end)
    at = skipComments(text, end)
    if (text.charCodeAt(at) !== EQUALS) {
      // No parameter: go on behind the next separator, and never stand still.
      if (at === end && name === '') at = nextSeparator(text, at)
      continue
    }
    at = skipComments(text, at + 1)
    const read = text.charCodeAt(at) === QUOTE ? readQuoted(text, at) : readLoose(text, at)
    if (name !== '') parameters.push({ name, value: read.text })
    at = skipComments(text, read.end)
  }
  return parameters
}

/** token of RFC 2045 section 5.1 */
function tokenEnd(text: string, at: number): number {
  while (at < text.length && TOKEN[text.charCodeAt(at)] === 1) at++
  return at
}

function valueEnd(text: string, at: number): number {
  while (at < text.length && !' \t\r\n;('.includes(text[at] ?? '')) at++
  return at
}

function nameEnd(text: string, at: number): number {
  while (at < text.length && !' \t\r\n;=(")'.includes(text[at] ?? '')) at++
  return at
}

function nextSeparator(text: string, at: number): number {
  const next = text.indexOf(';', at)
  return next < 0 ? text.length : next
}

/** Unquoted: up to the separator, since "name=my file.pdf" is seen often; a comment at the end is dropped. */
function readLoose(text: string, at: number): { text: string; end: number } {
  const end = nextSeparator(text, at)
  const value = text.slice(at, end)
  const comment = value.indexOf(' (')
  return { text: trimBlanksEnd(comment < 0 ? value : value.slice(0, comment)), end }
}

/** The first parameter of that name (lower-case), whatever its case. */
export function parameter(parameters: readonly Parameter[], name: string): string | undefined {
  for (const each of parameters) if (each.name.length === name.length && each.name.toLowerCase() === name) return each.value
  return undefined
}
