import type { Clock } from '@mailstead/base'
import type { Mailbox, MaildropBatch, MailStore, Uid } from '@mailstead/store'
import { REMOVE_STEP } from './limits.ts'
import { ReadAhead, type AheadRoom, type ReadMessage } from './read-ahead.ts'

/** What a maildrop has with others. */
export interface Shared {
  readonly room: AheadRoom
  readonly clock: Clock
  /** Gives the lock up: called once, by `close`. */
  readonly release: () => void
}

/**
 * INBOX as it was at login, and the marks of this session. Messages are numbered from 1; about 21 octets each. What
 * comes later is not in it; what others expunge meanwhile stays in it, and can be read as long as the store keeps it.
 */
export class Maildrop {
  readonly #store: MailStore
  readonly #mailbox: Mailbox
  readonly #uids: Uint32Array
  readonly #sizes: Float64Array
  readonly #uidls: Float64Array
  readonly #marked: Uint8Array
  readonly #reader: ReadAhead
  readonly #release: () => void
  #count = 0
  #octets = 0
  #updating: Promise<void> | undefined
  #closed = false

  private constructor(store: MailStore, mailbox: Mailbox, { uids, sizes, uidls }: MaildropBatch, shared: Shared) {
    this.#store = store
    this.#mailbox = mailbox
    this.#uids = uids
    this.#sizes = sizes
    this.#uidls = uidls
    this.#marked = new Uint8Array(uids.length)
    this.#reader = new ReadAhead(store, mailbox.id, this, shared.room, shared.clock)
    this.#release = shared.release
    this.unmarkAll()
  }

  /** Rejects with `StoreError`. */
  static async open(store: MailStore, shared: Shared): Promise<Maildrop> {
    const mailbox = await store.openMailbox('INBOX')
    const batches: MaildropBatch[] = []
    for await (const batch of store.listMaildrop(mailbox.id)) batches.push(batch)
    return new Maildrop(store, mailbox, join(batches), shared)
  }

  /** Messages that are not marked. */
  get count(): number {
    return this.#count
  }

  /** Their octets. */
  get octets(): number {
    return this.#octets
  }

  /** The highest message-number. */
  get last(): number {
    return this.#uids.length
  }

  get blobs(): MailStore['blobs'] {
    return this.#store.blobs
  }

  /** `undefined`: there is no such number. */
  state(number: number): 'there' | 'marked' | undefined {
    if (number < 1 || number > this.last) return undefined
    return this.#marked[number - 1] === 1 ? 'marked' : 'there'
  }

  uid(number: number): Uid {
    return this.#uids[number - 1] as Uid
  }

  size(number: number): number {
    return this.#sizes[number - 1] as number
  }

  /**
   * RFC 1939 section 7: 1 to 70 characters, never given to another message. The account's id is in it, because an
   * account that is removed and made again begins to count anew.
   */
  uidl(number: number): string {
    return `${hex(this.#store.actor)}${hex(this.#uidls[number - 1] as number)}`
  }

  /** The message; `undefined` when it was expunged and is freed. Rejects with `StoreError`. */
  read(number: number): ReadMessage | Promise<ReadMessage | undefined> {
    return this.#reader.read(number)
  }

  /** Its part tree, for `decodeStructure`; `undefined` when the store has none, or the message no more. Rejects with `StoreError`. */
  async structure(number: number): Promise<Uint8Array | undefined> {
    const [row] = await this.#store.fetch(this.#mailbox.id, [this.uid(number)], { structure: true })
    return row?.structure
  }

  mark(number: number): void {
    if (this.state(number) !== 'there') return
    this.#marked[number - 1] = 1
    this.#count--
    this.#octets -= this.size(number)
  }

  unmarkAll(): void {
    this.#marked.fill(0)
    this.#count = this.last
    this.#octets = this.#sizes.reduce((sum, size) => sum + size, 0)
  }

  /**
   * The UPDATE state: removes what is marked, and nothing else. Resolves after the commit; rejects with `StoreError`
   * when some are still there. The lock is held until it is done, also when the client has gone.
   */
  async update(): Promise<void> {
    this.#updating = this.#remove()
    try {
      await this.#updating
    } finally {
      this.#updating = undefined
      if (this.#closed) this.#release()
    }
  }

  async #remove(): Promise<void> {
    const marked = this.#uids.filter((_, index) => this.#marked[index] === 1)
    const uids = Array.from(marked, (uid) => uid as Uid)
    for (let at = 0; at < uids.length; at += REMOVE_STEP) {
      await this.#store.expunge(this.#mailbox.id, { uids: uids.slice(at, at + REMOVE_STEP), anyFlags: true })
    }
  }

  /** Gives up the lock. Removes nothing. Harmless when called again. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#reader.close()
    if (this.#updating === undefined) this.#release()
  }
}

function hex(id: number): string {
  return id.toString(16).padStart(8, '0')
}

function join(batches: readonly MaildropBatch[]): MaildropBatch {
  const total = batches.reduce((sum, { uids }) => sum + uids.length, 0)
  const joined = { uids: new Uint32Array(total), sizes: new Float64Array(total), uidls: new Float64Array(total) }
  let at = 0
  for (const { uids, sizes, uidls } of batches) {
    joined.uids.set(uids, at)
    joined.sizes.set(sizes, at)
    joined.uidls.set(uidls, at)
    at += uids.length
  }
  return joined
}
