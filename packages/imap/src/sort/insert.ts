import type { Uid } from '@mailstead/store'
import type { CommandContext } from '../command.ts'
import type { Selected } from '../session.ts'
import type { SortCriterion } from './key.ts'
import { runSort } from './run.ts'

/** Beyond it all are sorted at once instead of finding one place after the other. */
const FEW = 20

/** `order`, which is sorted, with `added` (ascending UIDs) where they belong. A few places are found by halving, so that few keys are read. */
export async function insertSorted(
  context: CommandContext<Selected>,
  order: readonly Uid[],
  added: readonly Uid[],
  criteria: readonly SortCriterion[],
): Promise<readonly Uid[]> {
  if (added.length > FEW) {
    const all = Array.from(Uint32Array.from([...order, ...added]).sort()) as Uid[]
    const sorted = await runSort(context, all, criteria)
    // Who is gone for good has no keys any more, and keeps its place until the client is told.
    if (sorted.length === all.length) return sorted
  }
  const next = [...order]
  for (const uid of added) {
    let low = 0
    let high = next.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (await stands(context, next[middle] ?? uid, uid, criteria)) low = middle + 1
      else high = middle
    }
    next.splice(low, 0, uid)
  }
  return next
}

/** Whether `other` stands before `uid`; one that is gone for good may stand anywhere. */
async function stands(context: CommandContext<Selected>, other: Uid, uid: Uid, criteria: readonly SortCriterion[]): Promise<boolean> {
  const [first] = await runSort(context, other < uid ? [other, uid] : [uid, other], criteria)
  return first === other
}
