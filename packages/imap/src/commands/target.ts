import { rightsOf, StoreError, type Mailbox, type MailStore } from '@mailstead/store'
import { ImapNo } from '../errors.ts'

/** The mailbox that APPEND, COPY or MOVE names. TRYCREATE tells the client that CREATE and a second try will work (RFC 3501 section 7.1). */
export async function openTarget(store: MailStore, name: string): Promise<Mailbox> {
  return store.openMailbox(name, 'insert').catch(asMissingTarget)
}

/** RFC 4315 section 3, RFC 9051 section 6.3.12: who may not read the mailbox is told no UIDs of it. */
export function tellsUids({ rights }: Mailbox): boolean {
  return (rights & rightsOf('r')) !== 0
}

/** For an act whose target may have gone since it was opened. */
export function asMissingTarget(error: unknown): never {
  if (error instanceof StoreError && error.code === 'mailbox-not-found') throw new ImapNo('Mailbox does not exist', 'TRYCREATE')
  throw error
}
