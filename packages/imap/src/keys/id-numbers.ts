import { randomInt } from 'node:crypto'
import { MAX_IDS } from './limits.ts'

/** Words of 32 bits in an id. */
export const ID_WORDS = 4

/** Gives ids, 16 octets of a hash, numbers from 1 on; the same number to the same id. */
export class IdNumbers {
  /** Where a number stands is not for the writers of mail to choose. */
  readonly #salt = randomInt(2 ** 31) | 1
  #ids = new Uint32Array(64 * ID_WORDS)
  /** Open addressing; a power of two, at most half full. 0: free. */
  #table = new Uint32Array(128)
  #count = 0

  get octets(): number {
    return this.#ids.byteLength + this.#table.byteLength
  }

  /** The number of the id that begins at `words[at]`; 0 for zeros, and for a new one when there are MAX_IDS. */
  of(words: Uint32Array, at: number): number {
    const [a = 0, b = 0, c = 0, d = 0] = [words[at], words[at + 1], words[at + 2], words[at + 3]]
    if (a === 0 && b === 0 && c === 0 && d === 0) return 0
    const mask = this.#table.length - 1
    const ids = this.#ids
    let place = this.#hash(a, b) & mask
    for (let number = this.#table[place] ?? 0; number !== 0; number = this.#table[place] ?? 0) {
      const from = (number - 1) * ID_WORDS
      if (ids[from] === a && ids[from + 1] === b && ids[from + 2] === c && ids[from + 3] === d) return number
      place = (place + 1) & mask
    }
    if (this.#count >= MAX_IDS) return 0
    this.#table[place] = ++this.#count
    this.#keep(a, b, c, d)
    return this.#count
  }

  #hash(a: number, b: number): number {
    const mixed = Math.imul(a ^ this.#salt, 0x9e37_79b1) ^ Math.imul(b, this.#salt)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }

  #keep(...id: readonly [number, number, number, number]): void {
    const at = (this.#count - 1) * ID_WORDS
    if (at + ID_WORDS > this.#ids.length) {
      const wider = new Uint32Array(this.#ids.length * 2)
      wider.set(this.#ids)
      this.#ids = wider
    }
    this.#ids.set(id, at)
    if (this.#count * 2 > this.#table.length) this.#widen()
  }

  #widen(): void {
    const mask = this.#table.length * 2 - 1
    const table = new Uint32Array(mask + 1)
    for (let number = 1; number <= this.#count; number++) {
      const at = (number - 1) * ID_WORDS
      let place = this.#hash(this.#ids[at] ?? 0, this.#ids[at + 1] ?? 0) & mask
      while (table[place] !== 0) place = (place + 1) & mask
      table[place] = number
    }
    this.#table = table
  }
}
