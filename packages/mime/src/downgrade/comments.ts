import { readComment, readQuoted } from '../lexer.ts'
import { encodeText, encodeWords, isAscii } from './encode-words.ts'

const QUOTE = 34
const OPEN = 40

/** Comment downgrading (RFC 6857 section 3.1.3); what is no comment is handed to `outside`, quoted strings and all. */
export function downgradeComments(value: string, outside: (text: string) => string): string {
  let out = ''
  let from = 0
  let at = 0
  while (at < value.length) {
    const code = value.charCodeAt(at)
    if (code === QUOTE) {
      at = readQuoted(value, at).end
    } else if (code === OPEN) {
      const { text, end } = readComment(value, at)
      const raw = value.slice(at, end)
      out += outside(value.slice(from, at)) + (isAscii(raw) ? raw : `(${encodeComment(text)})`)
      from = at = end
    } else at++
  }
  return out + outside(value.slice(from))
}

/** With comments of its own it is encoded as a whole: a parenthesis without its other half would end it. */
function encodeComment(text: string): string {
  return /[()\\]/.test(text) ? encodeWords(text) : encodeText(text)
}
