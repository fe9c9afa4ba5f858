import { DELETED, SEEN, StoreError, type MailboxCounters, type ModSeq, type Rights, type SeenMode, type SpecialUse } from '@mailstead/store'
import type { Sql } from '../sql.ts'
import type { Octets } from './source-rows.ts'

/** The part of a mailbox row that writing needs. */
export interface MailboxRow {
  readonly id: number
  readonly account: number
  readonly name: string
  readonly uidValidity: number
  readonly uidNext: number
  readonly deleted: number
  readonly highestModSeq: number
  readonly seenMode: SeenMode
  /** What an actor may do who is not the owner; absent: everything. */
  readonly rights?: Rights
}

/** Whether the row was opened by somebody whose \Seen is his own. */
export function hasOwnSeen({ rights, seenMode }: MailboxRow): boolean {
  return rights !== undefined && seenMode === 'reader'
}

/** Selects a `MailboxRow`. */
export const MAILBOX_ROW = `SELECT id, account_id AS account, name, uidvalidity AS uidValidity, uidnext AS uidNext, deleted,
  highest_modseq AS highestModSeq, seen_mode AS seenMode FROM mailbox`

/** What an act adds to a mailbox's counters; negative where it takes away. */
export interface Delta {
  messages: number
  unseen: number
  deleted: number
  deletedSize: number
  size: number
}

export function noDelta(): Delta {
  return { messages: 0, unseen: 0, deleted: 0, deletedSize: 0, size: 0 }
}

/** Counts one message in, or out with `sign` -1. */
export function tally(delta: Delta, flags: number, size: number, sign: 1 | -1): void {
  delta.messages += sign
  delta.size += sign * size
  if ((flags & SEEN) === 0) delta.unseen += sign
  if ((flags & DELETED) !== 0) {
    delta.deleted += sign
    delta.deletedSize += sign * size
  }
}

/** The same for messages with these flags, of so many octets together. */
export function tallyAll(delta: Delta, system: Uint8Array, { size, deletedSize }: Octets, sign: 1 | -1): void {
  delta.messages += sign * system.length
  delta.size += sign * size
  delta.deletedSize += sign * deletedSize
  tallyFlags(delta, system, sign)
}

/** Counts messages for their flags alone. */
export function tallyFlags(delta: Delta, system: Uint8Array, sign: 1 | -1): void {
  let unseen = 0
  let deleted = 0
  for (let at = 0; at < system.length; at++) {
    const flags = system[at] as number
    if ((flags & SEEN) === 0) unseen++
    if ((flags & DELETED) !== 0) deleted++
  }
  delta.unseen += sign * unseen
  delta.deleted += sign * deleted
}

/** What an act draws from its account. */
export interface Draw {
  readonly modSeq: ModSeq
  /** The first of the UIDLs asked for. */
  readonly uidl: number
}

/** What accounts hold after the last act that drew from them: octets and messages. */
export type AccountUse = Map<number, readonly [octets: number, messages: number]>

/** Mailbox and account rows: counters, and the numbers that are given once. Part of each act's own transaction. */
export class Counters {
  readonly #used: AccountUse
  readonly #mailbox
  readonly #mailboxNamed
  readonly #mailboxOfUse
  readonly #draw
  readonly #use
  readonly #count
  readonly #quota

  /** `used` is kept up with what is drawn; whoever rolls an act back has to clear it. */
  constructor(sql: Sql, used: AccountUse) {
    this.#used = used
    this.#mailbox = sql.get<MailboxRow>(`${MAILBOX_ROW} WHERE id = ? AND name IS NOT NULL`)
    this.#mailboxNamed = sql.get<MailboxRow>(`${MAILBOX_ROW} WHERE account_id = ? AND name = ?`)
    this.#mailboxOfUse = sql.get<MailboxRow>(`${MAILBOX_ROW} WHERE account_id = ? AND special_use = ? AND name IS NOT NULL`)
    this.#draw = sql.returning<{ modSeq: number; nextUidl: number; octets: number; messages: number }>(
      'UPDATE account SET modseq = modseq + 1, next_uidl = next_uidl + ?, used_octets = used_octets + ?, used_messages = used_messages + ? WHERE id = ? AND removed_at IS NULL RETURNING modseq AS modSeq, next_uidl AS nextUidl, used_octets AS octets, used_messages AS messages',
    )
    this.#use = sql.get<{ modSeq: number }>('SELECT modseq AS modSeq FROM account WHERE id = ?')
    this.#count = sql.returning<MailboxCounters>(
      `UPDATE mailbox SET messages = messages + ?, unseen = unseen + ?, deleted = deleted + ?, deleted_size = deleted_size + ?, size = size + ?,
         uidnext = uidnext + ?, highest_modseq = ? WHERE id = ?
       RETURNING messages, unseen, deleted, deleted_size AS deletedSize, size, uidnext AS uidNext, highest_modseq AS highestModSeq`,
    )
    this.#quota = sql.get<{ quota: number | null; used: number; messageLimit: number | null; messages: number }>(
      `SELECT quota, used_octets AS used, quota_messages AS messageLimit, used_messages AS messages
       FROM account WHERE id = ? AND removed_at IS NULL`,
    )
  }

  /** Whoever's it is; rights are `Access`'s to look at. */
  mailbox(id: number): MailboxRow | undefined {
    return this.#mailbox(id)
  }

  mailboxNamed(account: number, name: string): MailboxRow | undefined {
    return this.#mailboxNamed(account, name)
  }

  mailboxOfUse(account: number, use: SpecialUse): MailboxRow | undefined {
    return this.#mailboxOfUse(account, use)
  }

  /** One new modseq for the account, `uidls` fresh UIDLs, and what the act adds to its use. */
  draw(account: number, octets = 0, messages = 0, uidls = 0): Draw {
    const drawn = this.#draw(uidls, octets, messages, account)
    if (drawn === undefined) throw new StoreError('account-not-found', 'Account does not exist')
    this.#used.set(account, [drawn.octets, drawn.messages])
    return { modSeq: drawn.modSeq as ModSeq, uidl: drawn.nextUidl - uidls }
  }

  /** The account's last modseq. */
  modSeq(account: number): ModSeq {
    return (this.#use(account)?.modSeq ?? 0) as ModSeq
  }

  /** Returns what the mailbox counts then. */
  count(mailbox: MailboxRow, delta: Delta, uids: number, modSeq: ModSeq): MailboxCounters {
    if (mailbox.uidNext + uids > 0xffff_ffff) throw new StoreError('limit', 'The mailbox has no UIDs left')
    const { messages, unseen, deleted, deletedSize, size } = delta
    const counters = this.#count(messages, unseen, deleted, deletedSize, size, uids, modSeq, mailbox.id)
    if (counters === undefined) throw new StoreError('mailbox-not-found', 'Mailbox does not exist')
    return counters
  }

  /** `over-quota` when the account cannot take `octets` more in `messages` more. */
  requireRoom(account: number, octets: number, messages: number): void {
    const row = this.#quota(account)
    if (row === undefined) throw new StoreError('account-not-found', 'Account does not exist')
    if (row.quota !== null && row.used + octets > row.quota) throw new StoreError('over-quota', 'Mailbox is full')
    if (row.messageLimit !== null && row.messages + messages > row.messageLimit) {
      throw new StoreError('over-quota', 'There are too many messages')
    }
  }

  exists(account: number): boolean {
    return this.#quota(account) !== undefined
  }
}
