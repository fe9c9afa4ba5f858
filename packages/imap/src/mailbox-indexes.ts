import type { Logger } from '@mailstead/base'
import { isShared, type Mailbox, type MailStore, type MailStores } from '@mailstead/store'
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

/** The indexes, one a mailbox and one for each reader with a \Seen of his own in it, as long as somebody has it selected, and for a while after that. */
export class MailboxIndexes {
  readonly #open = new Map<string, Entry>()
  /** The longest unused first. */
  readonly #resting = new Map<string, Resting>()
  readonly #stores: MailStores
  readonly #logger: Logger
  readonly #pendingChanges: number
  readonly #restingMessages: number
  #weight = 0

  constructor(stores: MailStores, logger: Logger, pendingChanges: number, restingMessages = RESTING_MESSAGES) {
    this.#stores = stores
    this.#logger = logger
    this.#pendingChanges = pendingChanges
    this.#restingMessages = restingMessages
  }

  /** An index at least as new as `mailbox`, which was just read. To be given back by `release`. */
  async acquire(store: MailStore, mailbox: Mailbox): Promise<MailboxIndex> {
    const key = keyOf(store, mailbox)
    let entry = this.#open.get(key)
    if (entry === undefined) {
      // What sessions of several accounts share is read as the owner, whose rights nobody takes away.
      const reading = isShared(mailbox) && mailbox.seenMode === 'owner' ? this.#stores.for(mailbox.owner) : store
      const rested = this.#awake(key)
      entry = {
        index:
          rested === undefined ? MailboxIndex.open(reading, mailbox, key, this.#logger, this.#pendingChanges) : Promise.resolve(rested),
        isOwners: reading.actor === mailbox.owner,
        users: 0,
      }
      this.#open.set(key, entry)
    }
    entry.users++
    try {
      const index = await entry.index
      await index.reach(mailbox.highestModSeq)
      return index
    } catch (error) {
      this.#drop(key, false)
      throw error
    }
  }

  release(index: MailboxIndex): void {
    this.#drop(index.key, !index.deleted)
  }

  /** `rests`: it is worth being kept. */
  #drop(key: string, rests: boolean): void {
    const entry = this.#open.get(key)
    if (entry === undefined || --entry.users > 0) return
    this.#open.delete(key)
    entry.index.then(
      (index) => {
        if (rests && entry.isOwners && !this.#open.has(key)) this.#rest(index)
        else index.close()
      },
      () => {},
    )
  }

  #rest(index: MailboxIndex): void {
    const resting = new Resting(index, (changed) => this.#reweigh(changed))
    this.#resting.set(index.key, resting)
    this.#weight += resting.weight
    this.#makeRoom()
  }

  #awake(key: string): MailboxIndex | undefined {
    const resting = this.#resting.get(key)
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
    this.#resting.delete(resting.index.key)
    this.#weight -= resting.weight
  }
}

function weightOf({ count }: MailboxIndex): number {
  return Math.max(count, RESTING_AT_LEAST)
}

function keyOf({ actor }: MailStore, mailbox: Mailbox): string {
  return isShared(mailbox) && mailbox.seenMode === 'reader' ? `${mailbox.id} of ${actor}` : String(mailbox.id)
}
