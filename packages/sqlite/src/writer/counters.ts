import { DELETED, SEEN, StoreError, type ModSeq } from '@mailstead/store'
import type { Sql } from '../sql.ts'

/** The part of a mailbox row that writing needs. */
export interface MailboxRow {
  readonly id: number
  readonly account: number
  readonly name: string
  readonly uidValidity: number
  readonly uidNext: number
  readonly deleted: number
  readonly highestModSeq: number
}

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

/** What an act draws from its account. */
export interface Draw {
  readonly modSeq: ModSeq
  /** The first of the UIDLs asked for. */
  readonly uidl: number
}

/** Mailbox and account rows: counters, and the numbers that are given once. Part of each act's own transaction. */
export class Counters {
  readonly #mailbox
  readonly #mailboxNamed
  readonly #draw
  readonly #use
  readonly #count
  readonly #quota

  constructor(sql: Sql) {
    const row =
      'SELECT id, account_id AS account, name, uidvalidity AS uidValidity, uidnext AS uidNext, deleted, highest_modseq AS highestModSeq FROM mailbox'
    this.#mailbox = sql.get<MailboxRow>(`${row} WHERE id = ? AND account_id = ? AND name IS NOT NULL`)
    this.#mailboxNamed = sql.get<MailboxRow>(`${row} WHERE account_id = ? AND name = ?`)
    this.#draw = sql.returning<{ modSeq: number; nextUidl: number }>(
      'UPDATE account SET modseq = modseq + 1, next_uidl = next_uidl + ?, used_octets = used_octets + ?, used_messages = used_messages + ? WHERE id = ? AND removed_at IS NULL RETURNING modseq AS modSeq, next_uidl AS nextUidl',
    )
    this.#use = sql.get<{ modSeq: number }>('SELECT modseq AS modSeq FROM account WHERE id = ?')
    this.#count = sql.run(
      'UPDATE mailbox SET messages = messages + ?, unseen = unseen + ?, deleted = deleted + ?, deleted_size = deleted_size + ?, size = size + ?, uidnext = uidnext + ?, highest_modseq = ? WHERE id = ?',
    )
    this.#quota = sql.get<{ quota: number | null; used: number }>(
      'SELECT quota, used_octets AS used FROM account WHERE id = ? AND removed_at IS NULL',
    )
  }

  /** `mailbox-not-found` when it is not there or not the actor's. */
  mailbox(actor: number, id: number): MailboxRow {
    const found = this.#mailbox(id, actor)
    if (found === undefined) throw new StoreError('mailbox-not-found', 'Mailbox does not exist')
    return found
  }

  mailboxNamed(account: number, name: string): MailboxRow | undefined {
    return this.#mailboxNamed(account, name)
  }

  /** One new modseq for the account, `uidls` fresh UIDLs, and what the act adds to its use. */
  draw(account: number, octets = 0, messages = 0, uidls = 0): Draw {
    const drawn = this.#draw(uidls, octets, messages, account)
    if (drawn === undefined) throw new StoreError('account-not-found', 'Account does not exist')
    return { modSeq: drawn.modSeq as ModSeq, uidl: drawn.nextUidl - uidls }
  }

  /** The account's last modseq. */
  modSeq(account: number): ModSeq {
    return (this.#use(account)?.modSeq ?? 0) as ModSeq
  }

  count(mailbox: MailboxRow, delta: Delta, uids: number, modSeq: ModSeq): void {
    if (mailbox.uidNext + uids > 0xffff_ffff) throw new StoreError('limit', 'The mailbox has no UIDs left')
    this.#count(delta.messages, delta.unseen, delta.deleted, delta.deletedSize, delta.size, uids, modSeq, mailbox.id)
  }

  /** `over-quota` when the account cannot take `octets` more. */
  requireRoom(account: number, octets: number): void {
    const row = this.#quota(account)
    if (row === undefined) throw new StoreError('account-not-found', 'Account does not exist')
    if (row.quota !== null && row.used + octets > row.quota) throw new StoreError('over-quota', 'Mailbox is full')
  }

  exists(account: number): boolean {
    return this.#quota(account) !== undefined
  }
}
