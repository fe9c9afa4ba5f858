import type { Pace } from '../pace.ts'

/** Numbers that are looked at between two looks at the time, at some nanoseconds each. */
const SLICE = 8192

/** Calls `run` for neighbouring ranges of `count` places, and lets others work between them. `slice`: places in a range, fewer for dear ones. */
export async function inSlices(count: number, pace: Pace, run: (from: number, to: number) => void, slice = SLICE): Promise<void> {
  for (let from = 0; from < count; from += slice) {
    run(from, Math.min(count, from + slice))
    await pace.pause()
  }
}

/** Where each of `some` stands in `all`, both ascending; -1: nowhere. */
export async function placesIn(all: Uint32Array, some: Uint32Array, pace: Pace): Promise<Int32Array> {
  const places = new Int32Array(some.length)
  let known = 0
  await inSlices(some.length, pace, (from, to) => {
    let at = known
    for (let i = from; i < to; i++) {
      const uid = some[i] ?? 0
      // Most stand behind each other there too.
      if (all[at] !== uid) at = seek(all, uid, at)
      places[i] = all[at] === uid ? at++ : -1
    }
    known = at
  })
  return places
}

/** Those of `some` that stand nowhere in `all`, both ascending. */
export async function missingIn(all: Uint32Array, some: Uint32Array, pace: Pace): Promise<Uint32Array> {
  if (areEqual(all, some)) return some.subarray(0, 0)
  const places = await placesIn(all, some, pace)
  return some.filter((_, at) => places[at] === -1)
}

function areEqual(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && octetsOf(a).equals(octetsOf(b))
}

function octetsOf({ buffer, byteOffset, byteLength }: Uint32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** The first place from `from` on whose number is at least `wanted`: by ever wider steps, so that it costs little near and far. */
function seek(all: Uint32Array, wanted: number, from: number): number {
  let step = 1
  let low = from
  while (low < all.length && (all[low] ?? 0) < wanted) {
    const next = low + step
    if (next >= all.length || (all[next] ?? 0) >= wanted) {
      let high = Math.min(next, all.length)
      low++
      while (low < high) {
        const middle = (low + high) >>> 1
        if ((all[middle] ?? 0) < wanted) low = middle + 1
        else high = middle
      }
      return low
    }
    low = next
    step *= 2
  }
  return low
}
