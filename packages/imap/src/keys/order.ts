import { pacedSort } from '../paced-sort.ts'
import type { Pace } from '../pace.ts'
import type { Ranked } from './column.ts'
import { inSlices } from './slices.ts'

/** Few messages of a large mailbox are compared, many are counted. */
const FEW = 16

/** `order`, numbers of messages, by the ranks that the messages have; `places`: where they stand in the column. Equal ones stay as they were. */
export async function sortStably(
  order: Uint32Array<ArrayBuffer>,
  places: Int32Array,
  { ranks, count }: Ranked,
  reverse: boolean,
  pace: Pace,
): Promise<Uint32Array<ArrayBuffer>> {
  const rankOf = (at: number): number => {
    const rank = ranks[places[at] ?? 0] ?? 0
    return reverse ? count - 1 - rank : rank
  }
  if (order.length * FEW < count) return Uint32Array.from(await pacedSort([...order], (a, b) => rankOf(a) - rankOf(b), pace))
  const starts = new Uint32Array(count + 1)
  await inSlices(order.length, pace, (from, to) => {
    for (let i = from; i < to; i++) starts[rankOf(order[i] ?? 0) + 1]!++
  })
  await inSlices(count, pace, (from, to) => {
    for (let rank = from; rank < to; rank++) starts[rank + 1]! += starts[rank] ?? 0
  })
  const sorted = new Uint32Array(order.length)
  await inSlices(order.length, pace, (from, to) => {
    for (let i = from; i < to; i++) sorted[starts[rankOf(order[i] ?? 0)]!++] = order[i] ?? 0
  })
  return sorted
}
