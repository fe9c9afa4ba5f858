import type { Extent } from './input.ts'

/** The octets behind BDAT: as many as it says, whatever they are (RFC 3030 section 2). */
export class CountedOctets implements Extent {
  #left: number

  constructor(size: number) {
    this.#left = size
  }

  get done(): boolean {
    return this.#left === 0
  }

  push(chunk: Uint8Array, emit: (piece: Uint8Array) => void): number {
    const used = Math.min(chunk.length, this.#left)
    this.#left -= used
    if (used > 0) emit(chunk.subarray(0, used))
    return used
  }
}
