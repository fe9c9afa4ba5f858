import type { Uid } from '@mailstead/store'
import type { CommandContext } from '../command.ts'
import type { Ranked } from '../keys/column.ts'
import { sortStably } from '../keys/order.ts'
import { inSlices, placesIn } from '../keys/slices.ts'
import { Pace } from '../pace.ts'
import type { Relevancy } from '../search/relevancy.ts'
import type { Selected } from '../session.ts'
import type { SortCriterion, SortKey } from './key.ts'

/** The messages (ascending) in the order asked for; what is equal stays in the order of the mailbox. Messages that are gone for good are left out. */
export async function runSort(
  context: CommandContext<Selected>,
  found: readonly Uid[],
  criteria: readonly SortCriterion[],
  relevancy?: Relevancy,
): Promise<readonly Uid[]> {
  const pace = new Pace(context.respond)
  const uids = new Uint32Array(found)
  const columns: Ranked[] = []
  for (const { key } of criteria) {
    columns.push(key.kind === 'relevancy' ? rankedByScore(uids, relevancy?.scores(found)) : await rankedBy(context, key, uids, pace))
  }
  const places: Int32Array[] = []
  for (const column of columns) places.push(await placesIn(column.uids, uids, pace))
  let order = await standingIn(places, uids.length, pace)
  // The last criterion first: each sorting leaves equal ones in the order that the ones before it made.
  for (let at = criteria.length - 1; at >= 0; at--) {
    const column = columns[at]
    const own = places[at]
    if (column !== undefined && own !== undefined) order = await sortStably(order, own, column, criteria[at]?.reverse === true, pace)
  }
  // As long as it will be: an array that grows costs more than what is put into it.
  const sorted = found.slice(0, order.length)
  await inSlices(order.length, pace, (from, to) => {
    for (let at = from; at < to; at++) sorted[at] = uids[order[at] ?? 0] as Uid
  })
  return sorted
}

/** Which of `count` messages stand in all of the columns, by their `places` there. */
async function standingIn(places: readonly Int32Array[], count: number, pace: Pace): Promise<Uint32Array<ArrayBuffer>> {
  const order = new Uint32Array(count)
  let there = 0
  await inSlices(count, pace, (from, to) => {
    for (let at = from; at < to; at++) if (places.every((each) => each[at] !== -1)) order[there++] = at
  })
  return order.subarray(0, there)
}

const BEST = 100

function rankedByScore(uids: Uint32Array, scores: ReadonlyMap<Uid, number> | undefined): Ranked {
  return { uids, ranks: Uint32Array.from(uids, (uid) => BEST - (scores?.get(uid as Uid) ?? 0)), count: BEST + 1 }
}

async function rankedBy(
  { session, services }: CommandContext<Selected>,
  key: Exclude<SortKey, { kind: 'relevancy' }>,
  uids: Uint32Array,
  pace: Pace,
): Promise<Ranked> {
  const of = { store: session.store, mailbox: session.view.mailbox.id }
  if (key.kind === 'text') return (await services.keys.texts(of, key.key, uids)).ranked()
  return (await services.keys.numbers(of, key.key, uids)).ranked(pace)
}
