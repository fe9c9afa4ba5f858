import { OctetQueue } from '../octet-queue.ts'
import type { Frame, Literal } from './frame.ts'
import { CR, LF, RIGHT_BRACE } from './octets.ts'

/** Octets. They change at login; see the server's limits. */
export interface FramerLimits {
  /** One command's lines together, announcements included, literals not. */
  readonly line: number
  /** All literals of one command that are kept in memory, together. */
  readonly memory: number
  /** Literals in one command. */
  readonly count: number
}

export interface LiteralAnnouncement {
  readonly size: number
  /** The client waits for `+`. False for `{n+}` (RFC 7888): it has begun already. */
  readonly sync: boolean
  readonly binary: boolean
}

export type FramerEvent =
  | { readonly kind: 'command'; readonly frame: Frame }
  /** Asks for `decide`; nothing further is read before. `prefix` ends behind the announcement. */
  | { readonly kind: 'literal'; readonly literal: LiteralAnnouncement; readonly prefix: Frame; readonly fits: boolean }
  /** Octets of a streamed literal. The memory belongs to the socket's chunk and is not reused. */
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  /** A streamed literal is complete: asks for `finish`. */
  | { readonly kind: 'streamed' }
  /** A refused command has been read to where the client waits for its answer. */
  | { readonly kind: 'refused'; readonly prefix: Frame }
  /** A command's line went past the limit and has been skipped. */
  | { readonly kind: 'too-long'; readonly prefix: Frame }

const EMPTY = Buffer.alloc(0)
const ANNOUNCEMENT = /(~?)\{(\d{1,20})(\+?)\}$/
const TAIL = 26
/** What is kept of an over-long line: enough for the tag and the command's name. */
const HEAD = 256

/**
 * Cuts a client's octets into commands. Does no I/O: `push` takes what came, `next` gives the next event or
 * `undefined` when more octets are needed. A literal is only collected or streamed after its command said so
 * through `decide`, so nobody can fill the memory with announcements.
 */
export class ImapFramer {
  #limits: FramerLimits
  readonly #queue = new OctetQueue()

  #mode: 'line' | 'asked' | 'memory' | 'stream' | 'finish' | 'skip' = 'line'
  readonly #line = new Gathered()
  #literals: Literal[] = []
  #kept = 0
  #announced: LiteralAnnouncement | undefined
  readonly #body = new Gathered()
  #left = 0
  #refused = false
  #endsHere = false
  #tooLong = false
  /** Where in #line the text behind the last literal begins. */
  #piece = 0
  #tail: Buffer = EMPTY

  constructor(limits: FramerLimits) {
    this.#limits = limits
  }

  set limits(limits: FramerLimits) {
    this.#limits = limits
  }

  /** Octets taken and not yet used. */
  get buffered(): number {
    return this.#queue.size
  }

  /** A command has begun and not ended. */
  get inCommand(): boolean {
    return this.#mode !== 'line' || this.#line.length > 0 || this.#literals.length > 0 || this.#queue.size > 0
  }

  push(chunk: Uint8Array): void {
    this.#queue.push(chunk)
  }

  /** Forgets everything received: what a client sent before TLS began must not be run inside it (RFC 9051 section 11.1). */
  clear(): void {
    this.#queue.clear()
    this.#reset()
  }

