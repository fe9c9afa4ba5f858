import type { FetchWants, MessageRow, Uid } from '@mailstead/store'
import type { Selected } from '../session.ts'
import { BODIES_A_BATCH, BODIES_TOGETHER, ROWS_A_BATCH } from './limits.ts'

/** Messages that are asked for together. `rows`: of those that are there; `undefined`: nothing had to be read. */
export interface Batch {
  readonly uids: readonly Uid[]
  readonly rows: readonly MessageRow[] | undefined
}

/** Messages, ascending, batch by batch; the next batch is read while one is worked on. Of those that `isAtHand` names none is read. */
export async function* batchesOf(
  { store, view }: Selected,
  uids: readonly Uid[],
  wants: FetchWants,
  isAtHand: (uids: readonly Uid[]) => boolean = () => false,
): AsyncGenerator<Batch> {
  const size = wants.bodyUpTo === undefined && wants.headerUpTo === undefined ? ROWS_A_BATCH : BODIES_A_BATCH
  const read = async (from: number): Promise<Batch> => {
    const asked = uids.slice(from, from + size)
    if (asked.length === 0 || isAtHand(asked)) return { uids: asked, rows: undefined }
    const rows = await store.fetch(view.mailbox.id, asked, { ...wants, enough: BODIES_TOGETHER })
    return { uids: answered(asked, rows), rows }
  }
  let next = read(0)
  for (let from = 0; from < uids.length;) {
    const batch = await next
    from += batch.uids.length
    next = read(from)
    // Whoever stops early never waits for it.
    next.catch(() => {})
    yield batch
  }
}

/** Rows of the messages, ascending. */
export async function* eachRow(session: Selected, uids: readonly Uid[], wants: FetchWants): AsyncGenerator<MessageRow> {
  for await (const { rows } of batchesOf(session, uids, wants)) yield* rows ?? []
}

/** Of those asked for, what the rows are the answer to: the last ones are left out when the bodies were enough before. */
function answered(asked: readonly Uid[], rows: readonly MessageRow[]): readonly Uid[] {
  const octets = rows.reduce((sum, { body }) => sum + (body?.length ?? 0), 0)
  const last = rows.at(-1)
  return octets < BODIES_TOGETHER || last === undefined ? asked : asked.slice(0, asked.indexOf(last.uid) + 1)
}
