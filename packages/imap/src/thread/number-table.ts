/** Numbers by numbers: an array where that is little more than what is put into it, a map for few numbers out of many. */
export class NumberTable {
  readonly #dense: Int32Array | undefined
  readonly #sparse = new Map<number, number>()

  /** `highest`: of the numbers that are asked for; `uses`: how many there are at most. */
  constructor(highest: number, uses: number) {
    if (highest < 8 * uses + 1024) this.#dense = new Int32Array(highest + 1).fill(-1)
  }

  /** -1: nothing was put there. */
  get(number: number): number {
    return (this.#dense === undefined ? this.#sparse.get(number) : this.#dense[number]) ?? -1
  }

  set(number: number, value: number): void {
    if (this.#dense === undefined) this.#sparse.set(number, value)
    else this.#dense[number] = value
  }
}

export function highestOf(numbers: Uint32Array): number {
  let highest = 0
  for (let at = 0; at < numbers.length; at++) highest = Math.max(highest, numbers[at] ?? 0)
  return highest
}
