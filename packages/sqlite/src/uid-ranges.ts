export interface UidRange {
  readonly first: number
  readonly last: number
}

/**
 * Runs of consecutive UIDs below `end`, ascending: one statement each instead of one a message. UIDs that are not
 * given yet are left out, for an act may itself give them: a copy into its own mailbox.
 */
export function uidRanges(uids: Uint32Array | 'all', end: number): UidRange[] {
  if (uids === 'all') return end > 1 ? [{ first: 1, last: end - 1 }] : []
  const sorted = uids.slice().sort()
  const ranges: { first: number; last: number }[] = []
  for (const uid of sorted) {
    if (uid >= end) break
    const open = ranges.at(-1)
    if (open !== undefined && uid <= open.last + 1) open.last = uid
    else ranges.push({ first: uid, last: uid })
  }
  return ranges
}
