import type { HeaderField } from '@mailstead/mime'

const CR = 13
const LF = 10
const SPACE = 32
const TAB = 9

/** Octets taken in one step. */
const STEP = 16 * 1024

/**
 * A header field in the relaxed form (RFC 6376 section 3.4.2), an octet per character, without its line end. A CR that ends
 * no line is an octet like others.
 */
export function relaxedField({ name, raw }: Pick<HeaderField, 'name' | 'raw'>): string {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1')
  const value = text
    .slice(text.indexOf(':') + 1)
    .replaceAll(/\r?\n(?=[ \t])/g, '')
    .replace(/\r?\n$/, '')
    .replaceAll(/[ \t]+/g, ' ')
    .replaceAll(/^ | $/g, '')
  return `${name.toLowerCase()}:${value}`
}

/** What takes the octets of a body; a Hash of node:crypto is one. They are overwritten after `update`. */
export interface Taker<Self> {
  update(octets: Uint8Array): unknown
  /** Another one that has taken the same. */
  copy(): Self
}

/**
 * A body in the relaxed form (RFC 6376 section 3.4.4), in any slices. Nothing is kept of it but how many line ends may turn out to
 * be its end; where they are very many they are taken as they come, and what was before is kept aside.
 */
export class RelaxedBody<T extends Taker<T>> {
  #taker: T
  /** As it was before line ends that may turn out to be the end of the body. */
  #before: T | undefined
  /** A step writes no more than it reads and what waited before: STEP / 2 line ends, a space and a CR. */
  readonly #out = new Uint8Array(2 * STEP + 2)
  /** Line ends not written yet: those at the end of the body are one. */
  #lines = 0
  /** White space came that is not written yet: none is at the end of a line. */
  #blank = false
  /** The last octet was a CR: half a line end, or an octet like others. */
  #cr = false
  #empty = true

  constructor(taker: T) {
    this.#taker = taker
  }

  write(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at += STEP) this.#step(chunk.subarray(at, at + STEP))
  }

  /** Who has taken all of it. A body that lacks its last line end gets one; a body of empty lines is none. */
  finish(): T {
    // Whatever comes behind a CR that is the last octet shows that it ends no line.
    if (this.#cr) this.#step(Uint8Array.of(SPACE))
    const taker = this.#before ?? this.#taker
    if (!this.#empty) taker.update(this.#out.subarray(0, this.#lineEnds(1, 0)))
    return taker
  }

  /** In local variables, since this runs for every octet of every message that leaves. */
  #step(octets: Uint8Array): void {
    const out = this.#out
    let [lines, blank, cr, used] = [this.#lines, this.#blank, this.#cr, 0]
    for (let i = 0; i < octets.length; i++) {
      let octet = octets[i] as number
      if (cr) {
        cr = false
        if (octet === LF) {
          lines++
          blank = false
          continue
        }
        // It was an octet like others, and this one is looked at again.
        octet = CR
        i--
      } else if (octet === CR) {
        cr = true
        continue
      } else if (octet === SPACE || octet === TAB) {
        blank = true
        continue
      }
      if (lines > 0) {
        used = this.#lineEnds(lines, used)
        lines = 0
      }
      if (blank) {
        out[used++] = SPACE
        blank = false
      }
      out[used++] = octet
    }
    this.#lines = lines
    this.#blank = blank
    this.#cr = cr
    if (used > 0) {
      this.#empty = false
      this.#before = undefined
      this.#taker.update(out.subarray(0, used))
    }
    if (lines > STEP / 2) this.#takeLines()
  }

  /** Else an octet behind millions of line ends would have to wait for all of them. */
  #takeLines(): void {
    this.#before ??= this.#taker.copy()
    this.#taker.update(this.#out.subarray(0, this.#lineEnds(this.#lines, 0)))
    this.#lines = 0
  }

  /** Writes line ends behind the octets of `out` that are used; the octets in use then. */
  #lineEnds(count: number, used: number): number {
    for (let i = 0; i < count; i++) {
      this.#out[used++] = CR
      this.#out[used++] = LF
    }
    return used
  }
}
