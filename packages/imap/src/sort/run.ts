import { compareFolded } from '@mailstead/mime'
import type { Uid } from '@mailstead/store'
import type { CommandContext } from '../command.ts'
import { eachRow } from '../fetch/rows.ts'
import { pacedSort } from '../paced-sort.ts'
import { Pace } from '../pace.ts'
import type { Selected } from '../session.ts'
import { SortedMessage, type SortCriterion, type SortValue } from './key.ts'

interface Sortable {
  readonly uid: Uid
  readonly values: readonly SortValue[]
}

/** The messages (ascending) in the order asked for; what is equal stays in the order of the mailbox. Messages that are gone for good are left out. */
export async function runSort(
  context: CommandContext<Selected>,
  uids: readonly Uid[],
  criteria: readonly SortCriterion[],
): Promise<readonly Uid[]> {
  const pace = new Pace(context.respond)
  const sortable: Sortable[] = []
  const wants = Object.assign({}, ...criteria.map(({ key }) => key.wants))
  for await (const row of eachRow(context.session, uids, wants)) {
    const message = new SortedMessage(row)
    sortable.push({ uid: row.uid, values: criteria.map(({ key }) => key.value(message)) })
    await pace.pause()
  }
  const signs = criteria.map(({ reverse }) => (reverse ? -1 : 1))
  const sorted = await pacedSort(sortable, (a, b) => compare(a, b, signs), pace)
  return sorted.map(({ uid }) => uid)
}

function compare(a: Sortable, b: Sortable, signs: readonly number[]): number {
  for (const [index, sign] of signs.entries()) {
    const order = compareValues(a.values[index] ?? 0, b.values[index] ?? 0)
    if (order !== 0) return sign * order
  }
  return 0
}

function compareValues(a: SortValue, b: SortValue): number {
  return typeof a === 'string' || typeof b === 'string' ? compareFolded(String(a), String(b)) : a - b
}
