import { MAX_COMMENT_DEPTH } from './limits.ts'

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const QUOTE = 34
const OPEN = 40
const CLOSE = 41
const BACKSLASH = 92

/** A comment or a quoted string, its quoting removed, and the place behind it. */
export interface Quoted {
  readonly text: string
  readonly end: number
}

export function isSpace(code: number): boolean {
  return code === SPACE || code === TAB || code === CR || code === LF
}

export function skipSpace(text: string, at: number): number {
  while (at < text.length && isSpace(text.charCodeAt(at))) at++
  return at
}

/** CFWS of RFC 5322 section 3.2.2. */
export function skipComments(text: string, at: number): number {
  for (;;) {
    at = skipSpace(text, at)
    if (text.charCodeAt(at) !== OPEN) return at
    at = readComment(text, at).end
  }
}

/** `at` is the opening quote. An unclosed string ends with the text. */
export function readQuoted(text: string, at: number): Quoted {
  let value = ''
  let from = at + 1
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) return { text: value + text.slice(from, i), end: i + 1 }
    if (code === BACKSLASH && i + 1 < text.length) {
      value += text.slice(from, i)
      from = ++i
    }
  }
  return { text: value + text.slice(from), end: text.length }
}

/** `at` is the opening parenthesis. Inner comments keep theirs. */
export function readComment(text: string, at: number): Quoted {
  let value = ''
  let depth = 1
  let from = at + 1
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === BACKSLASH && i + 1 < text.length) {
      value += text.slice(from, i)
      from = ++i
    } else if (code === OPEN && depth < MAX_COMMENT_DEPTH) {
      depth++
    } else if (code === CLOSE && --depth === 0) {
      return { text: value + text.slice(from, i), end: i + 1 }
    }
  }
  return { text: value + text.slice(from), end: text.length }
}
