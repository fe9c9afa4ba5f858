import { decodeCharset } from './charset.ts'
import { toOctets } from './octets.ts'

/** RFC 2047 section 2, with the language of RFC 2231 section 5; blanks in the text are forgiven. */
const WORD = /=\?([^?\s]+)\?([BbQq])\?([^?]*)\?=/g

/** Decodes the encoded words of a header value given as an octet per character. Octets of eight bits are UTF-8, or windows-1252. */
export function decodeWords(value: string): string {
  if (!value.includes('=?')) return decodeRaw(value)
  let text = ''
  let charset: string | undefined
  // Octets of neighbours in one charset are joined before they are decoded: encoders split letters over words.
  let pending: Uint8Array[] = []
  const flush = (): void => {
    if (charset !== undefined) text += decodeCharset(Buffer.concat(pending), charset)
    charset = undefined
    pending = []
  }
  let end = 0
  for (const match of value.matchAll(WORD)) {
    const between = value.slice(end, match.index)
    const language = match[1]?.indexOf('*') ?? -1
    const name = (language < 0 ? match[1] : match[1]?.slice(0, language)) ?? ''
    // RFC 2047 section 6.2: white space between encoded words is not shown.
    const isNeighbour = charset !== undefined && /^\s*$/.test(between)
    if (!isNeighbour) {
      flush()
      text += decodeRaw(between)
    } else if (name.toLowerCase() !== charset) flush()
    charset = name.toLowerCase()
    pending.push(match[2]?.toUpperCase() === 'B' ? Buffer.from(match[3] ?? '', 'base64') : decodeQ(match[3] ?? ''))
    end = match.index + match[0].length
  }
  flush()
  return text + decodeRaw(value.slice(end))
}

function decodeRaw(value: string): string {
  return /[\x80-\xff]/.test(value) ? decodeCharset(toOctets(value), '') : value
}

/** RFC 2047 section 4.2 */
function decodeQ(text: string): Uint8Array {
  return toOctets(
    text.replaceAll('_', ' ').replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  )
}
