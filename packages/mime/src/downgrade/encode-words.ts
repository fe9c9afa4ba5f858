import { toOctets } from '../octets.ts'

const NON_ASCII = /[\x80-\xff]/

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Octets of an encoded word with its quoting (RFC 2047 section 2). */
const MAX_WORD = 75

/** What stands for itself in Q everywhere, in phrases too (RFC 2047 section 5). */
const SAFE = new Uint8Array(256)
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/') SAFE[char.charCodeAt(0)] = 1

export function isAscii(text: string): boolean {
  return !NON_ASCII.test(text)
}

/**
 * Text of an octet per character as encoded words with a space between them, by the shorter of Q and B. What is no UTF-8
 * keeps its octets, in the charset that says so (RFC 1428 section 3).
 */
export function encodeWords(text: string): string {
  const utf8 = isUtf8(text)
  const charset = utf8 ? 'UTF-8' : 'unknown-8bit'
  let inQ = text.length
  for (let at = 0; at < text.length; at++) inQ += widthInQ(text.charCodeAt(at)) - 1
  // B is shorter from a third of quoted octets on; up to half of them Q can still be read by eye.
  const useQ = inQ <= 2 * text.length
  const room = MAX_WORD - charset.length - '=??Q??='.length
  const words: string[] = []
  for (let start = 0; start < text.length;) {
    const most = useQ ? endInQ(text, start, room) : Math.min(text.length, start + Math.floor(room / 4) * 3)
    // RFC 2047 section 5: no letter is divided.
    const end = utf8 ? letterStart(text, most) : most
    const octets = text.slice(start, end)
    words.push(`=?${charset}?${useQ ? `Q?${quoted(octets)}` : `B?${Buffer.from(octets, 'latin1').toString('base64')}`}?=`)
    start = end
  }
  return words.join(' ')
}

/** Encodes the words that hold octets above 127, those in a row together; all others stand as they are. */
export function encodeText(text: string): string {
  let out = ''
  let run = ''
  let before = ''
  // Words at even places, the white space behind them at odd ones.
  const parts = text.split(/([ \t]+)/)
  const close = (next: string, space: string): void => {
    // RFC 2047 section 6.2: the white space between two encoded words is not shown, so it goes into ours.
    const lead = isEncodedWord(before) ? ' ' : ''
    const tail = isEncodedWord(next) ? ' ' : ''
    out += encodeWords(lead + run + tail) + space
    run = ''
  }
  for (let at = 0; at < parts.length; at += 2) {
    const word = escapeWithin(parts[at] ?? '')
    const space = parts[at + 1] ?? ''
    if (isAscii(word)) {
      out += word + space
      before = word
      continue
    }
    const next = escapeWithin(parts[at + 2] ?? '')
    run += word
    if (isAscii(next)) close(next, space)
    else run += space
  }
  return out
}

/** Octets that stand raw in an encoded word by Q, as some programs leave them, as RFC 2047 section 4.2 has them. */
function escapeWithin(word: string): string {
  if (isAscii(word) || !/^=\?[\x21-\x3e\x40-\x7e]+\?q\?[^?]*\?=$/i.test(word)) return word
  return word.replaceAll(/[\x80-\xff]/g, escapedOctet)
}

function escapedOctet(octet: string): string {
  return `=${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

export function isEncodedWord(word: string): boolean {
  return /^=\?[^?]+\?[bq]\?[^?]*\?=$/i.test(word)
}

export function isUtf8(text: string): boolean {
  return fromUtf8(text) !== undefined
}

/** The text that the octets are UTF-8 of, if they are. */
export function fromUtf8(octets: string): string | undefined {
  try {
    return UTF8.decode(toOctets(octets))
  } catch {
    return undefined
  }
}

function widthInQ(code: number): 1 | 3 {
  return SAFE[code] === 1 || code === 0x20 ? 1 : 3
}

/** Behind the last octet that fits. */
function endInQ(text: string, start: number, room: number): number {
  let end = start
  for (let width = 0; end < text.length; end++) {
    width += widthInQ(text.charCodeAt(end))
    if (width > room) break
  }
  return end
}

/** The same place, or the beginning of the letter that is divided there. */
function letterStart(text: string, at: number): number {
  while (at < text.length && (text.charCodeAt(at) & 0xc0) === 0x80) at--
  return at
}

function quoted(octets: string): string {
  let out = ''
  for (let at = 0; at < octets.length; at++) {
    const code = octets.charCodeAt(at)
    if (SAFE[code] === 1) out += octets[at]
    else if (code === 0x20) out += '_'
    else out += escapedOctet(octets[at] ?? '')
  }
  return out
}
