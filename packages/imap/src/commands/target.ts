import { StoreError, type Mailbox, type MailStore } from '@mailstead/store'
import { ImapNo } from '../errors.ts'

/** The mailbox that APPEND, COPY or MOVE names. TRYCREATE tells the client that CREATE and a second try will work (RFC 3501 section 7.1). */
export async function openTarget(store: MailStore, name: string): Promise<Mailbox> {
  try {
    return await store.openMailbox(name)
  } catch (error) {
    if (error instanceof StoreError && error.code === 'mailbox-not-found') throw new ImapNo('Mailbox does not exist', 'TRYCREATE')
    throw error
  }
}
