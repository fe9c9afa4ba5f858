const CR = 0x0d
const LF = 0x0a

/**
 * Finds the end of what TOP sends: the header, the blank line and `lines` lines of the body (RFC 1939 section 7). For a
 * message in any slicing.
 */
export class TopCutter {
  #left: number
  #inHeader = true
  /** Octets of the open line, 2 for all that are longer than a lone CR. */
  #line: 0 | 1 | 2 = 0
  #done = false

  constructor(lines: number) {
    this.#left = lines
  }

  /** The end was found: no further octet is sent. */
  get done(): boolean {
    return this.#done
  }

  /** How many octets of `chunk` are sent. */
  push(chunk: Uint8Array): number {
    for (let at = 0; at < chunk.length; at++) {
      if (this.#done) return at
      const octet = chunk[at]
      if (octet === LF) this.#endLine()
      else this.#line = this.#line === 0 && octet === CR ? 1 : 2
    }
    return chunk.length
  }

  #endLine(): void {
    if (!this.#inHeader) this.#left--
    else if (this.#line < 2) this.#inHeader = false
    this.#line = 0
    this.#done = !this.#inHeader && this.#left <= 0
  }
}
