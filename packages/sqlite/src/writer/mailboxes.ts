import { SEPARATOR, StoreError, type AccountId, type SpecialUse } from '@mailstead/store'
import { MAX_MAILBOXES } from '../limits.ts'
import { foreignName, INBOX, canonicalName, newName, superiors } from '../names.ts'
import { notFound, notPermitted } from '../rights.ts'
import type { Sql } from '../sql.ts'
import type { Access, Place } from './access.ts'
import type { AclTable } from './acl.ts'
import type { Act } from './act.ts'
import type { Counters, MailboxRow } from './counters.ts'
import { changeOf, type MessageTable } from './messages.ts'

/** Mailboxes and subscriptions: names, not messages. */
export class MailboxTable {
  readonly #access: Access
  readonly #acl: AclTable
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

  constructor(sql: Sql, access: Access, acl: AclTable, counters: Counters, messages: MessageTable) {
    this.#access = access
    this.#acl = acl
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
  create(act: Act, actor: number, wanted: string, specialUse: SpecialUse | undefined): void {
    const { account, name } = this.#newPlace(actor, wanted)
    if (account !== actor && specialUse !== undefined) throw new StoreError('mailbox-not-allowed', 'A special use is for the owner to give')
    if (this.#counters.mailboxNamed(account, name) !== undefined) throw exists()
    this.#createSuperiors(act, account, name)
    this.#make(act, account, name, specialUse)
  }

  remove(act: Act, actor: number, wanted: string): void {
    const mailbox = this.#access.named(actor, wanted, 'remove')
    if (mailbox.name === INBOX) throw new StoreError('mailbox-not-allowed', 'INBOX cannot be deleted')
    this.bury(act, mailbox)
    act.accountChanges.push({ kind: 'mailbox-deleted', account: mailbox.account as AccountId, name: mailbox.name })
  }

  /** Takes the name and the use of the account away at once, whatever the size; the messages are freed in steps. */
  bury(act: Act, mailbox: MailboxRow): void {
    const { octets, messages } = this.#charge(mailbox.id) ?? { octets: 0, messages: 0 }
    const { modSeq } = this.#counters.draw(mailbox.account, -octets, -messages)
    this.#unname(mailbox.id)
    act.changes.push({ kind: 'deleted', ...changeOf(mailbox, modSeq, undefined) })
  }

  rename(act: Act, actor: number, from: string, to: string): void {
    const { account, name: oldName, foreign } = this.#access.place(actor, from)
    const source = foreign ? this.#access.named(actor, from, 'remove') : this.#counters.mailboxNamed(account, oldName)
    if (foreign && oldName === INBOX) throw new StoreError('mailbox-not-allowed', 'INBOX cannot be renamed by others')
    const inferiors = this.#inferiors(account, `${oldName}/`, `${oldName}0`) // '0' follows '/'
    // A level that lost its own mailbox is still a name, and moves with what is below it.
    if (source === undefined && inferiors.length === 0) throw notFound()
    const { account: newOwner, name } = this.#newPlace(actor, to)
    if (newOwner !== account) throw new StoreError('mailbox-not-allowed', 'A mailbox stays with its owner')
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
    const name = foreignName(wanted) === undefined ? newName(wanted) : this.#access.seenName(account, wanted)
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

  /** Where a new name may stand. In another's tree the nearest mailbox above it says whether. */
  #newPlace(actor: number, wanted: string): Place {
    const place = this.#access.place(actor, wanted)
    if (!place.foreign) return { ...place, name: newName(wanted) }
    const above = superiors(place.name).reverse()
    const nearest = above.find((superior) => this.#counters.mailboxNamed(place.account, superior) !== undefined)
    // The same whether there is nothing above, or nothing that may be known.
    if (nearest === undefined || !this.#access.may(actor, place.account, nearest, 'createBelow')) throw notPermitted()
    return { ...place, name: newName(place.name) }
  }

  #createSuperiors(act: Act, account: number, name: string): void {
    for (const superior of superiors(name)) {
      if (this.#counters.mailboxNamed(account, superior) === undefined) this.#make(act, account, superior, undefined)
    }
  }

  #make(act: Act, account: number, name: string, specialUse: SpecialUse | undefined): void {
    if ((this.#total(account)?.total ?? 0) >= MAX_MAILBOXES) throw new StoreError('limit', 'There are too many mailboxes')
    const { modSeq } = this.#counters.draw(account)
    const id = Number(this.#insert(account, name, this.nextUidValidity(act.now), specialUse ?? null, modSeq, act.now).lastInsertRowid)
    const above = superiors(name).at(-1)
    if (above !== undefined) this.#acl.inherit(id, this.#counters.mailboxNamed(account, above))
    act.accountChanges.push({ kind: 'mailbox-created', account: account as AccountId, name })
  }

  /** RFC 9051 section 6.3.6: the messages go, INBOX and its inferiors stay. */
  #moveInbox(act: Act, inbox: MailboxRow, name: string): void {
    this.#createSuperiors(act, inbox.account, name)
    this.#make(act, inbox.account, name, undefined)
    const target = this.#counters.mailboxNamed(inbox.account, name)
    if (target === undefined) throw new Error('The mailbox just made is not there')
    this.#copyMetadata(target.id, inbox.id)
    this.#messages.moveAll(act, inbox.account, inbox, 'all', target)
  }
}

function exists(): StoreError {
  return new StoreError('mailbox-exists', 'Mailbox already exists')
}
