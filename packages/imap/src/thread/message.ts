import type { EpochMs } from '@mailstead/base'
import type { Uid } from '@mailstead/store'
import type { Ancestries } from '../keys/ancestry.ts'
import type { KeyColumns, KeyedMailbox } from '../keys/key-columns.ts'
import { inSlices, placesIn } from '../keys/slices.ts'
import type { Pace } from '../pace.ts'

/** What threads are made of. */
export interface ThreadMessage {
  readonly uid: Uid
  readonly sent: EpochMs
  /** Equal base subjects have equal numbers, in the order of the collation; 0: there is none. */
  readonly subject: number
  readonly isReply: boolean
  /** Equal message ids have equal numbers; 0: there is none that is valid. */
  readonly id: number
  /** Ids of the messages it answers, the nearest last. */
  readonly references: Uint32Array | readonly number[]
}

const NO_REFERENCES = new Uint32Array(0)

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
): Promise<ThreadMessage[]> {
  const [sent, subject] = [await keys.numbers(of, 'sent', uids), await keys.texts(of, 'subject', uids)]
  const ids = ancestry ? (await keys.ancestry(of, uids)).all() : undefined
  // Whoever reads more meanwhile gets arrays of his own.
  const { values, uids: sentUids } = sent
  const { marks, hasEmpty } = subject
  const { ranks, uids: subjectUids } = subject.ranked()
  const [atSent, atSubject] = [await placesIn(sentUids, uids, pace), await placesIn(subjectUids, uids, pace)]
  const atIds = ids === undefined ? atSent : await placesIn(ids.uids, uids, pace)
  const messages: ThreadMessage[] = []
  await inSlices(uids.length, pace, (from, to) => {
    for (let i = from; i < to; i++) {
      const [date, text, id] = [atSent[i] ?? -1, atSubject[i] ?? -1, atIds[i] ?? -1]
      if (date === -1 || text === -1 || id === -1) continue
      messages.push({
        uid: uids[i] as Uid,
        sent: values[date] as EpochMs,
        subject: (ranks[text] ?? 0) + (hasEmpty ? 0 : 1),
        isReply: marks[text] === 1,
        id: ids?.own[id] ?? 0,
        references: ids === undefined ? NO_REFERENCES : referencesAt(ids, id),
      })
    }
  })
  return messages
}

function referencesAt({ ends, references }: Ancestries, at: number): Uint32Array {
  const first = at === 0 ? 0 : (ends[at - 1] ?? 0)
  const end = ends[at] ?? 0
  return first === end ? NO_REFERENCES : references.subarray(first, end)
}
