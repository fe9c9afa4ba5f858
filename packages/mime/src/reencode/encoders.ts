import type { Encoding } from './edits.ts'

/** The octets in lines of at most 76 characters, with a line end behind the last one where `endsLine` says that nothing else ends it. */
export function encoded(octets: AsyncIterable<Uint8Array>, encoding: Encoding, endsLine: boolean): AsyncIterable<Uint8Array> {
  return encoding === 'base64' ? toBase64(octets, endsLine) : toQuotedPrintable(octets, endsLine)
}

/** Octets of a line of base64, RFC 2045 section 6.8: 76 characters. */
const LINE = 57

/** Lines encoded at once. */
const LINES = 512

async function* toBase64(octets: AsyncIterable<Uint8Array>, endsLine: boolean): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0)
  let between = ''
  const encode = (piece: Uint8Array): Uint8Array => {
    const text = Buffer.from(piece.buffer, piece.byteOffset, piece.length)
      .toString('base64')
      .replace(/.{76}(?=.)/g, '$&\r\n')
    const lines = Buffer.from(between + text, 'latin1')
    between = '\r\n'
    return lines
  }
  for await (const piece of octets) {
    const all = Buffer.concat([rest, piece])
    const whole = all.length - (all.length % LINE)
    for (let at = 0; at < whole; at += LINE * LINES) yield encode(all.subarray(at, Math.min(whole, at + LINE * LINES)))
    rest = all.subarray(whole)
  }
  if (rest.length > 0) yield encode(rest)
  if (endsLine) yield Buffer.from('\r\n')
}

async function* toQuotedPrintable(octets: AsyncIterable<Uint8Array>, endsLine: boolean): AsyncGenerator<Uint8Array> {
  const encoder = new QuotedPrintableEncoder()
  for await (const piece of octets) yield encoder.push(piece)
  yield encoder.end(endsLine)
}

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const EQUALS = 61
const DIGITS = Buffer.from('0123456789ABCDEF')

/** Characters of a line before the `=` of a soft line break (RFC 2045 section 6.7, rule 5). */
const ROOM = 75

/** A blank, a CR and what comes behind have to be seen together. */
const AHEAD = 2

/** RFC 2045 section 6.7, in slices. CRLF is a line end; all else can be had again octet for octet, bare CR and LF too. */
class QuotedPrintableEncoder {
  #rest: Uint8Array = new Uint8Array(0)
  #column = 0

  push(octets: Uint8Array): Uint8Array {
    const all = this.#rest.length === 0 ? octets : Buffer.concat([this.#rest, octets])
    const { out, at } = this.#encode(all, all.length - AHEAD)
    this.#rest = all.slice(at)
    return out
  }

  /** `endsLine`: a soft line break where the text ends in the middle of a line. */
  end(endsLine: boolean): Uint8Array {
    const { out } = this.#encode(this.#rest, this.#rest.length)
    return endsLine && this.#column > 0 ? Buffer.concat([out, Buffer.from('=\r\n')]) : out
  }

  /** The octets before `limit`, and perhaps one behind. */
  #encode(octets: Uint8Array, limit: number): { readonly out: Uint8Array; readonly at: number } {
    // The worst is three characters an octet, and a soft line break for each 25 of them.
    const out = Buffer.allocUnsafe(Math.max(0, octets.length) * 4 + 3)
    let [at, to] = [0, 0]
    while (at < limit) {
      const octet = octets[at++] ?? 0
      if (octet === CR && octets[at] === LF) {
        at++
        out[to++] = CR
        out[to++] = LF
        this.#column = 0
        continue
      }
      const plain = isPlain(octet) || ((octet === SPACE || octet === TAB) && at < octets.length && !isLineEnd(octets, at))
      const width = plain ? 1 : 3
      if (this.#column + width > ROOM) {
        out[to++] = EQUALS
        out[to++] = CR
        out[to++] = LF
        this.#column = 0
      }
      this.#column += width
      if (plain) out[to++] = octet
      else {
        out[to++] = EQUALS
        out[to++] = DIGITS[octet >> 4] ?? 0
        out[to++] = DIGITS[octet & 15] ?? 0
      }
    }
    return { out: out.subarray(0, to), at }
  }
}

const isPlain = (octet: number): boolean => octet > SPACE && octet < 127 && octet !== EQUALS

const isLineEnd = (octets: Uint8Array, at: number): boolean => octets[at] === CR && octets[at + 1] === LF
