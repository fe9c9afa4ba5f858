import type { FetchWants, MessageRow, Uid } from '@mailstead/store'
import type { Selected } from '../session.ts'
import { BODIES_A_BATCH, ROWS_A_BATCH } from './limits.ts'

/** Rows of the messages, ascending, batch by batch; the next batch is read while one is worked on. */
export async function* eachRow({ store, view }: Selected, uids: readonly Uid[], wants: FetchWants): AsyncGenerator<MessageRow> {
  const size = wants.bodyUpTo === undefined && wants.headerUpTo === undefined ? ROWS_A_BATCH : BODIES_A_BATCH
  const read = async (from: number): Promise<readonly MessageRow[]> => {
    const batch = uids.slice(from, from + size)
    return batch.length === 0 ? [] : store.fetch(view.mailbox.id, batch, wants)
  }
  let next = read(0)
  for (let from = 0; from < uids.length; from += size) {
    const rows = await next
    next = read(from + size)
    // Whoever stops early never waits for it.
    next.catch(() => {})
    yield* rows
  }
}
