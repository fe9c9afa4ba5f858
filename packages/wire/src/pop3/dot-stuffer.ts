const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e
const LF_DOT = Buffer.from('\n.')

/**
 * The byte-stuffing of RFC 1939 section 3, for a message in any slicing. A dot behind a bare LF is doubled like one
 * behind CRLF: nearly all clients take LF for a line's end when they look for the lone dot, and undo it there too.
 */
export class DotStuffer {
  /** The last two octets, as far as the end depends on them. */
  #before = CR
  #last = LF

  /** The octets to send: the chunk itself when it holds nothing to stuff. */
  push(chunk: Uint8Array): Uint8Array {
    if (chunk.length === 0) return chunk
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    const atStart = this.#last === LF && chunk[0] === DOT
    const first = atStart ? 0 : buffer.indexOf(LF_DOT) + 1
    this.#before = chunk.length > 1 ? (chunk.at(-2) as number) : this.#last
    this.#last = chunk.at(-1) as number
    return first === 0 && !atStart ? chunk : stuffed(chunk, first)
  }

  /** What ends the response, a CRLF first when the message has none (RFC 1939 section 3: every line has one). */
  end(): string {
    return this.#before === CR && this.#last === LF ? '.\r\n' : '\r\n.\r\n'
  }
}

/** Octet by octet: looking for one dot after the other is slow where there are thousands. `first`: the first dot to double. */
function stuffed(chunk: Uint8Array, first: number): Uint8Array {
  // At most every second octet is a dot behind a line's end.
  const out = new Uint8Array(chunk.length + ((chunk.length - first + 1) >> 1))
  out.set(chunk.subarray(0, first))
  let filled = first
  let before = LF
  for (let at = first; at < chunk.length; at++) {
    const octet = chunk[at] as number
    if (octet === DOT && before === LF) out[filled++] = DOT
    out[filled++] = octet
    before = octet
  }
  return out.subarray(0, filled)
}
