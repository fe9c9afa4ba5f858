import type { HeaderField } from '@mailstead/mime'

const CR = 13
const LF = 10
const SPACE = 32
const TAB = 9

/** Octets gathered before they are given on. */
const PIECE = 16 * 1024

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

/**
 * A body in the relaxed form (RFC 6376 section 3.4.4), in any slices, to `take`. Nothing is kept of it but how many line
 * ends may turn out to be its end. What `take` is given is overwritten afterwards.
 */
export class RelaxedBody {
  readonly #take: (octets: Uint8Array) => void
  readonly #out = new Uint8Array(PIECE)
  #used = 0
  /** Line ends not written yet: those at the end of the body are one. */
  #lines = 0
  /** White space came that is not written yet: none is at the end of a line. */
  #blank = false
  /** The last octet was a CR: half a line end, or an octet like others. */
  #cr = false
  #empty = true

  constructor(take: (octets: Uint8Array) => void) {
    this.#take = take
  }

  write(chunk: Uint8Array): void {
    for (const octet of chunk) {
      if (this.#cr) {
        this.#cr = false
        if (octet === LF) {
          this.#lines++
          this.#blank = false
          continue
        }
        this.#text(CR)
      }
      if (octet === CR) this.#cr = true
      else if (octet === SPACE || octet === TAB) this.#blank = true
      else this.#text(octet)
    }
  }

  /** What is left of it. A body that lacks its last line end gets one; a body of empty lines is none. */
  finish(): void {
    if (this.#cr) this.#text(CR)
    if (!this.#empty) this.#lineEnd()
    this.#flush()
  }

  /** An octet that stays, and what was waiting for one. */
  #text(octet: number): void {
    for (; this.#lines > 0; this.#lines--) this.#lineEnd()
    if (this.#blank) {
      this.#blank = false
      this.#put(SPACE)
    }
    this.#put(octet)
    this.#empty = false
  }

  #lineEnd(): void {
    this.#put(CR)
    this.#put(LF)
  }

  #put(octet: number): void {
    if (this.#used === PIECE) this.#flush()
    this.#out[this.#used++] = octet
  }

  #flush(): void {
    if (this.#used > 0) this.#take(this.#out.subarray(0, this.#used))
    this.#used = 0
  }
}
