import { BLOCK_BUCKETS, BlockWriter, SEGMENT } from './lists.ts'
import { BLOCKS, type IndexStatements } from './statements.ts'
import { unpackBuckets } from './trigrams.ts'

/** Loose documents of one account on their way into a segment, in slices, each in a transaction of its caller's. What was begun and not ended is nothing. */
export class Sealing {
  readonly #account: number
  readonly #statements: IndexStatements
  readonly #segment: number
  readonly #emails: Float64Array
  readonly #buckets: readonly Uint16Array[]
  /** What each document has that is written. */
  readonly #written: Uint32Array
  readonly #block = new BlockWriter()
  #next = 0

  constructor(account: number, statements: IndexStatements) {
    this.#account = account
    this.#statements = statements
    this.#segment = (statements.lastSegment()?.segment ?? 0) + 1
    const loose = statements.loose(account, SEGMENT)
    this.#emails = Float64Array.from(loose, ([email]) => email)
    this.#buckets = loose.map(([, buckets]) => unpackBuckets(buckets))
    this.#written = new Uint32Array(loose.length)
  }

  /** Goes on until the time (of `performance.now`) has come. Whether it has ended. */
  write(until: number): boolean {
    // Of one that was never ended.
    if (this.#next === 0) this.#statements.deleteBlocks(this.#segment * BLOCKS, (this.#segment + 1) * BLOCKS)
    for (; this.#next < BLOCKS; this.#next++) {
      if (performance.now() > until) return false
      this.#writeBlock(this.#next)
    }
    this.#end()
    return true
  }

  #writeBlock(block: number): void {
    const [first, behind] = [block * BLOCK_BUCKETS, (block + 1) * BLOCK_BUCKETS]
    const written = this.#written
    let some = false
    for (const [document, buckets] of this.#buckets.entries()) {
      let at = written[document] ?? 0
      for (let bucket = buckets[at] ?? behind; bucket < behind; bucket = buckets[++at] ?? behind) {
        this.#block.add(bucket - first, document)
        some = true
      }
      written[document] = at
    }
    if (some) this.#statements.insertBlock(this.#segment * BLOCKS + block, this.#block.take())
  }

  /** Those that were dropped meanwhile are no part of it. */
  #end(): void {
    let live = 0
    for (const email of this.#emails) {
      if (this.#statements.deleteLoose(email).changes === 0) continue
      this.#statements.insertSealed(email, this.#segment)
      live++
    }
    this.#statements.insertSegment(this.#segment, this.#account, new Uint8Array(this.#emails.buffer), live)
  }
}
