import {
  isPrivate,
  MAX_ACCOUNT_METADATA,
  MAX_METADATA_ENTRIES,
  MAX_METADATA_VALUE,
  StoreError,
  type AccountId,
  type MailboxId,
  type MetadataChange,
} from '@mailstead/store'
import { SHARED } from '../names.ts'
import type { Sql } from '../sql.ts'
import type { Access } from './access.ts'
import type { Act } from './act.ts'
import type { Counters } from './counters.ts'

interface Total {
  readonly entries: number
  readonly octets: number
}

/** Annotations of mailboxes, and each account's own of the server. */
export class MetadataTable {
  readonly #access: Access
  readonly #counters: Counters
  readonly #value
  readonly #put
  readonly #remove
  readonly #entries
  readonly #charged
  readonly #ownValue
  readonly #putOwn
  readonly #removeOwn
  readonly #ownEntries

  constructor(sql: Sql, access: Access, counters: Counters) {
    this.#access = access
    this.#counters = counters
    const key = 'WHERE mailbox_id = ? AND account_id = ? AND name = ?'
    this.#value = sql.get<{ value: Uint8Array }>(`SELECT value FROM mailbox_metadata ${key}`)
    this.#put = sql.run(
      `INSERT INTO mailbox_metadata (mailbox_id, account_id, name, charged_id, size, value) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET size = excluded.size, value = excluded.value`,
    )
    this.#remove = sql.run(`DELETE FROM mailbox_metadata ${key}`)
    this.#entries = sql.get<{ entries: number }>('SELECT count(*) AS entries FROM mailbox_metadata WHERE mailbox_id = ? AND account_id = ?')
    this.#charged = sql.get<Total>('SELECT count(*) AS entries, ifnull(sum(size), 0) AS octets FROM mailbox_metadata WHERE charged_id = ?')
    const ownKey = 'WHERE account_id = ? AND name = ?'
    this.#ownValue = sql.get<{ value: Uint8Array }>(`SELECT value FROM account_metadata ${ownKey}`)
    this.#putOwn = sql.run(
      `INSERT INTO account_metadata (account_id, name, size, value) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET size = excluded.size, value = excluded.value`,
    )
    this.#removeOwn = sql.run(`DELETE FROM account_metadata ${ownKey}`)
    this.#ownEntries = sql.get<{ entries: number }>('SELECT count(*) AS entries FROM account_metadata WHERE account_id = ?')
  }

  /** All or none. `too-big`, `limit`. Without a mailbox: the actor's own of the server. */
  set(act: Act, actor: number, mailbox: number | undefined, changes: readonly MetadataChange[]): void {
    if (changes.some(({ value }) => value !== undefined && value.length > MAX_METADATA_VALUE)) {
      throw new StoreError('too-big', 'The value is too long')
    }
    if (mailbox === undefined) this.#setOwn(act, actor, changes)
    else this.#setOfMailbox(act, actor, mailbox, changes)
  }

  #setOfMailbox(act: Act, actor: number, id: number, changes: readonly MetadataChange[]): void {
    const forAll = changes.some(({ name }) => !isPrivate(name))
    const mailbox = this.#access.mailbox(actor, id, forAll ? 'annotateForAll' : 'annotate')
    const told = { own: [] as string[], shared: [] as string[] }
    const more = new Set<number>()
    for (const { name, value } of changes) {
      const own = isPrivate(name)
      const account = own ? actor : SHARED
      const before = this.#value(id, account, name)?.value
      if (same(before, value)) continue
      if (value === undefined) this.#remove(id, account, name)
      else {
        this.#put(id, account, name, own ? actor : mailbox.account, value.length, value)
        more.add(account)
      }
      told[own ? 'own' : 'shared'].push(name)
    }
    for (const account of more) {
      this.#requireRoom(this.#entries(id, account)?.entries, this.#charged(account === SHARED ? mailbox.account : account))
    }
    tell(act, actor, id, told.own)
    tell(act, mailbox.account, id, told.shared)
  }

  #setOwn(act: Act, actor: number, changes: readonly MetadataChange[]): void {
    if (!this.#counters.exists(actor)) throw new StoreError('account-not-found', 'Account does not exist')
    if (!changes.every(({ name }) => isPrivate(name)))
      throw new StoreError('mailbox-not-allowed', 'What the server shares is not kept here')
    const told: string[] = []
    for (const { name, value } of changes) {
      if (same(this.#ownValue(actor, name)?.value, value)) continue
      if (value === undefined) this.#removeOwn(actor, name)
      else this.#putOwn(actor, name, value.length, value)
      told.push(name)
    }
    if (changes.some(({ value }) => value !== undefined)) this.#requireRoom(this.#ownEntries(actor)?.entries)
    tell(act, actor, undefined, told)
  }

  #requireRoom(entries = 0, charged?: Total): void {
    const { entries: most, octets } = MAX_ACCOUNT_METADATA
    if (entries > MAX_METADATA_ENTRIES || (charged !== undefined && (charged.entries > most || charged.octets > octets))) {
      throw new StoreError('limit', 'There are too many annotations')
    }
  }
}

function same(before: Uint8Array | undefined, after: Uint8Array | undefined): boolean {
  if (before === undefined || after === undefined) return before === after
  return Buffer.compare(before, after) === 0
}

function tell(act: Act, account: number, mailbox: number | undefined, names: readonly string[]): void {
  if (names.length === 0) return
  act.accountChanges.push({ kind: 'metadata', account: account as AccountId, mailbox: mailbox as MailboxId | undefined, names })
}
