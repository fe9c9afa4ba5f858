/** Why a message cannot be kept as it was sent. */
export type MessageDefect = 'bare-cr' | 'bare-lf' | 'nul' | 'line-too-long'

export interface DotUnstufferOptions {
  /** False: the octets come with a length (BDAT, RFC 3030) instead of stuffed dots and an end mark. Default true. */
  readonly stuffed?: boolean
  /** Makes CRLF of bare CR and bare LF and drops NUL, instead of calling them defects. */
  readonly normalise: boolean
  /** Longest line, in octets without CRLF. */
  readonly maxLine: number
}

const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e

/** What is not in whole lines of text as they are to be: NUL, CR or LF alone, and a dot at the beginning of a line. */
const DECISION = /\0|\r(?!\n)|(?<!\r)\n|\n\./
/** Fewer octets are walked through: to look at them as a whole takes as long. */
const FEW = 64

/** Octets above CR need no decision in the middle of a line. */
function textEnd(chunk: Uint8Array, from: number): number {
  let at = from
  while (at < chunk.length && (chunk[at] as number) > CR) at++
  return at
}

const TEXT = 0
const AFTER_CR = 1
const LINE_START = 2
const AFTER_DOT = 3
const AFTER_DOT_CR = 4

/**
 * The transparency of RFC 5321 section 4.5.2, for message octets in any slicing. Only CRLF.CRLF ends the message,
 * and only a dot behind CRLF was stuffed: other readings are how messages are smuggled.
 *
 * Whole lines in which there is nothing to decide are found by one search, which takes a quarter of the time. All others are
 * walked through octet by octet, so that no content costs much more than another. A call gives at most two pieces,
 * however many dots are taken away.
 */
export class DotUnstuffer {
  readonly #stuffed: boolean
  readonly #normalise: boolean
  readonly #maxLine: number
  #state = LINE_START
  #lineLength = 0
  #defect: MessageDefect | undefined
  #done = false
  /** Set once octets of a call differ from what came: the rest of the call is copied into it. */
  #out: Uint8Array | undefined
  #filled = 0

  constructor({ stuffed = true, normalise, maxLine }: DotUnstufferOptions) {
    this.#stuffed = stuffed
    this.#normalise = normalise
    this.#maxLine = maxLine
  }

  /** The first defect, if there is one; pieces are then of no use, but `push` still finds the end. */
  get defect(): MessageDefect | undefined {
    return this.#defect
  }

  /** The end was found. */
  get done(): boolean {
    return this.#done
  }

