import { MAX_BOUNDARY } from './limits.ts'
import { toText } from './octets.ts'

/** A delimiter line of an open multipart. */
export interface BoundaryMatch {
  readonly boundary: string
  /** Level of the multipart among the open parts. */
  readonly level: number
  /** `--` follows the boundary: the multipart's last. */
  readonly closes: boolean
}

/** bcharsnospace of RFC 2046 section 5.1.1: what a boundary goes on with. */
const BOUNDARY_CHAR = new Uint8Array(256)
for (const char of "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'()+_,-./:=?") BOUNDARY_CHAR[char.charCodeAt(0)] = 1

/** Of a message without parts, as most are. */
const NONE = new Uint32Array(0)

/**
 * The boundaries of the open multiparts. A line is a delimiter when all of it, white space at its end aside, is a boundary, or
 * when a boundary stands at its beginning and ends there: RFC 2046 section 5.1.1 wants no match of the whole line, and agents
 * write comments and signatures behind their delimiters. But letters that a boundary may have never follow it: else the
 * delimiters of an inner multipart would end the outer one when its boundary is their prefix, and such boundaries occur. Time for
 * a line does not depend on how many are open.
 */
export class BoundaryTable {
  readonly #levels = new Map<string, number[]>()
  /** How many open boundaries have that length. */
  #lengths = NONE
  #size = 0

  get size(): number {
    return this.#size
  }

  open(boundary: string, level: number): void {
    const levels = this.#levels.get(boundary)
    if (levels === undefined) this.#levels.set(boundary, [level])
    else levels.push(level)
    if (this.#lengths === NONE) this.#lengths = new Uint32Array(MAX_BOUNDARY + 1)
    this.#lengths[boundary.length] = (this.#lengths[boundary.length] ?? 0) + 1
    this.#size++
  }

  /** Forgets the innermost of that boundary; harmless when there is none. */
  close(boundary: string): void {
    const levels = this.#levels.get(boundary)
    if (levels === undefined) return
    levels.pop()
    if (levels.length === 0) this.#levels.delete(boundary)
    this.#lengths[boundary.length] = (this.#lengths[boundary.length] ?? 1) - 1
    this.#size--
  }

  clear(): void {
    this.#levels.clear()
    this.#lengths = NONE
    this.#size = 0
  }

  /** The delimiter in a line that stands, from behind its two dashes to its last octet that is no blank, in `octets`. */
  match(octets: Uint8Array, start: number, end: number): BoundaryMatch | undefined {
    const whole = this.#find(octets, start, end)
    if (whole !== undefined) return whole
    let word = start
    while (word < end && BOUNDARY_CHAR[octets[word] ?? 0] === 1) word++
    return word < end ? this.#find(octets, start, word) : undefined
  }

  /** The innermost multipart wins. */
  #find(octets: Uint8Array, start: number, end: number): BoundaryMatch | undefined {
    const length = end - start
    // Cheaper than the text of each line.
    if (length <= 0 || !((this.#lengths[length] ?? 0) > 0 || (this.#lengths[length - 2] ?? 0) > 0)) return undefined
    const text = toText(octets, start, end)
    const level = this.#levels.get(text)?.at(-1)
    if (level !== undefined) return { boundary: text, level, closes: false }
    if (!text.endsWith('--')) return undefined
    const boundary = text.slice(0, -2)
    const closed = this.#levels.get(boundary)?.at(-1)
    return closed === undefined ? undefined : { boundary, level: closed, closes: true }
  }
}
