import type { AccountId, Mailbox, MailboxId, Purpose, QuotaUse } from '@mailstead/store'
import { MAILBOX_ROWS } from '../limits.ts'
import { canonicalName } from '../names.ts'
import type { Report, ResultOf } from '../rpc.ts'
import type { ReaderOps } from '../reader/ops.ts'
import { KnownMailboxes } from './known-mailboxes.ts'
import type { Readers } from './readers.ts'

type RecentRow = ResultOf<ReaderOps, 'recent'>

/** What is being read of an account. `stale`: something was committed meanwhile that it may not show. */
interface Reading {
  readonly owner: AccountId
  stale: boolean
}

/**
 * What accounts have, as of all that the writer has reported: an owner who asks again is answered without a thread. Counters follow the
 * changes; all else that is known of an account goes when something else of it changes, and everything after an act whose changes may not
 * tell all that it did. What others share is not remembered, since more decides on it than the mailbox.
 */
export class MailboxRows {
  readonly #readers: Readers
  /** The least recently used first. */
  readonly #known = new Map<AccountId, KnownMailboxes>()
  readonly #reading = new Set<Reading>()
  #weight = 0

  constructor(readers: Readers) {
    this.#readers = readers
  }

  named(actor: AccountId, name: string, purpose: Purpose): Promise<Mailbox> {
    const known = this.#use(actor)?.named(canonicalName(name))
    return known === undefined
      ? this.#mailbox(actor, () => this.#readers.call('openMailbox', actor, name, purpose))
      : Promise.resolve(known)
  }

  byId(actor: AccountId, id: MailboxId, purpose: Purpose): Promise<Mailbox> {
    const known = this.#use(actor)?.byId(id)
    return known === undefined ? this.#mailbox(actor, () => this.#readers.call('mailboxById', actor, id, purpose)) : Promise.resolve(known)
  }

  recent(actor: AccountId, id: MailboxId): Promise<RecentRow> {
    const known = this.#use(actor)?.recent(id)
    if (known !== undefined) return Promise.resolve(known)
    return this.#read(
      actor,
      () => this.#readers.call('recent', actor, id),
      (account, { firstRecent }) => account.takeRecent(id, firstRecent),
    )
  }

  list(actor: AccountId): Promise<readonly Mailbox[]> {
    const known = this.#use(actor)?.list()
    if (known !== undefined) return Promise.resolve(known)
    return this.#read(
      actor,
      () => this.#readers.call('listMailboxes', actor),
      (account, mailboxes) => account.takeList(actor, mailboxes),
    )
  }

  subscriptions(actor: AccountId): Promise<readonly string[]> {
    const known = this.#use(actor)?.subscriptions
    if (known !== undefined) return Promise.resolve(known)
    return this.#read(
      actor,
      () => this.#readers.call('listSubscriptions', actor),
      (account, names) => account.takeSubscriptions(names),
    )
  }

  /** Of the actor's own account, or of that of another's mailbox. */
  quota(actor: AccountId, mailbox: MailboxId | undefined, purpose: Purpose): Promise<QuotaUse> {
    const read = (): Promise<QuotaUse> => this.#readers.call('quota', actor, mailbox, purpose)
    if (mailbox !== undefined) return read()
    const known = this.#use(actor)?.quota
    return known === undefined ? this.#read(actor, read, (account, use) => account.takeQuota(use)) : Promise.resolve(known)
  }

  /** To be called before others are told of the report. */
  committed({ changes, accountChanges, used = [], beyond }: Report): void {
    if (beyond === true) {
      this.#known.clear()
      this.#weight = 0
      for (const reading of this.#reading) reading.stale = true
      return
    }
    const held = new Map(used.map(([account, octets, messages]) => [account, { octets, messages }]))
    for (const change of changes) {
      this.#outdate(change.account)
      const known = this.#known.get(change.account)
      if (known !== undefined && !known.follow(change, held.get(change.account))) this.#forget(change.account)
    }
    for (const { account } of accountChanges) {
      this.#outdate(account)
      this.#forget(account)
    }
  }

  #use(actor: AccountId): KnownMailboxes | undefined {
    const known = this.#known.get(actor)
    if (known === undefined) return undefined
    this.#known.delete(actor)
    this.#known.set(actor, known)
    return known
  }

  #mailbox(actor: AccountId, read: () => Promise<Mailbox>): Promise<Mailbox> {
    return this.#read(actor, read, (account, mailbox) => {
      if (mailbox.owner === actor) account.take(mailbox)
    })
  }

  async #read<T>(actor: AccountId, read: () => Promise<T>, take: (account: KnownMailboxes, value: T) => void): Promise<T> {
    const reading: Reading = { owner: actor, stale: false }
    this.#reading.add(reading)
    try {
      const value = await read()
      if (!reading.stale) this.#learn(actor, (account) => take(account, value))
      return value
    } finally {
      this.#reading.delete(reading)
    }
  }

  #learn(actor: AccountId, take: (account: KnownMailboxes) => void): void {
    const account = this.#use(actor) ?? new KnownMailboxes()
    this.#weight -= this.#known.has(actor) ? account.weight : 0
    this.#known.set(actor, account)
    take(account)
    this.#weight += account.weight
    for (const oldest of this.#known.keys()) {
      if (this.#weight <= MAILBOX_ROWS) return
      this.#forget(oldest)
    }
  }

  #forget(account: AccountId): void {
    this.#weight -= this.#known.get(account)?.weight ?? 0
    this.#known.delete(account)
  }

  #outdate(account: AccountId): void {
    for (const reading of this.#reading) if (reading.owner === account) reading.stale = true
  }
}
