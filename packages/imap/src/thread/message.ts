import type { Ancestries } from '../keys/ancestry.ts'
import type { KeyColumns, KeyedMailbox } from '../keys/key-columns.ts'
import { sortStably } from '../keys/order.ts'
import { inSlices, placesIn } from '../keys/slices.ts'
import type { Pace } from '../pace.ts'

/** What threads are made of. A message is its place among all, which are in the order of the mailbox. */
export interface ThreadMessages {
  readonly uids: Uint32Array
  /** The messages by sent date, then by place in the mailbox (RFC 5256 section 2.2). */
  readonly byDate: Uint32Array
  /** Equal base subjects have equal numbers; 0: there is none. */
  readonly subjects: Uint32Array
  /** 1 for a reply. */
  readonly replies: Uint8Array
  /** Equal message ids have equal numbers; 0: there is none that is valid. */
  readonly ids: Uint32Array
  /** Ids of the messages that message i answers, the nearest last: `references` from `starts[i]` to `ends[i]`. */
  readonly references: Uint32Array
  readonly starts: Uint32Array
  readonly ends: Uint32Array
}

const NO_ANCESTRIES: Ancestries = {
  uids: new Uint32Array(0),
  own: new Uint32Array(0),
  ends: new Uint32Array(0),
  references: new Uint32Array(0),
}

/**
 * Of the UIDs (ascending) what threads are made of; without those that are gone for good. `ancestry`: with message ids, which
 * costs the most.
 */
export async function readThreadMessages(
  keys: KeyColumns,
  of: KeyedMailbox,
  uids: Uint32Array,
  ancestry: boolean,
  pace: Pace,
): Promise<ThreadMessages> {
  const [sent, subject] = [await keys.numbers(of, 'sent', uids), await keys.texts(of, 'subject', uids)]
  const ids = ancestry ? (await keys.ancestry(of, uids)).all() : NO_ANCESTRIES
  // Whoever reads more meanwhile gets arrays of his own.
  const { marks, hasEmpty } = subject
  const { ranks, uids: subjectUids } = subject.ranked()
  const dates = await sent.ranked(pace)
  const known = await placesOfAll(ancestry ? [dates.uids, subjectUids, ids.uids] : [dates.uids, subjectUids], uids, pace)
  const [atDate, atSubject, atId = new Int32Array(known.uids.length)] = known.places
  const count = known.uids.length
  // A loop, as an iterator over the places of a large mailbox holds the event loop for milliseconds.
  const order = new Uint32Array(count)
  for (let at = 0; at < count; at++) order[at] = at
  const messages = {
    uids: known.uids,
    byDate: await sortStably(order, atDate ?? new Int32Array(count), dates, false, pace),
    subjects: new Uint32Array(count),
    replies: new Uint8Array(count),
    ids: new Uint32Array(count),
    references: ids.references,
    starts: new Uint32Array(count),
    ends: new Uint32Array(count),
  }
  await inSlices(count, pace, (from, to) => {
    for (let at = from; at < to; at++) {
      const [text, id] = [atSubject?.[at] ?? 0, atId[at] ?? 0]
      messages.subjects[at] = (ranks[text] ?? 0) + (hasEmpty ? 0 : 1)
      messages.replies[at] = marks[text] ?? 0
      messages.ids[at] = ids.own[id] ?? 0
      messages.starts[at] = id === 0 ? 0 : (ids.ends[id - 1] ?? 0)
      messages.ends[at] = ids.ends[id] ?? 0
    }
  })
  return messages
}

/** Those of the UIDs that all columns have, and where they stand in each. */
async function placesOfAll(
  columns: readonly Uint32Array[],
  uids: Uint32Array,
  pace: Pace,
): Promise<{ readonly uids: Uint32Array; readonly places: readonly Int32Array[] }> {
  const places: Int32Array[] = []
  for (const column of columns) places.push(await placesIn(column, uids, pace))
  if (!places.some((each) => each.includes(-1))) return { uids, places }
  const isKnown = (_: number, at: number): boolean => places.every((each) => each[at] !== -1)
  return { uids: uids.filter(isKnown), places: places.map((each) => each.filter(isKnown)) }
}
