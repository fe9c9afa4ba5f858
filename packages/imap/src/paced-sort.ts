import type { Pace } from './pace.ts'

/** Items that are sorted in one go. */
const RUN = 256

/** Items merged between two looks at the time. */
const ITEMS_A_STEP = 256

/** The items in order, equal ones in the order they had, without holding the event loop: runs are sorted, then merged in pieces. */
export async function pacedSort<T>(items: readonly T[], compare: (a: T, b: T) => number, pace: Pace): Promise<T[]> {
  let from = [...items]
  for (let at = 0; at < from.length; at += RUN) {
    const run = from.slice(at, at + RUN).sort(compare)
    for (const [index, item] of run.entries()) from[at + index] = item
    await pace.pause()
  }
  let to = [...from]
  for (let width = RUN; width < from.length; width *= 2) {
    for (let at = 0; at < from.length; at += 2 * width) await merge(from, to, at, width, compare, pace)
    ;[from, to] = [to, from]
  }
  return from
}

/** Two neighbouring runs of `from`, which begin at `at`, into one of `to`. */
async function merge<T>(from: T[], to: T[], at: number, width: number, compare: (a: T, b: T) => number, pace: Pace): Promise<void> {
  const middle = Math.min(at + width, from.length)
  const end = Math.min(at + 2 * width, from.length)
  let [left, right] = [at, middle]
  for (let place = at; place < end; place++) {
    const takeLeft = left < middle && (right >= end || compare(from[left] as T, from[right] as T) <= 0)
    to[place] = from[takeLeft ? left++ : right++] as T
    if (place % ITEMS_A_STEP === 0) await pace.pause()
  }
}
