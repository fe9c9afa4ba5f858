/** Documents of a segment; a document is its place among them. */
export const SEGMENT = 512
/** Neighbouring buckets whose lists are stored together. */
export const BLOCK_BUCKETS = 64

const BIT_OCTETS = SEGMENT / 8

/** A document a bit. */
export type DocumentBits = Uint32Array

export function allDocuments(): DocumentBits {
  return new Uint32Array(SEGMENT / 32).fill(0xffff_ffff)
}

/**
 * The lists of a block, each bucket's documents ascending: first the octets of each list, one octet a list, then the lists: gaps in 7 bits an octet,
 * the lowest first, or, where that is not less, a bit a document.
 */
export class BlockWriter {
  readonly #documents = new Uint16Array(BLOCK_BUCKETS * SEGMENT)
  readonly #counts = new Uint16Array(BLOCK_BUCKETS)
  readonly #octets = new Uint8Array(BLOCK_BUCKETS * (1 + BIT_OCTETS))

  /** Documents ascending. `bucket`: its place in the block. */
  add(bucket: number, document: number): void {
    this.#documents[bucket * SEGMENT + this.#counts[bucket]!++] = document
  }

  /** What was added, until the next call; another block begins. */
  take(): Uint8Array {
    let end = BLOCK_BUCKETS
    for (let bucket = 0; bucket < BLOCK_BUCKETS; bucket++) {
      const from = bucket * SEGMENT
      const length = this.#write(this.#documents.subarray(from, from + (this.#counts[bucket] ?? 0)), end)
      this.#octets[bucket] = length
      end += length
    }
    this.#counts.fill(0)
    return this.#octets.subarray(0, end)
  }

  #write(documents: Uint16Array, start: number): number {
    const octets = this.#octets
    let at = start
    let before = -1
    for (const document of documents) {
      const gap = document - before
      before = document
      if (at - start + (gap < 128 ? 1 : 2) >= BIT_OCTETS) return this.#writeBits(documents, start)
      if (gap >= 128) octets[at++] = (gap & 127) | 128
      octets[at++] = gap < 128 ? gap : gap >>> 7
    }
    return at - start
  }

  #writeBits(documents: Uint16Array, start: number): number {
    this.#octets.fill(0, start, start + BIT_OCTETS)
    for (const document of documents) this.#octets[start + (document >>> 3)]! |= 1 << (document & 7)
    return BIT_OCTETS
  }
}

/** Leaves those of `bits` that stand in the list of the bucket, a place in the block; `undefined`: a block of empty lists. Whether any is left. */
export function keepListed(bits: DocumentBits, block: Uint8Array | undefined, bucket: number): boolean {
  const listed = new Uint32Array(bits.length)
  if (block !== undefined) readList(listed, block, bucket)
  let some = 0
  for (let word = 0; word < bits.length; word++) some |= bits[word]! &= listed[word] ?? 0
  return some !== 0
}

function readList(bits: DocumentBits, block: Uint8Array, bucket: number): void {
  let at = BLOCK_BUCKETS
  for (let before = 0; before < bucket; before++) at += block[before] ?? 0
  const end = at + (block[bucket] ?? 0)
  if (end - at === BIT_OCTETS) {
    for (let octet = 0; octet < BIT_OCTETS; octet++) bits[octet >>> 2]! |= (block[at + octet] ?? 0) << ((octet & 3) * 8)
    return
  }
  for (let document = -1; at < end; at++) {
    const octet = block[at] ?? 0
    document += octet < 128 ? octet : (octet & 127) | ((block[++at] ?? 0) << 7)
    bits[document >>> 5]! |= 1 << (document & 31)
  }
}
