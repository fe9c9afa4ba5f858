/**
 * Modified UTF-7 of RFC 3501 section 5.1.3: printable US-ASCII stands for itself, "&" is "&-", everything else is
 * UTF-16 in base64 (with "," for "/", without padding) between "&" and "-".
 */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,'
const VALUES: Readonly<Record<string, number>> = Object.fromEntries(Array.from(ALPHABET, (char, value) => [char, value]))

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A mailbox's name, and how a client wrote it. */
export interface WrittenName {
  readonly name: string
  readonly written: string
}

/** A name as it goes on the wire, before quoting. */
export function encodeMailboxName(name: string): string {
  if (/^[\x20-\x25\x27-\x7e]*$/.test(name)) return name
  return name.replace(/&|[^\x20-\x7e]+/g, (run) => (run === '&' ? '&-' : `&${toBase64(run)}-`))
}

/**
 * The Unicode name, or `undefined` when the encoding is wrong: strict, as one name must have one form (no shift back
 * to back, nothing encoded that is printable, no odd bits, no half surrogates). RFC 3501 section 5.1.3.
 */
export function decodeMailboxName(encoded: string): string | undefined {
  if (/[^\x20-\x7e]/.test(encoded)) return undefined
  if (!encoded.includes('&')) return encoded
  const parts: string[] = []
  let at = 0
  let shiftedTo = -1
  for (;;) {
    const shift = encoded.indexOf('&', at)
    if (shift === -1) return parts.join('') + encoded.slice(at)
    const end = encoded.indexOf('-', shift)
    if (end === -1) return undefined
    const run = encoded.slice(shift + 1, end)
    const text = run === '' ? '&' : fromBase64(run)
    if (text === undefined || (run !== '' && shift === shiftedTo)) return undefined
    parts.push(encoded.slice(at, shift), text)
    at = end + 1
    shiftedTo = run === '' ? -1 : at
  }
}

/**
 * A name as a client sent it, or `undefined` when it is none. RFC 6855 section 3: names in UTF-8 are taken from every client; 7-bit ones from
 * those that have not asked for UTF-8 are modified UTF-7.
 */
export function readMailboxName(bytes: Uint8Array, utf8Names: boolean): string | undefined {
  try {
    const text = utf8.decode(bytes)
    return utf8Names || bytes.some((octet) => octet >= 0x80) ? text : decodeMailboxName(text)
  } catch {
    return undefined
  }
}

/** The form in which names are kept: NFC, INBOX in capitals also as a superior name. */
export function normalizeMailboxName(name: string): string {
  return name.normalize('NFC').replace(/^inbox(?=$|\/)/i, 'INBOX')
}

function toBase64(text: string): string {
  let out = ''
  let bits = 0
  let value = 0
  for (let index = 0; index < text.length; index++) {
    value = (value << 16) | text.charCodeAt(index)
    bits += 16
    while (bits >= 6) {
      bits -= 6
      out += ALPHABET[(value >>> bits) & 63] ?? ''
    }
    value &= (1 << bits) - 1
  }
  return bits === 0 ? out : out + (ALPHABET[(value << (6 - bits)) & 63] ?? '')
}

function fromBase64(run: string): string | undefined {
  let out = ''
  let bits = 0
  let value = 0
  for (const char of run) {
    const digit = VALUES[char]
    if (digit === undefined) return undefined
    value = (value << 6) | digit
    bits += 6
    if (bits < 16) continue
    bits -= 16
    const unit = (value >>> bits) & 0xffff
    if (unit >= 0x20 && unit <= 0x7e) return undefined
    out += String.fromCharCode(unit)
    value &= (1 << bits) - 1
  }
  // What is left over must be fewer than six zero bits.
  return bits < 6 && value === 0 && out !== '' && out.isWellFormed() ? out : undefined
}