  /** Gives the message's octets to `emit` and returns how many of `chunk` were used: all of it until the end is found. */
  push(chunk: Uint8Array, emit: (piece: Uint8Array) => void): number {
    this.#out = undefined
    // What precedes `until` is emitted as it is, what follows goes to a copy.
    const divert = (until: number): void => {
      if (this.#out !== undefined) return
      if (until > 0) emit(chunk.subarray(0, until))
      // Twice: every octet could be a bare CR or LF; a carriage return may be owed from the call before.
      this.#out = new Uint8Array(2 * (chunk.length - until) + 2)
      this.#filled = 0
    }
    let at = 0
    let looked = chunk.length < FEW
    while (at < chunk.length) {
      if (!looked && (this.#state === TEXT || this.#state === LINE_START)) {
        looked = true
        at = this.#lines(chunk, at)
        continue
      }
      if (this.#state === TEXT) {
        const end = textEnd(chunk, at)
        if (end > at) {
          this.#text(chunk, at, end)
          at = end
          continue
        }
      }
      if (this.#step(chunk[at] as number, at, divert)) break
      at++
    }
    return this.#finish(chunk, at, emit)
  }

  /** The octets end here, whatever came last: for a message that is not stuffed. A CR at the very end has lost its LF. */
  end(emit: (piece: Uint8Array) => void): void {
    if (this.#state !== AFTER_CR) return
    this.#state = LINE_START
    if (this.#normalise) emit(Uint8Array.of(LF))
    else this.#found('bare-cr')
  }

  /** Passes lines that stay as they are, all there are from `from` on or none. Returns where they end. */
  #lines(chunk: Uint8Array, from: number): number {
    if (this.#out !== undefined || (this.#state === LINE_START && chunk[from] === DOT)) return from
    const first = chunk.indexOf(LF, from)
    let end = chunk.lastIndexOf(LF) + 1
    // The dot that ends most messages is left to be walked through.
    if (chunk[end - 3] === DOT && chunk[end - 4] === LF) end -= 3
    if (first < 0 || end - from < FEW) return from
    // None of them is longer than all that follow the first together.
    if (this.#lineLength + first - from > this.#maxLine || end - first > this.#maxLine) return from
    if (DECISION.test(Buffer.from(chunk.buffer, chunk.byteOffset + from, end - from).toString('latin1'))) return from
    this.#state = LINE_START
    this.#lineLength = 0
    return end
  }

  #text(chunk: Uint8Array, from: number, to: number): void {
    this.#lineLength += to - from
    const out = this.#out
    if (out === undefined) return
    let filled = this.#filled
    for (let i = from; i < to; i++) out[filled++] = chunk[i] as number
    this.#filled = filled
  }

  /** One octet with a decision to make. True: it ends the message. */
  #step(octet: number, at: number, divert: (until: number) => void): boolean {
    switch (this.#state) {
      case AFTER_DOT:
        if (octet === CR) {
          // Held back: with LF it is the end.
          divert(at)
          this.#state = AFTER_DOT_CR
          return false
        }
        this.#state = TEXT
        break
      case AFTER_DOT_CR:
        if (octet === LF) {
          this.#done = true
          return true
        }
        // The carriage return held back belongs to the message after all.
        divert(at)
        this.#put(CR)
        this.#state = AFTER_CR
        break
      case LINE_START:
        if (octet === DOT && this.#stuffed) {
          divert(at)
          this.#state = AFTER_DOT
          return false
        }
        this.#state = TEXT
        break
      default:
    }
    this.#content(octet, at, divert)
    return false
  }

  #content(octet: number, at: number, divert: (until: number) => void): void {
    if (this.#state === AFTER_CR) {
      if (octet === LF) {
        this.#put(LF)
        this.#endLine()
        this.#state = LINE_START
        return
      }
      this.#state = TEXT
      if (this.#normalise) {
        divert(at)
        this.#put(LF)
        this.#endLine()
      } else this.#found('bare-cr')
    }
    if (octet === CR) {
      this.#put(CR)
      this.#state = AFTER_CR
    } else if (octet === LF) {
      if (this.#normalise) {
        divert(at)
        this.#put(CR)
        this.#endLine()
      } else this.#found('bare-lf')
      this.#put(LF)
    } else if (octet === 0 && this.#normalise) {
      divert(at)
    } else {
      if (octet === 0) this.#found('nul')
      this.#lineLength++
      this.#put(octet)
    }
  }

  #put(octet: number): void {
    if (this.#out !== undefined) this.#out[this.#filled++] = octet
  }

  #endLine(): void {
    if (this.#lineLength > this.#maxLine) this.#found('line-too-long')
    this.#lineLength = 0
  }

  #found(defect: MessageDefect): void {
    this.#defect ??= defect
  }

  /** Emits what is left of a call; a line that is already too long need not end for that to be known. */
  #finish(chunk: Uint8Array, at: number, emit: (piece: Uint8Array) => void): number {
    if (this.#lineLength > this.#maxLine) this.#found('line-too-long')
    if (this.#out === undefined) {
      if (at > 0) emit(chunk.subarray(0, at))
    } else if (this.#filled > 0) emit(this.#out.subarray(0, this.#filled))
    this.#out = undefined
    return this.#done ? at + 1 : at
  }
}
