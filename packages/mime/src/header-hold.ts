const END = Buffer.from('\r\n\r\n')

/** A header as far as it was held, and what of the message came behind it. */
export interface HeldHeader {
  /** Octets up to and with the empty line, if it came. */
  readonly header: Buffer
  readonly rest: Uint8Array
  /** The header goes on past what is held. */
  readonly truncated: boolean
}

/** Holds a message's first octets back until its header is complete, and no more than `max` of them. */
export class HeaderHold {
  readonly #max: number
  #held: Buffer = Buffer.alloc(0)
  #filled = 0

  constructor(max: number) {
    this.#max = max
  }

  /** The header, once it is complete or too big; the hold is then empty. */
  push(chunk: Uint8Array): HeldHeader | undefined {
    this.#append(chunk)
    const held = this.#held.subarray(0, this.#filled)
    const end = this.#endOfHeader(held, this.#filled - chunk.length)
    if (end < 0 && this.#filled <= this.#max) return undefined
    return end < 0 || end > this.#max
      ? { header: held.subarray(0, this.#max), rest: held.subarray(this.#max), truncated: true }
      : { header: held.subarray(0, end), rest: held.subarray(end), truncated: false }
  }

  /** All that was held, when the message ends without an empty line. */
  finish(): HeldHeader {
    return { header: this.#held.subarray(0, this.#filled), rest: new Uint8Array(0), truncated: false }
  }

  /** Grows by doubling: a header that comes octet by octet is not copied for each. */
  #append(chunk: Uint8Array): void {
    const size = this.#filled + chunk.length
    if (this.#held.length < size) {
      const larger = Buffer.allocUnsafeSlow(Math.max(size, 2 * this.#held.length))
      this.#held.copy(larger, 0, 0, this.#filled)
      this.#held = larger
    }
    this.#held.set(chunk, this.#filled)
    this.#filled = size
  }

  /** Behind the empty line, or -1. Looks only where it has not looked before. */
  #endOfHeader(held: Buffer, seen: number): number {
    if (held.length >= 2 && held[0] === 0x0d && held[1] === 0x0a) return 2
    const at = held.indexOf(END, Math.max(0, seen - 3))
    return at < 0 ? -1 : at + END.length
  }
}
