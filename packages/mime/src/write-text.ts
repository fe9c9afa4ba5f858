import { toText, view } from './octets.ts'

/** Whether every octet is ASCII. */
export function isAscii(octets: Uint8Array): boolean {
  return octets.every((octet) => octet < 128)
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Whether the octets are UTF-8. */
export function isUtf8(octets: Uint8Array): boolean {
  try {
    UTF8.decode(octets)
    return true
  } catch {
    return false
  }
}

/** Octets of a line, without its end (RFC 5322 section 2.1.1). */
const MAX_LINE = 998

/** Whether the octets can stand in a part of encoding 8bit (RFC 2045 section 2.8): no NUL, CR and LF as CRLF alone, no line too long. */
export function isLines(octets: Uint8Array): boolean {
  const buffer = view(octets)
  if (buffer.includes(0)) return false
  for (let at = 0; at < buffer.length;) {
    const feed = buffer.indexOf('\r\n', at)
    const end = feed < 0 ? buffer.length : feed
    if (end - at > MAX_LINE) return false
    const line = buffer.subarray(at, end)
    if (line.includes(10) || line.includes(13)) return false
    at = end + 2
  }
  return true
}

/** Lines of base64 as RFC 2045 section 6.8 wants them, each with its end. */
export function toBase64Lines(octets: Uint8Array): string {
  return view(octets)
    .toString('base64')
    .replace(/.{1,76}/g, '$&\r\n')
}

/** Quoted-printable for text (RFC 2045 section 6.7): line ends stay, lines have 76 characters at most. */
export function toQuotedPrintable(octets: Uint8Array): string {
  return toText(octets)
    .split('\r\n')
    .map((line) => quotedLine(line))
    .join('\r\n')
}

function quotedLine(line: string): string {
  let out = ''
  let width = 0
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? ''
    const plain = /[!-<>-~]/.test(char) || (/[ \t]/.test(char) && at < line.length - 1)
    const code = plain ? char : `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
    if (width + code.length > 75) {
      out += '=\r\n'
      width = 0
    }
    out += code
    width += code.length
  }
  return out
}

/** Octets of text in one encoded word: with charset and encoding 75 characters at most (RFC 2047 section 2). */
const WORD_OCTETS = 45

/** The text as it can stand in an unstructured field: as it is where that is possible, else as encoded words, folded. */
export function encodeWords(text: string): string {
  if (/^[ -~]*$/.test(text) && !text.includes('=?')) return text
  const words: string[] = []
  let word = ''
  for (const char of text) {
    if (Buffer.byteLength(word + char) > WORD_OCTETS) {
      words.push(word)
      word = ''
    }
    word += char
  }
  words.push(word)
  return words.map((each) => `=?utf-8?B?${Buffer.from(each).toString('base64')}?=`).join('\r\n ')
}
