import { readQuoted, skipComments } from './lexer.ts'

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

const SEMICOLON = 59
const EQUALS = 61
const QUOTE = 34
const NO_PARAMETERS: readonly Parameter[] = []

/** `value *(";" name "=" value)` of RFC 2045 section 5.1, comments dropped, blanks in unquoted values forgiven. */
export function parseParameterized(text: string): Parameterized {
  let at = skipComments(text, 0)
  let end = tokenEnd(text, at)
  const value = text.slice(at, end)
  // A mail without the first ";" still tells its parameters: "text/plain charset=utf-8".
  at = skipComments(text, end)
  if (at >= text.length) return { value, parameters: NO_PARAMETERS }
  const parameters: Parameter[] = []
  while (at < text.length) {
    while (text.charCodeAt(at) === SEMICOLON) at = skipComments(text, at + 1)
    end = nameEnd(text, at)
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
  return { value, parameters }
}

function tokenEnd(text: string, at: number): number {
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
  return { text: (comment < 0 ? value : value.slice(0, comment)).trimEnd(), end }
}

/** The first parameter of that name (lower-case), whatever its case. */
export function parameter(parameters: readonly Parameter[], name: string): string | undefined {
  for (const each of parameters) if (each.name.length === name.length && each.name.toLowerCase() === name) return each.value
  return undefined
}

/** Type and subtype in their own case; `undefined` when it is none of RFC 2045's (section 5.2: then text/plain). */
export function splitType(value: string): { type: string; subtype: string } | undefined {
  const slash = value.indexOf('/')
  if (slash <= 0 || slash === value.length - 1) return undefined
  return { type: value.slice(0, slash), subtype: value.slice(slash + 1) }
}
