/** Where `uid` stands among the first `count` of the ascending `uids`, or -1. */
export function indexOf(uids: ArrayLike<number>, count: number, uid: number): number {
  const at = lowerBound(uids, count, uid)
  return at < count && uids[at] === uid ? at : -1
}

/** How many of the first `count` of the ascending `uids`, none of them twice, are below `uid`. */
export function lowerBound(uids: ArrayLike<number>, count: number, uid: number): number {
  if (count === 0) return 0
  // No place is further than UIDs are apart: where few messages are missing few places are left.
  let low = Math.max(0, count - 1 - Math.max(0, (uids[count - 1] ?? 0) - uid))
  let high = Math.min(count, Math.max(0, uid - (uids[0] ?? 0)))
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((uids[middle] ?? 0) < uid) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The ascending `uids` without those `gone`, ascending too. `tell` is given each place that messages leave when its turn comes, and how many leave
 * it: behind one that is gone the next stands in its place.
 */
export function without(uids: Uint32Array, gone: ArrayLike<number>, tell: (place: number, times: number) => void): Uint32Array {
  const left = new Uint32Array(uids.length)
  let kept = 0
  let next = 0
  let leaving = 0
  for (const uid of uids) {
    if (gone[next] === uid) {
      next++
      leaving++
      continue
    }
    if (leaving > 0) tell(kept, leaving)
    leaving = 0
    left[kept++] = uid
  }
  if (leaving > 0) tell(kept, leaving)
  return left.subarray(0, kept)
}
