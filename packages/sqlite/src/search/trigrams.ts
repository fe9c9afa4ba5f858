/** Numbers that stand for trigrams; several share one, and a search asks for many. */
export const BUCKETS = 65_536

/** Which number stands for three units of UTF-16. */
export function bucketOf(first: number, second: number, third: number): number {
  return (Math.imul(first, 0x9e37_79b1) + Math.imul(second, 0x85eb_ca77) + Math.imul(third, 0xc2b2_ae3d)) >>> 16
}

/** As octets in the index: ascending numbers of two octets, or a bit a number where that is less. The machine's own order of octets. */
export type PackedBuckets = Uint8Array

const BIT_OCTETS = BUCKETS / 8

/** The trigrams of one text after the other. */
export class TrigramReader {
  readonly #bits = new Uint32Array(BUCKETS / 32)
  #first = 0
  #second = 0
  #units = 0

  /** What follows what was read before. */
  read(text: string): void {
    const bits = this.#bits
    let [first, second, at] = [this.#first, this.#second, 0]
    for (; at < text.length && this.#units < 2; at++, this.#units++) [first, second] = [second, text.charCodeAt(at)]
    for (; at < text.length; at++) {
      const third = text.charCodeAt(at)
      const bucket = bucketOf(first, second, third)
      bits[bucket >>> 5]! |= 1 << (bucket & 31)
      first = second
      second = third
    }
    ;[this.#first, this.#second] = [first, second]
  }

  /** Those of all that was read; another text begins. */
  take(): PackedBuckets {
    const numbers = numbersIn(this.#bits)
    const packed = new Uint8Array(numbers.byteLength < BIT_OCTETS ? numbers.buffer : this.#bits.slice().buffer)
    this.#bits.fill(0)
    this.#units = 0
    return packed
  }
}

function numbersIn(bits: Uint32Array): Uint16Array {
  let count = 0
  const numbers = new Uint16Array(BUCKETS)
  for (let word = 0; word < bits.length; word++) {
    for (let left = bits[word] ?? 0; left !== 0; left &= left - 1) numbers[count++] = word * 32 + 31 - Math.clz32(left & -left)
  }
  return numbers.slice(0, count)
}

/** Ascending. */
export function unpackBuckets(packed: PackedBuckets): Uint16Array {
  if (packed.length === BIT_OCTETS) return numbersIn(new Uint32Array(packed.slice().buffer))
  return new Uint16Array(packed.buffer, packed.byteOffset, packed.length / 2)
}

export function hasBucket(packed: PackedBuckets, bucket: number): boolean {
  if (packed.length === BIT_OCTETS) return (((packed[bucket >>> 3] ?? 0) >>> (bucket & 7)) & 1) === 1
  const numbers = unpackBuckets(packed)
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((numbers[middle] ?? 0) < bucket) low = middle + 1
    else high = middle
  }
  return numbers[low] === bucket
}
