import {
  ALL_RIGHTS,
  isShared,
  mayDo,
  sharedPrefix,
  StoreError,
  type AclEntry,
  type Mailbox,
  type Purpose,
  type QuotaUse,
} from '@mailstead/store'
import { canonicalName, foreignName, INBOX, type ForeignName } from '../names.ts'
import { ANYONE, joinRights, notFound, requireRight, rightsReader } from '../rights.ts'
import type { Sql } from '../sql.ts'

interface Row {
  readonly id: number
  readonly owner: number
  readonly name: string
  readonly uidValidity: number
  readonly specialUse: string | null
  readonly seenMode: 'owner' | 'reader'
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

interface OwnerAddress {
  readonly localPart: string
  readonly domain: string
}

type SharedRow = Row & OwnerAddress & { readonly granted: number; readonly denied: number }

/** Mailboxes and what is counted of them. */
export function mailboxReads(sql: Sql) {
  const counters = `m.id, m.account_id AS owner, m.name, m.uidvalidity AS uidValidity, m.special_use AS specialUse, m.seen_mode AS seenMode,
    m.created_at AS createdAt, m.pruned_modseq AS prunedModSeq, m.messages, m.unseen, m.deleted, m.deleted_size AS deletedSize, m.size,
    m.uidnext AS uidNext, m.highest_modseq AS highestModSeq`
  const columns = `SELECT ${counters}, s.name IS NOT NULL AS subscribed
    FROM mailbox AS m LEFT JOIN subscription AS s ON s.account_id = m.account_id AND s.name = m.name`
  const all = sql.all<Row>(`${columns} WHERE m.account_id = ? AND m.name IS NOT NULL ORDER BY m.name <> '${INBOX}', m.name`)
  const named = sql.get<Row>(`${columns} WHERE m.account_id = ? AND m.name = ?`)
  const byId = sql.get<Row>(`${columns} WHERE m.id = ? AND m.name IS NOT NULL`)
  const owner = `JOIN address AS n ON n.account_id = m.account_id AND n.kind = 'account' JOIN domain AS d ON d.id = n.domain_id`
  const shared = sql.all<SharedRow>(
    `SELECT ${counters}, 0 AS subscribed, n.local_part AS localPart, d.name AS domain, r.granted, r.denied
     FROM mailbox_right AS r JOIN mailbox AS m ON m.id = r.mailbox_id ${owner}
     WHERE r.account_id IN (${ANYONE}, ?) AND m.account_id <> ? AND m.name IS NOT NULL
     ORDER BY d.name, n.local_key, m.name <> '${INBOX}', m.name`,
  )
  const foreign = sql.get<{ id: number }>(
    `SELECT m.id FROM domain AS d JOIN address AS n ON n.domain_id = d.id AND n.local_key = ? AND n.kind = 'account'
     JOIN mailbox AS m ON m.account_id = n.account_id AND m.name = ? WHERE d.name = ? AND n.account_id <> ?`,
  )
  const addressOf = sql.get<OwnerAddress>(
    `SELECT n.local_part AS localPart, d.name AS domain FROM address AS n JOIN domain AS d ON d.id = n.domain_id
     WHERE n.account_id = ? AND n.kind = 'account'`,
  )
  const rightsOf = rightsReader(sql)
  const entries = sql.all<{ account: number; granted: number; denied: number; localPart: string | null; domain: string | null }>(
    `SELECT r.account_id AS account, r.granted, r.denied, n.local_part AS localPart, d.name AS domain FROM mailbox_right AS r
     LEFT JOIN address AS n ON n.account_id = r.account_id AND n.kind = 'account' LEFT JOIN domain AS d ON d.id = n.domain_id
     WHERE r.mailbox_id = ? ORDER BY r.account_id`,
  )
  const seenBy = sql.get<{ seen: number }>('SELECT seen FROM reader WHERE mailbox_id = ? AND account_id = ?')
  const isSubscribed = sql.get<{ one: 1 }>('SELECT 1 AS one FROM subscription WHERE account_id = ? AND name = ?')
  const keywords = sql.raw<[string]>('SELECT name FROM mailbox_keyword WHERE mailbox_id = ? ORDER BY bit')
  const subscriptions = sql.raw<[string]>(`SELECT name FROM subscription WHERE account_id = ? ORDER BY name <> '${INBOX}', name`)
  const recent = sql.get<{ owner: number; uidNext: number; firstRecent: number }>(
    'SELECT account_id AS owner, uidnext AS uidNext, first_recent_uid AS firstRecent FROM mailbox WHERE id = ? AND name IS NOT NULL',
  )
  const quota = sql.get<{ octets: number; messages: number; octetLimit: number | null; messageLimit: number | null }>(
    `SELECT used_octets AS octets, used_messages AS messages, quota AS octetLimit, quota_messages AS messageLimit
     FROM account WHERE id = ? AND removed_at IS NULL`,
  )

  const toMailbox = (row: Row): Mailbox => {
    return {
      ...row,
      specialUse: row.specialUse ?? undefined,
      subscribed: row.subscribed === 1,
      rights: ALL_RIGHTS,
      keywords: keywords(row.id).map(([name]) => name),
    } as unknown as Mailbox
  }

  /** As who is not its owner sees it. */
  const toForeign = (actor: number, row: Row, { localPart, domain }: OwnerAddress, rights: number): Mailbox => {
    const name = sharedPrefix(localPart, domain) + row.name
    const { id, messages, unseen, seenMode } = row
    return {
      ...toMailbox(row),
      name,
      specialUse: undefined,
      subscribed: isSubscribed(actor, name) !== undefined,
      rights,
      unseen: seenMode === 'reader' ? messages - (seenBy(id, actor)?.seen ?? 0) : unseen,
    } as Mailbox
  }

  /** The same statements whether it exists or not, so that the time taken does not tell. */
  const openForeign = (actor: number, { localKey, domain, name }: ForeignName, purpose: Purpose): Mailbox => {
    const id = foreign(localKey, name, domain, actor)?.id ?? 0
    const rights = rightsOf(id, actor)
    const row = byId(id)
    requireRight(rights, purpose)
    if (row === undefined) throw notFound()
    return toForeign(actor, row, addressOf(row.owner) as OwnerAddress, rights)
  }

  const openById = (actor: number, id: number, purpose: Purpose): Mailbox => {
    const row = byId(id)
    if (row?.owner === actor) return toMailbox(row)
    const rights = rightsOf(row === undefined ? 0 : id, actor)
    requireRight(rights, purpose)
    if (row === undefined) throw notFound()
    return toForeign(actor, row, addressOf(row.owner) as OwnerAddress, rights)
  }

  const listForeign = (actor: number): Mailbox[] => {
    const byMailbox = Map.groupBy(shared(actor, actor), ({ id }) => id)
    return [...byMailbox.values()].flatMap((rows) => {
      const rights = joinRights(rows)
      const [row] = rows
      if (row === undefined || !mayDo(rights, 'see')) return []
      const { localPart, domain, granted: _, denied: __, ...mailbox } = row
      return [toForeign(actor, mailbox, { localPart, domain }, rights)]
    })
  }

  return {
    listMailboxes: (actor: number): Mailbox[] => [...all(actor).map(toMailbox), ...listForeign(actor)],
    ownMailboxes: (account: number): Mailbox[] => all(account).map(toMailbox),
    openMailbox(actor: number, name: string, purpose: Purpose): Mailbox {
      const place = foreignName(name)
      if (place !== undefined) return openForeign(actor, place, purpose)
      const row = named(actor, canonicalName(name))
      if (row === undefined) throw notFound()
      return toMailbox(row)
    },
    mailboxById: openById,
    listSubscriptions(actor: number): string[] {
      const names = subscriptions(actor).map(([name]) => name)
      if (!names.some((name) => isShared({ name }))) return names
      const seen = new Set(listForeign(actor).map(({ name }) => name))
      return names.filter((name) => !isShared({ name }) || seen.has(name))
    },
    acl(actor: number, id: number): AclEntry[] {
      openById(actor, id, 'administer')
      return entries(id).map(({ account, granted, denied, localPart, domain }) => ({
        subject: account === ANYONE ? 'anyone' : account,
        address: localPart === null || domain === null ? undefined : { localPart, domain },
        granted,
        denied,
      })) as AclEntry[]
    },
    recent(actor: number, id: number): { owner: number; uidNext: number; firstRecent: number } {
      const row = recent(id)
      if (row?.owner !== actor) requireRight(rightsOf(row === undefined ? 0 : id, actor), 'read')
      if (row === undefined) throw notFound()
      return row
    },
    quota(actor: number, mailbox: number | undefined, purpose: Purpose): QuotaUse {
      const row = quota(mailbox === undefined ? actor : openById(actor, mailbox, purpose).owner)
      if (row === undefined) throw new StoreError('account-not-found', 'Account does not exist')
      return { ...row, octetLimit: row.octetLimit ?? undefined, messageLimit: row.messageLimit ?? undefined }
    },
  }
}
