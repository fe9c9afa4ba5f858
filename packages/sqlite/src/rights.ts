import { mayDo, StoreError, type Purpose, type Rights } from '@mailstead/store'
import type { Sql } from './sql.ts'

/** The account id of an entry for everybody. */
export const ANYONE = 0

interface Entry {
  readonly granted: number
  readonly denied: number
}

/** What accounts other than the owner may do with a mailbox; one instance a connection. */
export function rightsReader(sql: Sql): (mailbox: number, account: number) => Rights {
  const entries = sql.all<Entry>(`SELECT granted, denied FROM mailbox_right WHERE mailbox_id = ? AND account_id IN (${ANYONE}, ?)`)
  return (mailbox, account) => joinRights(entries(mailbox, account))
}

/** What one account and anyone are granted, less what either is denied. */
export function joinRights(entries: readonly Entry[]): Rights {
  let granted = 0
  let denied = 0
  for (const entry of entries) {
    granted |= entry.granted
    denied |= entry.denied
  }
  return (granted & ~denied) as Rights
}

/** Throws as the mailbox were not there for who may not see it, and `not-permitted` for who may. */
export function requireRight(rights: Rights, purpose: Purpose): void {
  if (mayDo(rights, purpose)) return
  throw mayDo(rights, 'see') ? notPermitted() : notFound()
}

export function notFound(): StoreError {
  return new StoreError('mailbox-not-found', 'Mailbox does not exist')
}

export function notPermitted(): StoreError {
  return new StoreError('not-permitted', 'You have no right to do that in this mailbox')
}
