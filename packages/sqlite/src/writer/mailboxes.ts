import { SEPARATOR, StoreError, type AccountId, type SpecialUse } from '@mailstead/store'
import { MAX_MAILBOXES } from '../limits.ts'
import { canonicalName, INBOX, newName, superiors } from '../names.ts'
import type { Sql } from '../sql.ts'
import type { Act } from './act.ts'
import type { Counters, MailboxRow } from './counters.ts'
import { changeOf, type MessageTable } from './messages.ts'

/** Mailboxes and subscriptions: names, not messages. */
export class MailboxTable {
  readonly #counters: Counters
  readonly #messages: MessageTable
  readonly #insert
  readonly #total
  readonly #nextUidValidity
  readonly #unname
  readonly #charge
  readonly #rename
  readonly #inferiors
  readonly #subscribe
  readonly #unsubscribe
  readonly #claim
  readonly #copyMetadata

  constructor(sql: Sql, counters: Counters, messages: MessageTable) {
    this.#counters = counters
    this.#messages = messages
    this.#insert = sql.run(
      'INSERT INTO mailbox (account_id, name, uidvalidity, special_use, highest_modseq, created_at) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#total = sql.get<{ total: number }>('SELECT count(*) AS total FROM mailbox WHERE account_id = ? AND name IS NOT NULL')
    this.#nextUidValidity = sql.returning<{ value: number }>(
      "UPDATE meta SET value = max(?, value + 1) WHERE key = 'uidvalidity' RETURNING value",
    )
    this.#unname = sql.run('UPDATE mailbox SET name = NULL WHERE id = ?')
    this.#charge = sql.get<{ octets: number; messages: number }>('SELECT size AS octets, messages FROM mailbox WHERE id = ?')
    this.#rename = sql.run('UPDATE mailbox SET name = ? WHERE id = ?')
    this.#inferiors = sql.all<{ id: number; name: string }>(
      'SELECT id, name FROM mailbox WHERE account_id = ? AND name > ? AND name < ? ORDER BY name',
    )
    this.#subscribe = sql.run('INSERT OR IGNORE INTO subscription (account_id, name) VALUES (?, ?)')
    this.#unsubscribe = sql.run('DELETE FROM subscription WHERE account_id = ? AND name = ?')
    this.#copyMetadata = sql.run(
      `INSERT INTO mailbox_metadata (mailbox_id, account_id, name, charged_id, size, value)
       SELECT ?, account_id, name, charged_id, size, value FROM mailbox_metadata WHERE mailbox_id = ?`,
    )
    this.#claim = sql.run('UPDATE mailbox SET first_recent_uid = max(first_recent_uid, ?) WHERE id = ?')
  }

  /** Makes `wanted` and what it lacks above it. */
  create(act: Act, account: number, wanted: string, specialUse: SpecialUse | undefined): void {
    const name = newName(wanted)
    if (this.#counters.mailboxNamed(account, name) !== undefined) throw exists()
    this.#createSuperiors(act, account, name)
    this.#make(act, account, name, specialUse)
  }

  remove(act: Act, account: number, wanted: string): void {
    const mailbox = this.#existing(account, wanted)
    if (mailbox.name === INBOX) throw new StoreError('mailbox-not-allowed', 'INBOX cannot be deleted')
    this.bury(act, mailbox)
    act.accountChanges.push({ kind: 'mailbox-deleted', account: account as AccountId, name: mailbox.name })
  }

  /** Takes the name and the use of the account away at once, whatever the size; the messages are freed in steps. */
  bury(act: Act, mailbox: MailboxRow): void {
    const { octets, messages } = this.#charge(mailbox.id) ?? { octets: 0, messages: 0 }
    const { modSeq } = this.#counters.draw(mailbox.account, -octets, -messages)
    this.#unname(mailbox.id)
    act.changes.push({ kind: 'deleted', ...changeOf(mailbox, modSeq, undefined) })
  }

  rename(act: Act, account: number, from: string, to: string): void {
    const oldName = canonicalName(from)
    const source = this.#counters.mailboxNamed(account, oldName)
    const inferiors = this.#inferiors(account, `${oldName}/`, `${oldName}0`) // '0' follows '/'
    // A level that lost its own mailbox is still a name, and moves with what is below it.
    if (source === undefined && inferiors.length === 0) throw notFound()
    const name = newName(to)
    if (this.#counters.mailboxNamed(account, name) !== undefined) throw exists()
    if (source?.name === INBOX) {
      this.#moveInbox(act, source, name)
      return
    }
    if (name.startsWith(oldName + SEPARATOR)) throw new StoreError('mailbox-not-allowed', 'A mailbox cannot move below itself')
    const renamed = [...(source === undefined ? [] : [{ id: source.id, name: oldName }]), ...inferiors].map((old) => ({
      id: old.id,
      oldName: old.name,
      name: newName(name + old.name.slice(oldName.length)),
    }))
    for (const next of renamed) if (this.#counters.mailboxNamed(account, next.name) !== undefined) throw exists()
    this.#createSuperiors(act, account, name)
    for (const next of renamed) {
      this.#rename(next.name, next.id)
      act.accountChanges.push({ kind: 'mailbox-renamed', account: account as AccountId, name: next.name, oldName: next.oldName })
    }
  }

  subscribe(act: Act, account: number, wanted: string): void {
    const name = newName(wanted)
    if (!this.#counters.exists(account)) throw new StoreError('account-not-found', 'Account does not exist')
    if (this.#subscribe(account, name).changes > 0) act.accountChanges.push({ kind: 'subscribed', account: account as AccountId, name })
  }

  unsubscribe(act: Act, account: number, wanted: string): void {
    const name = canonicalName(wanted)
    if (this.#unsubscribe(account, name).changes > 0) act.accountChanges.push({ kind: 'unsubscribed', account: account as AccountId, name })
  }

  /** Later sessions see messages below `uid` no longer as recent. */
  claimRecent(mailbox: number, uid: number): void {
    this.#claim(uid, mailbox)
  }

  /** RULES: one ever-growing 32-bit counter, so no two mailboxes ever share a value. */
  nextUidValidity(now: number): number {
    const value = this.#nextUidValidity(Math.floor(now / 1000))?.value
    if (value === undefined || value > 0xffff_ffff) throw new Error('The UIDVALIDITY counter is missing or spent')
    return value
  }

  #existing(account: number, name: string): MailboxRow {
    const mailbox = this.#counters.mailboxNamed(account, canonicalName(name))
    if (mailbox === undefined) throw notFound()
    return mailbox
  }

  #createSuperiors(act: Act, account: number, name: string): void {
    for (const superior of superiors(name)) {
      if (this.#counters.mailboxNamed(account, superior) === undefined) this.#make(act, account, superior, undefined)
    }
  }

  #make(act: Act, account: number, name: string, specialUse: SpecialUse | undefined): void {
    if ((this.#total(account)?.total ?? 0) >= MAX_MAILBOXES) throw new StoreError('limit', 'There are too many mailboxes')
    const { modSeq } = this.#counters.draw(account)
    this.#insert(account, name, this.nextUidValidity(act.now), specialUse ?? null, modSeq, act.now)
    act.accountChanges.push({ kind: 'mailbox-created', account: account as AccountId, name })
  }

  /** RFC 9051 section 6.3.6: the messages go, INBOX and its inferiors stay. */
  #moveInbox(act: Act, inbox: MailboxRow, name: string): void {
    this.#createSuperiors(act, inbox.account, name)
    this.#make(act, inbox.account, name, undefined)
    const target = this.#counters.mailboxNamed(inbox.account, name)
    if (target === undefined) throw new Error('The mailbox just made is not there')
    this.#copyMetadata(target.id, inbox.id)
    this.#messages.moveAll(act, inbox, 'all', target)
  }
}

function notFound(): StoreError {
  return new StoreError('mailbox-not-found', 'Mailbox does not exist')
}

function exists(): StoreError {
  return new StoreError('mailbox-exists', 'Mailbox already exists')
}
