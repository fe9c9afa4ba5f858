import { OctetQueue } from '../octet-queue.ts'

/** A line without its line end; or one that went past the limit and has been skipped to its end. */
export type Pop3Line = { readonly kind: 'line'; readonly octets: Uint8Array } | { readonly kind: 'too-long' }

const LF = 0x0a
const CR = 0x0d
const EMPTY = Buffer.alloc(0)
/** What the first piece of a split line is given room for: nearly every command. */
const ROOM = 256

/**
 * Cuts a client's octets into lines. Does no I/O: `push` takes what came, `next` gives the next line or `undefined`
 * when more octets are needed. LF alone ends a line too: people test with tools that send no CR, and a line of POP3
 * means nothing that could be smuggled.
 */
export class Pop3Framer {
  readonly #limit: number
  readonly #queue = new OctetQueue()
  /** The beginning of a line whose end has not come. */
  #open = EMPTY
  #length = 0
  #tooLong = false

  /** `limit`: octets of a line without its line end. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** Octets taken and not yet looked at. */
  get buffered(): number {
    return this.#queue.size
  }

  push(chunk: Uint8Array): void {
    this.#queue.push(chunk)
  }

  /** Forgets everything received: what a client sent before TLS began must not be run inside of it. */
  clear(): void {
    this.#queue.clear()
    this.#endLine()
  }

  /** The octets of a line are valid until the next call. */
  next(): Pop3Line | undefined {
    for (;;) {
      const piece = this.#queue.upTo(LF)
      if (piece === undefined) return undefined
      if (!this.#queue.found) {
        this.#keep(piece)
        continue
      }
      if (this.#length === 0 && !this.#tooLong) return this.#line(piece)
      this.#keep(piece)
      const line: Pop3Line = this.#tooLong ? { kind: 'too-long' } : this.#line(this.#open.subarray(0, this.#length))
      this.#endLine()
      return line
    }
  }

  #line(octets: Buffer): Pop3Line {
    const line = octets.at(-1) === CR ? octets.subarray(0, -1) : octets
    return line.length > this.#limit ? { kind: 'too-long' } : { kind: 'line', octets: line }
  }

  /** A copy, so that a client that sends octet by octet does not hold a network buffer for each. */
  #keep(piece: Buffer): void {
    const length = this.#length + piece.length
    // One more than the limit: a CR at the end is not counted.
    if (this.#tooLong || length > this.#limit + 1) {
      this.#tooLong = true
      this.#open = EMPTY
      this.#length = 0
      return
    }
    if (length > this.#open.length) {
      const open = Buffer.allocUnsafe(Math.max(ROOM, 2 * length))
      open.set(this.#open.subarray(0, this.#length))
      this.#open = open
    }
    this.#open.set(piece, this.#length)
    this.#length = length
  }

  #endLine(): void {
    // The room for a response of AUTH is not kept for a session of short commands.
    if (this.#open.length > 2 * ROOM) this.#open = EMPTY
    this.#length = 0
    this.#tooLong = false
  }
}
