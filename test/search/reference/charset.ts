import { isUtf8 } from 'node:buffer'

/** The reference reads octets as strings of one character an octet (ISO 8859-1). */
export function octetsOf(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** What RFC 2045's us-ascii, or nothing at all, says of text with eight bits: nothing. */
const SAYS_NOTHING = ['', 'us-ascii', 'ascii', 'unknown', 'unknown-8bit', 'x-unknown', 'default', '8bit', '7bit']

/** Text in the charset; in an unknown one UTF-8 as far as the octets are that, and windows-1252 from there on. */
export function decode(octets: Buffer, label: string): string {
  const name = label.trim().toLowerCase()
  if (SAYS_NOTHING.includes(name)) return guess(octets)
  if (/^(?:unicode-1-1-)?utf-7$/.test(name)) return fromUtf7(octets.toString('latin1'))
  try {
    return new TextDecoder(name).decode(octets)
  } catch {
    return guess(octets)
  }
}

/** RFC 2152: `+` begins base64 of UTF-16, which the first letter outside of its alphabet ends. */
function fromUtf7(text: string): string {
  return text.replace(/\+([A-Za-z0-9+/]*)-?/g, (_, code: string) =>
    code === '' ? '+' : new TextDecoder('utf-16be').decode(fromBase64(code)),
  )
}

function guess(octets: Buffer): string {
  if (isUtf8(octets)) return new TextDecoder('utf-8').decode(octets)
  let end = 0
  for (;;) {
    const length = letterAt(octets, end)
    if (length === 0) break
    end += length
  }
  return new TextDecoder('utf-8').decode(octets.subarray(0, end)) + new TextDecoder('windows-1252').decode(octets.subarray(end))
}

/** Octets of the letter in UTF-8 at `at`; 0 for none. */
function letterAt(octets: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= octets.length; length++) {
    try {
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets.subarray(at, at + length))
      return length
    } catch {
      // Perhaps it is longer.
    }
  }
  return 0
}

/** RFC 2045 section 6.8, letter by letter: whatever is no base64 is passed over, and padding ends a run. */
export function fromBase64(text: string): Buffer {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const octets: number[] = []
  let [bits, count] = [0, 0]
  for (const letter of text) {
    const value = alphabet.indexOf(letter)
    if (letter === '=') [bits, count] = [0, 0]
    if (value === -1) continue
    bits = (bits << 6) | value
    count += 6
    if (count < 8) continue
    count -= 8
    octets.push((bits >> count) & 255)
    bits &= (1 << count) - 1
  }
  return Buffer.from(octets)
}

/** RFC 2045 section 6.7, line by line; blanks at the end of one were added on the way (rule 3). */
export function fromQuotedPrintable(text: string): Buffer {
  const whole = text
    .split('\n')
    .map((line, index, lines) => {
      const end = /\r?$/.exec(line)?.[0] ?? ''
      const kept = line.slice(0, line.length - end.length).replace(/[ \t]+$/, '')
      if (index === lines.length - 1) return kept.endsWith('=') ? kept.slice(0, -1) : kept + end
      return kept.endsWith('=') ? kept.slice(0, -1) : `${kept}${end}\n`
    })
    .join('')
  return octetsOf(whole.replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))))
}
