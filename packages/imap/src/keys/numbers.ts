import type { KeyBatch } from '@mailstead/store'
import { indexOf } from '../ascending.ts'
import { pacedSort } from '../paced-sort.ts'
import type { Pace } from '../pace.ts'
import { KeyColumn, type Ranked } from './column.ts'
import { inSlices } from './slices.ts'

/** Dates and sizes. */
export class NumberColumn extends KeyColumn {
  #values = new Float64Array(0)
  #ranked: Ranked | undefined

  override get octets(): number {
    return this.#values.length * 16
  }

  /** By the place of the message in `uids`. */
  get values(): Float64Array {
    return this.#values
  }

  /** NaN when it is not known. */
  of(uid: number): number {
    const at = indexOf(this.uids, this.uids.length, uid)
    return at === -1 ? Number.NaN : (this.#values[at] ?? Number.NaN)
  }

  async ranked(pace: Pace): Promise<Ranked> {
    if (this.#ranked !== undefined) return this.#ranked
    const { uids } = this
    const values = this.#values
    const places = Array.from(values.keys())
    const sorted = await pacedSort(places, (a, b) => (values[a] ?? 0) - (values[b] ?? 0), pace)
    const ranks = new Uint32Array(values.length)
    let count = 0
    await inSlices(sorted.length, pace, (from, to) => {
      for (let at = from; at < to; at++) {
        const place = sorted[at] ?? 0
        if (at === 0 || values[place] !== values[sorted[at - 1] ?? 0]) count++
        ranks[place] = count - 1
      }
    })
    const ranked = { uids, ranks, count }
    if (values === this.#values) this.#ranked = ranked
    return ranked
  }

  protected override async merge({ numbers }: KeyBatch, from: Uint32Array, pace: Pace): Promise<() => void> {
    const old = this.#values
    const values = new Float64Array(from.length)
    await inSlices(from.length, pace, (start, end) => {
      for (let at = start; at < end; at++) {
        const place = from[at] ?? 0
        values[at] = (place < old.length ? old[place] : numbers[place - old.length]) ?? 0
      }
    })
    return () => {
      this.#values = values
      this.#ranked = undefined
    }
  }
}
