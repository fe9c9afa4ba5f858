import { NO_RIGHTS, StoreError, type AccountId, type ModSeq, type Rights, type RightsChange, type SeenMode } from '@mailstead/store'
import { MAX_ACL } from '../limits.ts'
import { ANYONE, notFound } from '../rights.ts'
import type { Sql } from '../sql.ts'
import type { Access } from './access.ts'
import type { Act } from './act.ts'
import type { Counters, MailboxRow } from './counters.ts'
import { changeOf } from './messages.ts'

interface Entry {
  readonly granted: Rights
  readonly denied: Rights
}

/** Access control lists, and whose \Seen a mailbox shows. */
export class AclTable {
  readonly #access: Access
  readonly #counters: Counters
  readonly #entry
  readonly #total
  readonly #put
  readonly #delete
  readonly #forget
  readonly #inherit
  readonly #inheritMode
  readonly #setMode
  readonly #touch

  constructor(sql: Sql, access: Access, counters: Counters) {
    this.#access = access
    this.#counters = counters
    this.#entry = sql.get<Entry>('SELECT granted, denied FROM mailbox_right WHERE mailbox_id = ? AND account_id = ?')
    this.#total = sql.get<{ total: number }>('SELECT count(*) AS total FROM mailbox_right WHERE mailbox_id = ?')
    this.#put = sql.run(
      `INSERT INTO mailbox_right (mailbox_id, account_id, granted, denied) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET granted = excluded.granted, denied = excluded.denied`,
    )
    this.#delete = sql.run('DELETE FROM mailbox_right WHERE mailbox_id = ? AND account_id = ?')
    this.#forget = sql.run('DELETE FROM mailbox_right WHERE account_id = ?')
    this.#inherit = sql.run(
      `INSERT INTO mailbox_right (mailbox_id, account_id, granted, denied)
       SELECT ?, account_id, granted, denied FROM mailbox_right WHERE mailbox_id = ?`,
    )
    this.#inheritMode = sql.run('UPDATE mailbox SET seen_mode = ? WHERE id = ?')
    this.#setMode = sql.run('UPDATE mailbox SET seen_mode = ?, highest_modseq = ? WHERE id = ?')
    this.#touch = sql.run('UPDATE message SET modseq = ? WHERE mailbox_id = ?')
  }

  set(act: Act, actor: number, id: number, subject: number, change: RightsChange): void {
    const mailbox = this.#access.mailbox(actor, id, 'administer')
    if (subject === mailbox.account) throw new StoreError('mailbox-not-allowed', 'The owner always has all rights')
    if (subject !== ANYONE && !this.#counters.exists(subject)) throw new StoreError('account-not-found', 'Account does not exist')
    const old = this.#entry(id, subject)
    const { granted, denied } = changed(old ?? { granted: NO_RIGHTS, denied: NO_RIGHTS }, change)
    if (granted === 0 && denied === 0) this.#delete(id, subject)
    else {
      if (old === undefined && (this.#total(id)?.total ?? 0) >= MAX_ACL) throw new StoreError('limit', 'The access control list is full')
      this.#put(id, subject, granted, denied)
    }
    this.#tell(act, mailbox)
    act.accountChanges.push({ kind: 'rights', account: mailbox.account as AccountId })
  }

  /** A new mailbox is for the same people as the one above it (RFC 4314 section 4, CREATE). */
  inherit(id: number, above: MailboxRow | undefined): void {
    if (above === undefined) return
    this.#inherit(id, above.id)
    if (above.seenMode !== 'owner') this.#inheritMode(above.seenMode, id)
  }

  /** One statement for all messages, as `STORE 1:*` has. Sessions are told of a gap, and read them all. */
  setSeenMode(act: Act, actor: number, id: number, mode: SeenMode): void {
    const mailbox = this.#access.mailbox(actor, id, 'administer')
    if (mailbox.seenMode === mode) return
    const { modSeq } = this.#counters.draw(mailbox.account)
    this.#touch(modSeq, id)
    this.#setMode(mode, modSeq, id)
    const after = this.#counters.mailbox(id)
    if (after === undefined) throw notFound()
    this.#tell(act, after)
  }

  forgetAccount(account: number): void {
    this.#forget(account)
  }

  #tell(act: Act, mailbox: MailboxRow): void {
    act.changes.push({ kind: 'rights', ...changeOf(mailbox, mailbox.highestModSeq as ModSeq, undefined) })
  }
}

function changed({ granted, denied }: Entry, { mode, rights, negative }: RightsChange): Entry {
  const before = negative === true ? denied : granted
  const after = (mode === 'replace' ? rights : mode === 'add' ? before | rights : before & ~rights) as Rights
  return negative === true ? { granted, denied: after } : { granted: after, denied }
}
