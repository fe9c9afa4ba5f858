import { StoreError, type Mailbox, type QuotaUse } from '@mailstead/store'
import { canonicalName, INBOX } from '../names.ts'
import type { Sql } from '../sql.ts'

interface Row {
  readonly id: number
  readonly owner: number
  readonly name: string
  readonly uidValidity: number
  readonly specialUse: string | null
  readonly subscribed: 0 | 1
  readonly createdAt: number
  readonly prunedModSeq: number
  readonly messages: number
  readonly unseen: number
  readonly deleted: number
  readonly deletedSize: number
  readonly size: number
  readonly uidNext: number
  readonly highestModSeq: number
}

/** Mailboxes and what is counted of them. */
export function mailboxReads(sql: Sql) {
  const columns = `SELECT m.id, m.account_id AS owner, m.name, m.uidvalidity AS uidValidity, m.special_use AS specialUse,
    s.name IS NOT NULL AS subscribed, m.created_at AS createdAt, m.pruned_modseq AS prunedModSeq, m.messages, m.unseen, m.deleted,
    m.deleted_size AS deletedSize, m.size, m.uidnext AS uidNext, m.highest_modseq AS highestModSeq
    FROM mailbox AS m LEFT JOIN subscription AS s ON s.account_id = m.account_id AND s.name = m.name`
  const all = sql.all<Row>(`${columns} WHERE m.account_id = ? AND m.name IS NOT NULL ORDER BY m.name <> '${INBOX}', m.name`)
  const named = sql.get<Row>(`${columns} WHERE m.account_id = ? AND m.name = ?`)
  const byId = sql.get<Row>(`${columns} WHERE m.account_id = ? AND m.id = ? AND m.name IS NOT NULL`)
  const keywords = sql.raw<[string]>('SELECT name FROM mailbox_keyword WHERE mailbox_id = ? ORDER BY bit')
  const subscriptions = sql.raw<[string]>(`SELECT name FROM subscription WHERE account_id = ? ORDER BY name <> '${INBOX}', name`)
  const recent = sql.get<{ uidNext: number; firstRecent: number }>(
    'SELECT uidnext AS uidNext, first_recent_uid AS firstRecent FROM mailbox WHERE account_id = ? AND id = ? AND name IS NOT NULL',
  )
  const quota = sql.get<{ octets: number; messages: number; octetLimit: number | null }>(
    'SELECT used_octets AS octets, used_messages AS messages, quota AS octetLimit FROM account WHERE id = ? AND removed_at IS NULL',
  )

  const toMailbox = (row: Row | undefined): Mailbox => {
    if (row === undefined) throw new StoreError('mailbox-not-found', 'Mailbox does not exist')
    return {
      ...row,
      specialUse: row.specialUse ?? undefined,
      subscribed: row.subscribed === 1,
      keywords: keywords(row.id).map(([name]) => name),
    } as unknown as Mailbox
  }

  return {
    listMailboxes: (account: number): Mailbox[] => all(account).map(toMailbox),
    openMailbox: (account: number, name: string): Mailbox => toMailbox(named(account, canonicalName(name))),
    mailboxById: (account: number, id: number): Mailbox => toMailbox(byId(account, id)),
    listSubscriptions: (account: number): string[] => subscriptions(account).map(([name]) => name),
    recent(account: number, id: number): { uidNext: number; firstRecent: number } {
      const row = recent(account, id)
      if (row === undefined) throw new StoreError('mailbox-not-found', 'Mailbox does not exist')
      return row
    },
    quota(account: number): QuotaUse {
      const row = quota(account)
      if (row === undefined) throw new StoreError('account-not-found', 'Account does not exist')
      return { ...row, octetLimit: row.octetLimit ?? undefined }
    },
  }
}
