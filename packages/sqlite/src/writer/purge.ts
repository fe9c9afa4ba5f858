import { pagesIn } from '../connection.ts'
import { PURGE_OCTETS, PURGE_ROWS, TOMBSTONE_KEPT_MS, TRACE_KEPT_MS, VACUUM_OCTETS } from '../limits.ts'
import type { Sql } from '../sql.ts'
import { mintedAt } from '../queue-ids.ts'
import { SLOT_MS } from '../trace-keys.ts'
import type { EmailTable } from './emails.ts'

interface Buried {
  readonly mailbox: number
  readonly uid: number
  readonly email: number | null
  readonly size: number | null
  readonly modSeq: number
}

/** A message or a tombstone on its way out. */
interface Leaving {
  readonly uid: number
  readonly email: number | null
  readonly size: number | null
}

interface Reader {
  readonly mailbox: number
  readonly account: number
}

/** Frees what nobody needs any more, a few rows at a time, so that no commit group waits long for it. */
export class PurgeTable {
  readonly #sql: Sql
  readonly #emails: EmailTable
  readonly #whole
  readonly #shrink
  readonly #shrunk
  readonly #prune
  readonly #raiseFloor
  readonly #forget
  readonly #forgetKeys
  readonly #unnamed
  readonly #messagesOf
  readonly #deleteMessages
  readonly #tombstonesOf
  readonly #deleteTombstones
  readonly #deleteSeen
  readonly #readersOf
  readonly #readBy
  readonly #deleteReader
  readonly #deleteMailbox
  readonly #removed
  readonly #deleteThreads
  readonly #deleteAccount
  readonly #forgetGone

