import type { Logger } from '@mailstead/base'
import type { Mailbox, MailboxId, MailStore } from '@mailstead/store'
import { RESTING_AT_LEAST, RESTING_MESSAGES } from './limits.ts'
import { MailboxIndex, type IndexListener } from './mailbox-index.ts'

/** An index that nobody uses now. It goes on following its mailbox, so that it is as good as new for the next. */
class Resting implements IndexListener {
  readonly index: MailboxIndex
  readonly #changed: (resting: Resting) => void
  /** What it counts for, in messages. */
  weight: number

  constructor(index: MailboxIndex, changed: (resting: Resting) => void) {
    this.index = index
    this.#changed = changed
    this.weight = weightOf(index)
    index.log.clear()
    index.listen(this)
  }

  changed(): void {
    // Nobody is to be told.
    this.index.log.clear()
    this.#changed(this)
  }
}

interface Entry {
  readonly index: Promise<MailboxIndex>
  /** It reads as the mailbox's owner. Who reads by a right may lose it. */
  readonly isOwners: boolean
  users: number
}

/** The indexes, one a mailbox, as long as somebody has it selected, and for a while after that. */
export class MailboxIndexes {
  readonly #open = new Map<MailboxId, Entry>()
  /** The longest unused first. */
  readonly #resting = new Map<MailboxId, Resting>()
  readonly #logger: Logger
  readonly #pendingChanges: number
  readonly #restingMessages: number
  #weight = 0

  constructor(logger: Logger, pendingChanges: number, restingMessages = RESTING_MESSAGES) {
    this.#logger = logger
    this.#pendingChanges = pendingChanges
    this.#restingMessages = restingMessages
  }

  /** An index at least as new as `mailbox`, which was just read. To be given back by `release`. */
  async acquire(store: MailStore, mailbox: Mailbox): Promise<MailboxIndex> {
    let entry = this.#open.get(mailbox.id)
    if (entry === undefined) {
      const rested = this.#awake(mailbox.id)
      entry = {
        index: rested === undefined ? MailboxIndex.open(store, mailbox, this.#logger, this.#pendingChanges) : Promise.resolve(rested),
        isOwners: rested !== undefined || store.actor === mailbox.owner,
        users: 0,
      }
      this.#open.set(mailbox.id, entry)
    }
    entry.users++
    try {
      const index = await entry.index
      await index.reach(mailbox.highestModSeq)
      return index
    } catch (error) {
      this.#drop(mailbox.id, false)
      throw error
    }
  }

  release(index: MailboxIndex): void {
    this.#drop(index.mailbox, !index.deleted)
  }

  /** `rests`: it is worth being kept. */
  #drop(id: MailboxId, rests: boolean): void {
    const entry = this.#open.get(id)
    if (entry === undefined || --entry.users > 0) return
    this.#open.delete(id)
    entry.index.then(
      (index) => {
        if (rests && entry.isOwners && !this.#open.has(id)) this.#rest(index)
        else index.close()
      },
      () => {},
    )
  }

  #rest(index: MailboxIndex): void {
    const resting = new Resting(index, (changed) => this.#reweigh(changed))
    this.#resting.set(index.mailbox, resting)
    this.#weight += resting.weight
    this.#makeRoom()
  }

  #awake(id: MailboxId): MailboxIndex | undefined {
    const resting = this.#resting.get(id)
    if (resting === undefined) return undefined
    this.#forget(resting)
    resting.index.unlisten(resting)
    return resting.index
  }

  #reweigh(resting: Resting): void {
    this.#weight -= resting.weight
    resting.weight = weightOf(resting.index)
    this.#weight += resting.weight
    if (resting.index.deleted) this.#close(resting)
    else this.#makeRoom()
  }

  #makeRoom(): void {
    for (const resting of this.#resting.values()) {
      if (this.#weight <= this.#restingMessages) return
      this.#close(resting)
    }
  }

  #close(resting: Resting): void {
    this.#forget(resting)
    resting.index.close()
  }

  #forget(resting: Resting): void {
    this.#resting.delete(resting.index.mailbox)
    this.#weight -= resting.weight
  }
}

function weightOf({ count }: MailboxIndex): number {
  return Math.max(count, RESTING_AT_LEAST)
}
