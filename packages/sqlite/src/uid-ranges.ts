export interface UidRange {
  readonly first: number
  readonly last: number
}

/** Every UID there can be. */
export const ALL_UIDS: readonly UidRange[] = [{ first: 1, last: 0xffff_ffff }]

/** Runs of consecutive UIDs, ascending: one statement each instead of one a message. */
export function uidRanges(uids: Uint32Array): UidRange[] {
  const sorted = uids.slice().sort()
  const ranges: { first: number; last: number }[] = []
  for (const uid of sorted) {
    const open = ranges.at(-1)
    if (open !== undefined && uid <= open.last + 1) open.last = uid
    else ranges.push({ first: uid, last: uid })
  }
  return ranges
}
