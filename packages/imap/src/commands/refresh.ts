import { StoreError } from '@mailstead/store'
import type { Session } from '../session.ts'

/** Asks the store whether the selected mailbox, or another that the client wants news of, has changes nobody notified us of. Clients poll with NOOP and CHECK for that. */
export async function refresh(session: Session): Promise<void> {
  if (session.state === 'not-authenticated') return
  session.news?.recheck()
  if (session.state !== 'selected') return
  const { index } = session.view
  try {
    const mailbox = await session.store.mailboxById(index.mailbox)
    await index.reach(mailbox.highestModSeq)
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'mailbox-not-found') throw error
    index.markDeleted()
  }
}
