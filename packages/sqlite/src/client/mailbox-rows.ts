import type { AccountId, Mailbox, MailboxId, Purpose } from '@mailstead/store'
import { MAILBOX_ROWS } from '../limits.ts'
import { canonicalName } from '../names.ts'
import type { Report, ResultOf } from '../rpc.ts'
import type { ReaderOps } from '../reader/ops.ts'
import type { Readers } from './readers.ts'

type RecentRow = ResultOf<ReaderOps, 'recent'>

interface Row {
  readonly owner: AccountId
  readonly mailbox: MailboxId
  readonly value: Mailbox | RecentRow
}

/** A row that is being read. `stale`: something was committed meanwhile that it may not show. */
interface Reading {
  readonly owner: AccountId
  stale: boolean
}

/**
 * Mailboxes with their counters, as of all that the writer has reported: an owner who asks again is answered without a
 * thread. A row goes when its mailbox changes; all rows go after an act whose changes may not tell everything it did.
 */
export class MailboxRows {
  readonly #readers: Readers
  /** The least recently used first. */
  readonly #rows = new Map<string, Row>()
  readonly #keys = new Map<MailboxId, Set<string>>()
  readonly #reading = new Set<Reading>()

  constructor(readers: Readers) {
    this.#readers = readers
  }

  named(actor: AccountId, name: string, purpose: Purpose): Promise<Mailbox> {
    const read = (): Promise<Mailbox> => this.#readers.call('openMailbox', actor, name, purpose)
    return this.#find(actor, `name ${actor} ${canonicalName(name)}`, read, ({ id }) => id)
  }

  byId(actor: AccountId, id: MailboxId, purpose: Purpose): Promise<Mailbox> {
    return this.#find(
      actor,
      `id ${actor} ${id}`,
      () => this.#readers.call('mailboxById', actor, id, purpose),
      () => id,
    )
  }

  recent(actor: AccountId, id: MailboxId): Promise<RecentRow> {
    return this.#find(
      actor,
      `recent ${actor} ${id}`,
      () => this.#readers.call('recent', actor, id),
      () => id,
    )
  }

  /** To be called before others are told of the report. */
  committed({ changes, accountChanges, beyond }: Report): void {
    if (beyond === true) {
      this.#rows.clear()
      this.#keys.clear()
      for (const reading of this.#reading) reading.stale = true
      return
    }
    for (const { mailbox, account } of changes) {
      this.#drop(mailbox)
      this.#outdate(account)
    }
    for (const { account } of accountChanges) {
      for (const { owner, mailbox } of this.#rows.values()) if (owner === account) this.#drop(mailbox)
      this.#outdate(account)
    }
  }

  #find<T extends Row['value']>(actor: AccountId, key: string, read: () => Promise<T>, idOf: (value: T) => MailboxId): Promise<T> {
    const known = this.#rows.get(key)
    if (known === undefined) return this.#read(actor, key, read, idOf)
    this.#rows.delete(key)
    this.#rows.set(key, known)
    return Promise.resolve(known.value as T)
  }

  async #read<T extends Row['value']>(actor: AccountId, key: string, read: () => Promise<T>, idOf: (value: T) => MailboxId): Promise<T> {
    const reading: Reading = { owner: actor, stale: false }
    this.#reading.add(reading)
    try {
      const value = await read()
      // What others may see of a mailbox changes with more than the mailbox.
      if (!reading.stale && value.owner === actor) this.#keep(key, { owner: actor, mailbox: idOf(value), value })
      return value
    } finally {
      this.#reading.delete(reading)
    }
  }

  #keep(key: string, row: Row): void {
    this.#rows.set(key, row)
    this.#keys.set(row.mailbox, (this.#keys.get(row.mailbox) ?? new Set()).add(key))
    if (this.#rows.size <= MAILBOX_ROWS) return
    const [oldest] = this.#rows.values()
    if (oldest !== undefined) this.#drop(oldest.mailbox)
  }

  #drop(mailbox: MailboxId): void {
    for (const key of this.#keys.get(mailbox) ?? []) this.#rows.delete(key)
    this.#keys.delete(mailbox)
  }

  #outdate(account: AccountId): void {
    for (const reading of this.#reading) if (reading.owner === account) reading.stale = true
  }
}
