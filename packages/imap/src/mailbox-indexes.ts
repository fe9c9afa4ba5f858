import type { Logger } from '@mailstead/base'
import type { Mailbox, MailboxId, MailStore } from '@mailstead/store'
import { MailboxIndex } from './mailbox-index.ts'

/** The indexes in use, one a mailbox, as long as somebody has it selected. */
export class MailboxIndexes {
  readonly #open = new Map<MailboxId, { readonly index: Promise<MailboxIndex>; users: number }>()
  readonly #logger: Logger
  readonly #pendingChanges: number

  constructor(logger: Logger, pendingChanges: number) {
    this.#logger = logger
    this.#pendingChanges = pendingChanges
  }

  /** An index at least as new as `mailbox`, which was just read. To be given back by `release`. */
  async acquire(store: MailStore, mailbox: Mailbox): Promise<MailboxIndex> {
    let entry = this.#open.get(mailbox.id)
    if (entry === undefined) {
      entry = { index: MailboxIndex.open(store, mailbox, this.#logger, this.#pendingChanges), users: 0 }
      this.#open.set(mailbox.id, entry)
    }
    entry.users++
    try {
      const index = await entry.index
      await index.reach(mailbox.highestModSeq)
      return index
    } catch (error) {
      this.#drop(mailbox.id)
      throw error
    }
  }

  release(index: MailboxIndex): void {
    this.#drop(index.mailbox)
  }

  #drop(id: MailboxId): void {
    const entry = this.#open.get(id)
    if (entry === undefined || --entry.users > 0) return
    this.#open.delete(id)
    entry.index.then(
      (index) => index.close(),
      () => {},
    )
  }
}