  next(): FramerEvent | undefined {
    for (;;) {
      switch (this.#mode) {
        case 'asked':
        case 'finish':
          throw new Error('the framer waits for a decision')
        case 'line': {
          const event = this.#readLine()
          if (event === 'again') continue
          return event
        }
        case 'memory':
          if (!this.#readMemory()) return undefined
          continue
        case 'stream': {
          if (this.#left === 0) {
            this.#mode = 'finish'
            return { kind: 'streamed' }
          }
          const bytes = this.#queue.take(this.#left)
          if (bytes === undefined) return undefined
          this.#left -= bytes.length
          return { kind: 'data', bytes }
        }
        case 'skip': {
          if (this.#left === 0) {
            this.#mode = 'line'
            continue
          }
          const bytes = this.#queue.take(this.#left)
          if (bytes === undefined) return undefined
          this.#left -= bytes.length
        }
      }
    }
  }

  /**
   * Says what becomes of the announced literal; `refuse` may also come while a literal is streamed. After it, what the
   * client sends without waiting is skipped, and `refused` tells when to answer.
   */
  decide(decision: 'memory' | 'stream' | 'refuse'): void {
    const literal = this.#announced
    if (literal === undefined) throw new Error('no literal was announced')
    if (decision !== 'refuse') {
      this.#left = literal.size
      this.#mode = decision
      return
    }
    this.#refused = true
    this.#body.clear()
    if (this.#mode === 'asked' && literal.sync) {
      // The client waits for "+", gets the tagged answer instead, and sends nothing more of this command.
      this.#endsHere = true
      this.#mode = 'line'
      return
    }
    if (this.#mode === 'asked') this.#left = literal.size
    this.#skip(this.#left)
  }

  /** Puts `handle` where the streamed literal stood. */
  finish(handle: unknown): void {
    this.#endLiteral({ kind: 'stream', handle })
  }

  /** The next line as it is, for IDLE's DONE and for responses of AUTHENTICATE; `too-long` once when it is over `limit`. */
  rawLine(limit: number): Buffer | 'too-long' | undefined {
    const end = this.#gatherLine(limit)
    if (!end) return undefined
    const long = this.#tooLong
    const line = Buffer.from(this.#line.view())
    this.#reset()
    return long ? 'too-long' : line
  }

  #reset(): void {
    this.#mode = 'line'
    this.#line.clear()
    this.#body.clear()
    this.#literals = []
    this.#kept = 0
    this.#announced = undefined
    this.#refused = false
    this.#tooLong = false
    this.#endsHere = false
    this.#piece = 0
    this.#tail = EMPTY
  }

  #readLine(): FramerEvent | 'again' | undefined {
    if (this.#endsHere) return this.#end('refused')
    if (!this.#gatherLine(this.#limits.line)) return undefined
    const match = this.#announcement()
    if (match === null) return this.#end(this.#tooLong ? 'too-long' : this.#refused ? 'refused' : 'command')
    const size = Number(match[2])
    const literal: LiteralAnnouncement = { size, sync: match[3] === '', binary: match[1] === '~' }
    if (this.#refused || this.#tooLong) {
      if (literal.sync) return this.#end(this.#tooLong ? 'too-long' : 'refused')
      this.#skip(size)
      return 'again'
    }
    this.#announced = literal
    this.#mode = 'asked'
    const fits = this.#literals.length < this.#limits.count && this.#kept + size <= this.#limits.memory
    const announced: Literal = { at: this.#line.length, size, binary: literal.binary, value: { kind: 'announced' } }
    return { kind: 'literal', literal, prefix: { line: this.#line.copy(), literals: [...this.#literals, announced] }, fits }
  }

  /** Of a literal, at the end of the line that was read. */
  #announcement(): RegExpExecArray | null {
    // Nearly all lines end otherwise.
    if ((this.#tooLong ? this.#tail.at(-1) : this.#line.last) !== RIGHT_BRACE) return null
    const tail = this.#tooLong ? this.#tail : this.#line.view().subarray(Math.max(this.#piece, this.#line.length - TAIL))
    return ANNOUNCEMENT.exec(tail.toString('latin1'))
  }

  #end(kind: 'command' | 'refused' | 'too-long'): FramerEvent {
    const frame: Frame = { line: this.#line.take(), literals: this.#literals }
    this.#reset()
    return kind === 'command' ? { kind, frame } : { kind, prefix: frame }
  }

  #readMemory(): boolean {
    while (this.#left > 0) {
      const bytes = this.#queue.take(this.#left)
      if (bytes === undefined) return false
      this.#body.add(bytes)
      this.#left -= bytes.length
    }
    const bytes = this.#body.copy()
    this.#kept += bytes.length
    this.#endLiteral({ kind: 'memory', bytes })
    return true
  }

  #endLiteral(value: Literal['value']): void {
    const { size, binary } = this.#announced ?? { size: 0, binary: false }
    this.#literals.push({ at: this.#line.length, size, binary, value })
    this.#announced = undefined
    this.#body.clear()
    this.#piece = this.#line.length
    this.#mode = 'line'
  }

  #skip(octets: number): void {
    this.#left = octets
    this.#mode = 'skip'
    this.#piece = this.#line.length
    this.#tail = EMPTY
  }

  /**
   * Adds the octets up to the next line end to #line; false when the end has not come yet. A line ends with CRLF; a bare
   * LF is taken too, as every server does for people with a terminal.
   */
  #gatherLine(limit: number): boolean {
    for (;;) {
      const piece = this.#queue.upTo(LF)
      if (piece === undefined) return false
      this.#addToLine(piece, limit)
      if (!this.#queue.found) continue
      this.#dropCr()
      return true
    }
  }

  #addToLine(piece: Buffer, limit: number): void {
    if (!this.#tooLong && this.#line.length + piece.length > limit + 1) {
      this.#tooLong = true
      const keep = Math.max(0, HEAD - this.#line.length)
      this.#tail = Buffer.concat([this.#line.view().subarray(-TAIL), piece.subarray(-TAIL)])
      this.#line.add(piece.subarray(0, keep))
      this.#line.truncate(HEAD)
    } else if (this.#tooLong) {
      this.#tail = Buffer.concat([this.#tail.subarray(-TAIL), piece.subarray(-TAIL)]).subarray(-TAIL)
    } else {
      this.#line.add(piece)
    }
  }

  #dropCr(): void {
    if (this.#tooLong) {
      if (this.#tail.at(-1) === CR) this.#tail = this.#tail.subarray(0, -1)
    } else if (this.#line.last === CR) {
      this.#line.truncate(this.#line.length - 1)
    }
  }
}

/** Octets gathered piece by piece, without keeping the pieces (each would hold a whole chunk of the socket alive). */
class Gathered {
  #bytes: Buffer = EMPTY
  #length = 0

  get length(): number {
    return this.#length
  }

  get last(): number | undefined {
    return this.#length === 0 ? undefined : this.#bytes[this.#length - 1]
  }

  add(piece: Buffer): void {
    const needed = this.#length + piece.length
    if (this.#length === 0) {
      // Nearly always all there will be.
      this.#bytes = Buffer.from(piece)
      this.#length = needed
      return
    }
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
      this.#bytes.copy(grown, 0, 0, this.#length)
      this.#bytes = grown
    }
    piece.copy(this.#bytes, this.#length)
    this.#length = needed
  }

  truncate(length: number): void {
    if (length < this.#length) this.#length = length
  }

  view(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Octets that nothing later changes. */
  copy(): Buffer {
    return Buffer.from(this.view())
  }

  /** Octets that nothing later changes, without a copy: none are left here. */
  take(): Buffer {
    const bytes = this.view()
    this.clear()
    return bytes
  }

  clear(): void {
    this.#bytes = EMPTY
    this.#length = 0
  }
}
