/**
 * At most `limit` lanes, with the owners taking turns: the first lane of each, in their order, then the second of each. `lanesOf` gives the
 * first `wanted` lanes of an owner; it is asked for more only where the others have too few.
 */
export function lanesInTurn<Owner, Lane>(
  owners: readonly Owner[],
  limit: number,
  lanesOf: (owner: Owner, wanted: number) => readonly Lane[],
): Lane[] {
  if (owners.length === 0) return []
  let wanted = Math.ceil(limit / owners.length)
  const found = owners.map((owner) => lanesOf(owner, wanted))
  for (let full = true; full && total(found) < limit && wanted < limit;) {
    const before = wanted
    wanted = Math.min(limit, wanted * 2)
    full = false
    for (const [n, owner] of owners.entries()) {
      if (found[n]?.length !== before) continue
      found[n] = lanesOf(owner, wanted)
      full = true
    }
  }
  return inRounds(found).slice(0, limit)
}

function total(lists: readonly (readonly unknown[])[]): number {
  return lists.reduce((sum, { length }) => sum + length, 0)
}

function inRounds<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, round) => lists.flatMap((list) => (round < list.length ? [list[round] as T] : []))).flat()
}
