/** Numbers that stand for trigrams; several share one, and a search asks for many. */
export const BUCKETS = 65_536

/** Which number stands for three units of UTF-16. */
export function bucketOf(first: number, second: number, third: number): number {
  return (Math.imul(first, 0x9e37_79b1) + Math.imul(second, 0x85eb_ca77) + Math.imul(third, 0xc2b2_ae3d)) >>> 16
}

/** As octets in the index: ascending numbers of two octets, or a bit a number where that is less. The machine's own order of octets. */
export type PackedBuckets = Uint8Array

const BIT_OCTETS = BUCKETS / 8

/** Units of text that are looked at together. */
const PIECE = 8192

/** The trigrams of one text after the other. */
export class TrigramReader {
  readonly #bits = new Uint32Array(BUCKETS / 32)
  readonly #piece = new Uint16Array(PIECE)
  readonly #octets = Buffer.from(this.#piece.buffer)
  #first = 0
  #second = 0
  #units = 0

  /** What follows what was read before. As numbers, since strings come in more kinds than V8 compiles a loop for. */
  read(text: string): void {
    for (let from = 0; from < text.length; from += PIECE) {
      const piece = text.length > PIECE ? text.slice(from, from + PIECE) : text
      this.#readUnits(this.#piece, this.#octets.write(piece, 'utf16le') / 2)
    }
  }

  #readUnits(units: Uint16Array, end: number): void {
    const bits = this.#bits
    let [first, second, at] = [this.#first, this.#second, 0]
    for (; at < end && this.#units < 2; at++, this.#units++) [first, second] = [second, units[at] ?? 0]
    for (; at < end; at++) {
      const third = units[at] ?? 0
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

/** Room of `numbersIn`. */
const numbers = new Uint16Array(BUCKETS)

function numbersIn(bits: Uint32Array): Uint16Array {
  let count = 0
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
