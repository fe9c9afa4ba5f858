const EMPTY = Buffer.alloc(0)

/** What came from a client and is not yet used, in the pieces in which it came. Does no I/O and copies nothing. */
export class OctetQueue {
  #chunks: Buffer[] = []
  #chunk: Buffer = EMPTY
  #at = 0
  #size = 0
  #found = false

  /** Octets taken and not yet used. */
  get size(): number {
    return this.#size
  }

  /** Whether the last `upTo` met its octet. */
  get found(): boolean {
    return this.#found
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    this.#size += buffer.length
    if (this.#at === this.#chunk.length) {
      this.#chunk = buffer
      this.#at = 0
    } else {
      this.#chunks.push(buffer)
    }
  }

  clear(): void {
    this.#chunks = []
    this.#chunk = EMPTY
    this.#at = 0
    this.#size = 0
  }

  /** At most `max` octets of what is there; `undefined` when nothing is. */
  take(max: number): Buffer | undefined {
    if (this.#size === 0) return undefined
    const bytes = this.#chunk.subarray(this.#at, this.#at + max)
    this.#advance(bytes.length)
    return bytes
  }

  /** What stands before the next `octet`, which is used too; without one in this piece, the piece. `undefined` when nothing is there. */
  upTo(octet: number): Buffer | undefined {
    if (this.#size === 0) return undefined
    const place = this.#chunk.indexOf(octet, this.#at)
    this.#found = place !== -1
    const piece = this.#chunk.subarray(this.#at, this.#found ? place : this.#chunk.length)
    this.#advance(piece.length + (this.#found ? 1 : 0))
    return piece
  }

  /** A piece that is used up is let go at once: it may hold a buffer of the socket's. */
  #advance(count: number): void {
    this.#at += count
    this.#size -= count
    if (this.#at < this.#chunk.length) return
    this.#chunk = this.#chunks.shift() ?? EMPTY
    this.#at = 0
  }
}
