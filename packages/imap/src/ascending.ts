/** Where `uid` stands among the first `count` of the ascending `uids`, or -1. */
export function indexOf(uids: ArrayLike<number>, count: number, uid: number): number {
  const at = lowerBound(uids, count, uid)
  return at < count && uids[at] === uid ? at : -1
}

/** How many of the first `count` of the ascending `uids` are below `uid`. */
export function lowerBound(uids: ArrayLike<number>, count: number, uid: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((uids[middle] ?? 0) < uid) low = middle + 1
    else high = middle
  }
  return low
}
