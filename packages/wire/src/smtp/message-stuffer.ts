const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e

/**
 * The transparency of RFC 5321 section 4.5.2 on the sending side, for a message in any slicing. A bare CR or LF becomes
 * CRLF (section 2.3.8: none may be sent): a server that takes it for a line's end must not find an end of the message there.
 */
export class MessageStuffer {
  /** As if a line had just ended, so that a first dot is doubled. */
  #last = LF

  /** The octets to send: the chunk itself when there is nothing to change. */
  push(chunk: Uint8Array): Uint8Array {
    const first = this.#firstChange(chunk)
    if (first === chunk.length) return chunk
    // Every octet may be a bare LF, or a dot behind one.
    const out = new Uint8Array(first + 2 * (chunk.length - first) + 1)
    out.set(chunk.subarray(0, first))
    return out.subarray(0, this.#change(chunk, first, out))
  }

  /** What ends the message, a CRLF first when it has none. */
  end(): string {
    if (this.#last === CR) return '\n.\r\n'
    return this.#last === LF ? '.\r\n' : '\r\n.\r\n'
  }

  /** The first octet that cannot go as it is; `#last` is the one before. */
  #firstChange(chunk: Uint8Array): number {
    let last = this.#last
    let at = 0
    for (; at < chunk.length; at++) {
      const octet = chunk[at] as number
      if (last === CR ? octet !== LF : octet === LF || (octet === DOT && last === LF)) break
      last = octet
    }
    this.#last = last
    return at
  }

  #change(chunk: Uint8Array, from: number, out: Uint8Array): number {
    let last = this.#last
    let filled = from
    for (let at = from; at < chunk.length; at++) {
      const octet = chunk[at] as number
      if (last === CR && octet !== LF) {
        out[filled++] = LF
        last = LF
      }
      if (octet === LF && last !== CR) out[filled++] = CR
      else if (octet === DOT && last === LF) out[filled++] = DOT
      out[filled++] = octet
      last = octet
    }
    this.#last = last
    return filled
  }
}
