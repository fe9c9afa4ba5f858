import { MAX_BOUNDARY } from './limits.ts'

/** A delimiter line of an open multipart. */
export interface BoundaryMatch {
  readonly boundary: string
  /** Level of the multipart among the open parts. */
  readonly level: number
  /** `--` follows the boundary: the multipart's last. */
  readonly closes: boolean
}

/**
 * The boundaries of the open multiparts. A line is a delimiter when all of it, white space at its end aside, is a
 * boundary. RFC 2046 section 5.1.1 would take a line that only begins with one; then the delimiters of an inner
 * multipart would end the outer one when its boundary is their prefix, and such boundaries occur. Time for a line does not
 * depend on how many are open.
 */
export class BoundaryTable {
  readonly #levels = new Map<string, number[]>()
  /** How many open boundaries have that length. */
  readonly #lengths = new Uint32Array(MAX_BOUNDARY + 1)
  #size = 0

  get size(): number {
    return this.#size
  }

  open(boundary: string, level: number): void {
    const levels = this.#levels.get(boundary)
    if (levels === undefined) this.#levels.set(boundary, [level])
    else levels.push(level)
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
    this.#lengths.fill(0)
    this.#size = 0
  }

  /** A cheap look before `find`: can what follows the two dashes, so many octets, be a boundary? */
  mayMatch(length: number): boolean {
    return length > 0 && ((this.#lengths[length] ?? 0) > 0 || (this.#lengths[length - 2] ?? 0) > 0)
  }

  /** `text` is the line behind its two dashes, trimmed. The innermost multipart wins. */
  find(text: string): BoundaryMatch | undefined {
    const level = this.#levels.get(text)?.at(-1)
    if (level !== undefined) return { boundary: text, level, closes: false }
    if (!text.endsWith('--')) return undefined
    const boundary = text.slice(0, -2)
    const closed = this.#levels.get(boundary)?.at(-1)
    return closed === undefined ? undefined : { boundary, level: closed, closes: true }
  }
}