  constructor(sql: Sql, emails: EmailTable) {
    this.#sql = sql
    this.#emails = emails
    const columns = 'SELECT mailbox_id AS mailbox, uid, email_id AS email, size, modseq AS modSeq FROM tombstone'
    this.#whole = sql.all<Buried>(`${columns} WHERE email_id IS NOT NULL AND expunged_at < ? ORDER BY expunged_at LIMIT ?`)
    this.#shrink = sql.run(
      `UPDATE tombstone SET flags = NULL, kw0 = NULL, kw1 = NULL, kw2 = NULL, kw3 = NULL, size = NULL, internal_at = NULL,
        internal_zone = NULL, saved_at = NULL, email_id = NULL, uidl = NULL WHERE mailbox_id = ? AND uid = ?`,
    )
    this.#shrunk = sql.all<Buried>(`${columns} WHERE email_id IS NULL AND expunged_at < ? ORDER BY expunged_at LIMIT ?`)
    this.#prune = sql.run('DELETE FROM tombstone WHERE mailbox_id = ? AND uid = ?')
    this.#raiseFloor = sql.run('UPDATE mailbox SET pruned_modseq = max(pruned_modseq, ?) WHERE id = ?')
    // Those with a blob have recipients waiting in the queue. The trace goes with its acceptance.
    this.#forget = sql.run(
      `DELETE FROM acceptance WHERE queue_id IN (
        SELECT queue_id FROM acceptance WHERE queue_id < ? AND blob_id IS NULL ORDER BY queue_id LIMIT ?)`,
    )
    this.#forgetKeys = sql.run(
      `DELETE FROM trace_key WHERE (slot, hash, queue_id) IN (SELECT slot, hash, queue_id FROM trace_key WHERE slot < ? ORDER BY slot LIMIT ?)`,
    )
    this.#unnamed = sql.get<{ id: number }>('SELECT id FROM mailbox INDEXED BY mailbox_deleted WHERE name IS NULL LIMIT 1')
    this.#messagesOf = sql.all<Leaving>('SELECT uid, email_id AS email, size FROM message WHERE mailbox_id = ? ORDER BY uid LIMIT ?')
    this.#deleteMessages = sql.run('DELETE FROM message WHERE mailbox_id = ? AND uid <= ?')
    this.#tombstonesOf = sql.all<Leaving>('SELECT uid, email_id AS email, size FROM tombstone WHERE mailbox_id = ? ORDER BY uid LIMIT ?')
    this.#deleteTombstones = sql.run('DELETE FROM tombstone WHERE mailbox_id = ? AND uid <= ?')
    this.#readersOf = sql.get<Reader>('SELECT mailbox_id AS mailbox, account_id AS account FROM reader WHERE mailbox_id = ? LIMIT 1')
    this.#readBy = sql.get<Reader>('SELECT mailbox_id AS mailbox, account_id AS account FROM reader WHERE account_id = ? LIMIT 1')
    this.#deleteSeen = sql.run(
      `DELETE FROM reader_seen WHERE mailbox_id = ? AND account_id = ? AND uid IN (
        SELECT uid FROM reader_seen WHERE mailbox_id = ? AND account_id = ? LIMIT ?)`,
    )
    this.#deleteReader = sql.run('DELETE FROM reader WHERE mailbox_id = ? AND account_id = ?')
    this.#deleteMailbox = sql.run('DELETE FROM mailbox WHERE id = ?')
    this.#removed = sql.get<{ id: number }>('SELECT id FROM account WHERE removed_at IS NOT NULL LIMIT 1')
    this.#deleteThreads = sql.run(
      'DELETE FROM thread_ref WHERE account_id = ? AND msgid_hash IN (SELECT msgid_hash FROM thread_ref WHERE account_id = ? LIMIT ?)',
    )
    this.#forgetGone = sql.run('DELETE FROM search_gone WHERE email_id = ?')
    this.#deleteAccount = sql.run('DELETE FROM account WHERE id = ?')
  }

  /**
   * One step: shrinks tombstones older than `before`, prunes very old ones, and forgets what became of messages that
   * were accepted long before `now`. `freed`: messages; `more`: another step has something to do.
   */
  expunged(before: number, now: number): { freed: number; more: boolean } {
    const found = this.#whole(before, PURGE_ROWS)
    const whole = oneStep(found)
    for (const { mailbox, uid } of whole) this.#shrink(mailbox, uid)
    this.#emails.drop(whole.map(({ email }) => email as number))
    const old = this.#shrunk(before - TOMBSTONE_KEPT_MS, PURGE_ROWS)
    for (const { mailbox, uid, modSeq } of old) {
      this.#prune(mailbox, uid)
      this.#raiseFloor(modSeq, mailbox)
    }
    const forgotten = this.#forget(mintedAt(now - TRACE_KEPT_MS), PURGE_ROWS).changes
    const unkeyed = this.#forgetKeys(now - TRACE_KEPT_MS - SLOT_MS, PURGE_ROWS).changes
    const full = [found.length, old.length, forgotten, unkeyed].includes(PURGE_ROWS)
    return { freed: whole.length, more: full || whole.length < found.length }
  }

  /** One step of freeing deleted mailboxes and removed accounts. False: nothing was left to do. */
  removed(): boolean {
    const mailbox = this.#unnamed()?.id
    if (mailbox !== undefined) {
      this.#empty(mailbox)
      return true
    }
    const account = this.#removed()?.id
    if (account === undefined) return false
    if (this.#forgetReader(this.#readBy(account))) return true
    if (this.#deleteThreads(account, account, PURGE_ROWS).changes === 0) this.#deleteAccount(account)
    return true
  }

  /** The search index has dropped these emails. */
  forgetGone(emails: readonly number[]): void {
    for (const email of emails) this.#forgetGone(email)
  }

  /** Gives a few free pages back to the file system. False: none is left. */
  vacuum(): boolean {
    const free = (): number => this.#sql.db.pragma('freelist_count', { simple: true }) as number
    if (free() === 0) return false
    this.#sql.db.exec(`PRAGMA incremental_vacuum(${pagesIn(this.#sql.db, VACUUM_OCTETS)})`)
    return free() > 0
  }

  /** One step of forgetting what an account has seen in another's mailbox. False: there is nobody. */
  #forgetReader(reader: Reader | undefined): boolean {
    if (reader === undefined) return false
    const { mailbox, account } = reader
    if (this.#deleteSeen(mailbox, account, mailbox, account, PURGE_ROWS).changes === 0) this.#deleteReader(mailbox, account)
    return true
  }

  #empty(mailbox: number): void {
    const messages = oneStep(this.#messagesOf(mailbox, PURGE_ROWS))
    const tombstones = messages.length > 0 ? [] : oneStep(this.#tombstonesOf(mailbox, PURGE_ROWS))
    const last = (messages.at(-1) ?? tombstones.at(-1))?.uid
    if (last === undefined) {
      if (!this.#forgetReader(this.#readersOf(mailbox))) this.#deleteMailbox(mailbox)
      return
    }
    if (messages.length > 0) this.#deleteMessages(mailbox, last)
    else this.#deleteTombstones(mailbox, last)
    this.#emails.drop([...messages, ...tombstones].flatMap(({ email }) => email ?? []))
  }
}

/** As many of `rows` as may go at once, by their octets; at least one. */
function oneStep<Row extends Leaving>(rows: readonly Row[]): readonly Row[] {
  let octets = 0
  const end = rows.findIndex(({ size }) => (octets += size ?? 0) > PURGE_OCTETS)
  return end === -1 ? rows : rows.slice(0, Math.max(1, end))
}
