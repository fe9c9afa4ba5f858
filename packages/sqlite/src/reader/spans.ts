/** From one UID to the next of a span: at most every second row of it is read for nothing. */
const MAX_GAP = 2

/** Ascending UIDs that lie near each other, at most `most`: one statement reads many rows for little more than one. */
export function* spansOf(uids: Uint32Array, most = Infinity): Generator<Uint32Array> {
  let start = 0
  for (let at = 1; at <= uids.length; at++) {
    if (at < uids.length && at - start < most && (uids[at] ?? 0) - (uids[at - 1] ?? 0) <= MAX_GAP) continue
    yield uids.subarray(start, at)
    start = at
  }
}
