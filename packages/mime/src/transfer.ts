import { toOctets, toText } from './octets.ts'

/** Undoes a content transfer encoding, in slices. Takes anything; what is no code is left out or left as it is. */
export interface TransferDecoder {
  write(octets: Uint8Array): Uint8Array
  end(): Uint8Array
}

const NOTHING = new Uint8Array(0)

/** `encoding` in lower case; unknown ones and 7bit, 8bit, binary leave the octets alone. */
export function transferDecoder(encoding: string): TransferDecoder {
  if (encoding === 'base64') return new Base64Decoder()
  if (encoding === 'quoted-printable') return new QuotedPrintableDecoder()
  return { write: (octets) => octets, end: () => NOTHING }
}

/** RFC 2045 section 6.8: other characters are skipped; padding ends a run, and another may follow. */
class Base64Decoder implements TransferDecoder {
  #carry = ''

  write(octets: Uint8Array): Uint8Array {
    const runs = toText(octets)
      .replace(/[^A-Za-z0-9+/=]+/g, '')
      .split(/=+/)
    const decoded: Buffer[] = []
    for (const [index, run] of runs.entries()) {
      const text = this.#carry + run
      const whole = index < runs.length - 1 ? text.length : text.length - (text.length % 4)
      decoded.push(Buffer.from(text.slice(0, whole), 'base64'))
      this.#carry = text.slice(whole)
    }
    return decoded.length === 1 ? (decoded[0] ?? NOTHING) : Buffer.concat(decoded)
  }

  end(): Uint8Array {
    return Buffer.from(this.#carry, 'base64')
  }
}

const LF = 10
const CR = 13
const EQUALS = 61

/** Value of a hexadecimal digit by its octet, 255 for none. */
const HEX = new Uint8Array(256).fill(255)
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).charCodeAt(0)] = digit
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit
}

/** RFC 2045 section 6.7; an `=` that starts no code stays. */
class QuotedPrintableDecoder implements TransferDecoder {
  /** What stands behind an `=` and is not yet known to be a code or a soft line break. */
  #pending = ''

  write(octets: Uint8Array): Uint8Array {
    const input = this.#pending === '' ? octets : Buffer.concat([toOctets(this.#pending), octets])
    this.#pending = ''
    const output = new Uint8Array(input.length)
    let to = 0
    for (let at = 0; at < input.length; at++) {
      const octet = input[at] ?? 0
      if (octet !== EQUALS) {
        output[to++] = octet
        continue
      }
      const length = codeLength(input, at)
      if (length === undefined) {
        this.#pending = toText(input, at)
        break
      }
      if (length === 0) output[to++] = octet
      else if (length === 3 && input[at + 2] !== LF) output[to++] = ((HEX[input[at + 1] ?? 0] ?? 0) << 4) | (HEX[input[at + 2] ?? 0] ?? 0)
      at += Math.max(0, length - 1)
    }
    return output.subarray(0, to)
  }

  end(): Uint8Array {
    const rest = this.#pending.trimEnd() === '=' ? '' : this.#pending
    this.#pending = ''
    return toOctets(rest)
  }
}

/** Octets of the code or soft line break at `at`, 0 for none, `undefined` when the slice ends before it can be told. */
function codeLength(input: Uint8Array, at: number): number | undefined {
  let end = at + 1
  // Blanks before the line end were added on the way (rule 3).
  while (input[end] === 32 || input[end] === 9) if (++end - at > MAX_SOFT_BREAK) return 0
  if (input[end] === CR) end++
  if (end >= input.length) return undefined
  if (input[end] === LF) return end + 1 - at
  if (HEX[input[at + 1] ?? 0] === 255) return 0
  if (at + 2 >= input.length) return undefined
  return HEX[input[at + 2] ?? 0] === 255 ? 0 : 3
}

/** A soft line break with more octets than a line of RFC 5322 is none. */
const MAX_SOFT_BREAK = 998
