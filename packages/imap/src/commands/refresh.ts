import { StoreError } from '@mailstead/store'
import type { Responder } from '../responses.ts'
import type { Selected, Session } from '../session.ts'

/** Asks the store whether the selected mailbox, or another that the client wants news of, has changes nobody notified us of. Clients poll with NOOP and CHECK for that. */
export async function refresh(session: Session, respond: Responder): Promise<void> {
  if (session.state === 'not-authenticated') return
  session.news?.recheck()
  if (session.state === 'selected') await refreshSelected(session, respond)
}

/** The selected mailbox alone. Rights that have become others are told by FLAGS and PERMANENTFLAGS (RFC 4314 section 5.1.1). */
export async function refreshSelected({ view, store }: Selected, respond: Responder): Promise<void> {
  const { index, permission } = view
  permission.check(index.rightsChanges)
  try {
    const mailbox = await store.mailboxById(index.mailbox)
    if (permission.take(mailbox)) {
      view.keywords.describe(respond)
      respond.ok(permission.readOnly ? 'READ-ONLY' : 'READ-WRITE', 'Your rights have changed')
    }
    await index.reach(mailbox.highestModSeq)
  } catch (error) {
    if (!(error instanceof StoreError) || (error.code !== 'mailbox-not-found' && error.code !== 'not-permitted')) throw error
    // Of another's mailbox this says no more than that it is not to be read by this client.
    if (permission.shared) permission.lost = true
    else index.markDeleted()
  }
}
