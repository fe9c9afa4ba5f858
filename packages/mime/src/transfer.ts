import { toOctets, toText, trimBlanksEnd } from './octets.ts'

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
const TAB = 9
const SPACE = 32
const EQUALS = 61

/** Value of a hexadecimal digit by its octet, 255 for none. */
const HEX = new Uint8Array(256).fill(255)
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).charCodeAt(0)] = digit
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit
}

/** RFC 2045 section 6.7; an `=` that starts no code stays. Blanks before a line end were added on the way and are dropped (rule 3). */
class QuotedPrintableDecoder implements TransferDecoder {
  /** An `=` and what is behind it, or blanks, as long as it is not known what follows. */
  #pending = ''

  write(octets: Uint8Array): Uint8Array {
    const input = this.#pending === '' ? octets : Buffer.concat([toOctets(this.#pending), octets])
    this.#pending = ''
    const output = new Uint8Array(input.length)
    let to = 0
    for (let at = 0; at < input.length;) {
      const octet = input[at] ?? 0
      if (octet !== EQUALS && octet !== SPACE && octet !== TAB) {
        output[to++] = octet
        at++
        continue
      }
      const end = octet === EQUALS ? codeEnd(input, at) : blanksEnd(input, at)
      if (end === undefined) {
        this.#pending = toText(input, at)
        break
      }
      if (octet !== EQUALS) {
        if (!endsLine(input, end)) for (; at < end; at++) output[to++] = input[at] ?? 0
      } else if (end === at + 1) output[to++] = octet
      else if (end === at + 3 && input[at + 2] !== LF) output[to++] = hexOctet(input, at + 1)
      at = end
    }
    return output.subarray(0, to)
  }

  end(): Uint8Array {
    const rest = trimBlanksEnd(this.#pending) === '=' ? '' : this.#pending.replace(/^[ \t]+/, '')
    this.#pending = ''
    return toOctets(rest)
  }
}

/** Behind the code or soft line break at `at`, behind its `=` when it is none, `undefined` when the slice ends before it can be told. */
function codeEnd(input: Uint8Array, at: number): number | undefined {
  let end = at + 1
  // Blanks before the line end were added on the way (rule 3).
  while (input[end] === SPACE || input[end] === TAB) if (++end - at > MAX_BLANKS) return at + 1
  if (input[end] === CR) end++
  if (end >= input.length) return undefined
  if (input[end] === LF) return end + 1
  if (HEX[input[at + 1] ?? 0] === 255) return at + 1
  if (at + 2 >= input.length) return undefined
  return HEX[input[at + 2] ?? 0] === 255 ? at + 1 : at + 3
}

/** Behind the blanks from `at` on, or the first MAX_BLANKS of them; `undefined` when the slice ends before it can be told what follows. */
function blanksEnd(input: Uint8Array, at: number): number | undefined {
  let end = at + 1
  while (input[end] === SPACE || input[end] === TAB) if (++end - at >= MAX_BLANKS) return end
  const isOpen = end >= input.length || (input[end] === CR && end + 1 >= input.length)
  return isOpen ? undefined : end
}

function endsLine(input: Uint8Array, at: number): boolean {
  return input[at] === LF || (input[at] === CR && input[at + 1] === LF)
}

function hexOctet(input: Uint8Array, at: number): number {
  return ((HEX[input[at] ?? 0] ?? 0) << 4) | (HEX[input[at + 1] ?? 0] ?? 0)
}

/** More blanks than a line of RFC 5322 has octets are none that were added on the way. */
const MAX_BLANKS = 998
