import type { Logger } from '@mailstead/base'
import {
  KEYWORD_WORDS,
  SEEN,
  type Change,
  type Mailbox,
  type MailboxId,
  type MailStore,
  type MessageBatch,
  type ModSeq,
} from '@mailstead/store'
import { indexOf } from './ascending.ts'
import { ChangeLog } from './change-log.ts'

/** Told when something may have changed; at most a hint, so it carries nothing. */
export interface IndexListener {
  changed(): void
}

const NONE = new Uint32Array(0)
/** Changes kept while the store is being asked. */
const MAX_WAITING = 1000

/**
 * What a mailbox contains now, shared by all sessions that see the same of it: UIDs, flags and modseqs in typed arrays,
 * some 13 octets a message, 29 once one has a keyword.
 *
 * Notifications are hints. Each carries the modseq before it; when that is not the index's own position, something
 * was lost and the store is asked what happened since. Late and doubled ones lie below the position and are dropped.
 */
export class MailboxIndex {
  readonly mailbox: MailboxId
  /** What it is found by. */
  readonly key: string
  readonly log: ChangeLog
  /** `count` UIDs, ascending. Views share the array: it only ever grows in place, and is replaced when messages leave. */
  uids: Uint32Array = NONE
  count = 0
  /** Keyword names by bit. */
  keywordNames: readonly string[]
  /** The mailbox is gone. */
  deleted = false
  /** How many changes of somebody's rights were told. */
  rightsChanges = 0
  /** UIDs from here on are \\Recent for the next session that asks. */
  recentFrom = 0

  readonly #store: MailStore
  readonly #logger: Logger
  readonly #listeners = new Set<IndexListener>()
  #modSeqs = new Float64Array(0)
  #system = new Uint8Array(0)
  /** Messages at the beginning that are known to have \\Seen. */
  #seen = 0
  #keywords: Uint32Array | undefined
  #position: ModSeq
  #reading: Promise<void> | undefined
  #waiting: Change[] = []
  #stop: () => void = () => {}

  private constructor(store: MailStore, mailbox: Mailbox, key: string, logger: Logger, pendingChanges: number) {
    this.#store = store
    this.key = key
    this.mailbox = mailbox.id
    this.keywordNames = mailbox.keywords
    this.#position = mailbox.highestModSeq
    this.#logger = logger
    this.log = new ChangeLog(pendingChanges)
  }

  /**
   * Watches before it lists and joins the two by modseq: what changed while the batches were read is asked for again
   * from `mailbox.highestModSeq`, which was read before, so nothing falls between and nothing counts twice.
   */
  static async open(store: MailStore, mailbox: Mailbox, key: string, logger: Logger, pendingChanges: number): Promise<MailboxIndex> {
    const index = new MailboxIndex(store, mailbox, key, logger, pendingChanges)
    index.#stop = store.watch(mailbox.id, (change) => index.#onChange(change))
    try {
      await (index.#reading = index.#load(mailbox.messages))
    } catch (error) {
      index.close()
      throw error
    } finally {
      index.#reading = undefined
    }
    index.#takeWaiting()
    return index
  }

  /** Everything up to here is known. */
  get position(): ModSeq {
    return this.#position
  }

  /** The store said that the mailbox is gone, though no notification did. */
  markDeleted(): void {
    this.deleted = true
    this.#tell()
  }

  close(): void {
    this.#stop()
    this.#listeners.clear()
  }

  listen(listener: IndexListener): void {
    this.#listeners.add(listener)
  }

  unlisten(listener: IndexListener): void {
    this.#listeners.delete(listener)
  }

  /** Where the message stands in the arrays, or -1. */
  find(uid: number): number {
    return indexOf(this.uids, this.count, uid)
  }

  /** Where the first message without \\Seen stands, `count` when there is none. Looks on from where it last found it, not at all messages. */
  get firstUnseen(): number {
    while (this.#seen < this.count && (this.systemAt(this.#seen) & SEEN) !== 0) this.#seen++
    return this.#seen
  }

  systemAt(at: number): number {
    return this.#system[at] ?? 0
  }

  modSeqAt(at: number): ModSeq {
    return (this.#modSeqs[at] ?? 0) as ModSeq
  }

  /** The keyword words of all messages, KEYWORD_WORDS each; `undefined` when none has a keyword. */
  get keywords(): Uint32Array | undefined {
    return this.#keywords
  }

  /** Asks the store what happened since the position. For gaps, and for whoever will not rely on notifications. */
  async catchUp(): Promise<void> {
    if (this.deleted) return
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
      this.#takeWaiting()
      this.#tell()
    })
    await this.#reading
  }

  /** Own acts are to be seen in their own reply, even if nobody was notified of them. */
  reach(modSeq: ModSeq): Promise<void> {
    return this.#catchUpUntil(() => this.#position >= modSeq)
  }

  /** The same of messages that an own act has removed. */
  forget(uids: readonly number[]): Promise<void> {
    return this.#catchUpUntil(() => uids.every((uid) => this.find(uid) === -1))
  }

  /** Twice at most: the store may be read already, from before the act; the next reading begins after it. */
  async #catchUpUntil(known: () => boolean): Promise<void> {
    for (let readings = 0; readings < 2 && !known(); readings++) await this.catchUp()
  }

  #onChange(change: Change): void {
    if (this.#reading === undefined) {
      this.#take(change)
      this.#tell()
    } else {
      // Dropped ones show as a gap, and are read again.
      if (this.#waiting.length >= MAX_WAITING) this.#waiting = []
      this.#waiting.push(change)
    }
  }

  #take(change: Change): void {
    if (change.kind === 'deleted') {
      this.deleted = true
      return
    }
    if (change.kind === 'rights') this.rightsChanges++
    if (change.modSeq <= this.#position) return
    if (change.previous !== this.#position) {
      this.#logger.debug('imap: gap in notifications', { mailbox: this.mailbox, known: this.#position, previous: change.previous })
      this.catchUp().catch((error: unknown) =>
        this.#logger.warn('imap: cannot read changes', { mailbox: this.mailbox, error: String(error) }),
      )
      return
    }
    if (change.keywordNames !== undefined) this.keywordNames = change.keywordNames
    if (change.kind === 'expunged') this.#remove(change.uids)
    else if (change.kind !== 'rights') this.#upsert(change.batch, change.modSeq, change.keepsSeen)
    this.#position = change.modSeq
  }

  #takeWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const change of waiting) {
      if (this.#reading === undefined) this.#take(change)
      else this.#waiting.push(change)
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener.changed()
  }

  async #load(expected: number): Promise<void> {
    this.#grow(expected)
    for await (const batch of this.#store.listMessages(this.mailbox)) this.#upsert(batch, undefined)
    await this.#read()
    this.log.clear()
  }

  async #read(): Promise<void> {
    const batch = await this.#store.changesSince(this.mailbox, this.#position)
    this.keywordNames = batch.keywordNames
    if (batch.incomplete) this.#remove(await this.#missing())
    else this.#remove(batch.vanished)
    this.#upsert(batch.changed, undefined)
    this.#position = Math.max(this.#position, batch.highestModSeq) as ModSeq
  }

  /** Our UIDs that the store no longer has, found by comparing all. */
  async #missing(): Promise<Uint32Array> {
    const there = new Set<number>()
    for await (const batch of this.#store.listMessages(this.mailbox)) for (const uid of batch.uids) there.add(uid)
    return this.uids.slice(0, this.count).filter((uid) => !there.has(uid))
  }

  /** `modSeq`: the act that made the change; `undefined` when several may have been joined. `keepsSeen`: as in `Change`. */
  #upsert(batch: MessageBatch, modSeq: ModSeq | undefined, keepsSeen = false): void {
    const changed = new Uint32Array(batch.uids.length)
    let changes = 0
    for (let i = 0; i < batch.uids.length; i++) {
      const uid = batch.uids[i] ?? 0
      let at = this.#indexForWriting(uid)
      if (at === -1) continue
      const isNew = at === this.count
      if (!isNew) {
        if (this.#modSeqs[at] === batch.modSeqs[i]) continue
        changed[changes++] = uid
      } else {
        this.#grow(this.count + 1)
        at = this.count++
        this.uids[at] = uid
      }
      this.#modSeqs[at] = batch.modSeqs[i] ?? 0
      const system = batch.system[i] ?? 0
      this.#system[at] = keepsSeen ? (system & ~SEEN) | (isNew ? 0 : this.systemAt(at) & SEEN) : system
      if ((this.systemAt(at) & SEEN) === 0) this.#seen = Math.min(this.#seen, at)
      this.#setKeywords(at, batch.keywords, i)
    }
    if (changes > 0) this.log.addFlags(changed.slice(0, changes), modSeq)
  }

  /** The message's place, `count` for a new one at the end, -1 for one that came and went before we looked. */
  #indexForWriting(uid: number): number {
    if (this.count === 0 || uid > (this.uids[this.count - 1] ?? 0)) return this.count
    return this.find(uid)
  }

  #setKeywords(at: number, words: Uint32Array | undefined, from: number): void {
    if (words === undefined && this.#keywords === undefined) return
    this.#keywords ??= new Uint32Array(this.uids.length * KEYWORD_WORDS)
    for (let word = 0; word < KEYWORD_WORDS; word++) {
      this.#keywords[at * KEYWORD_WORDS + word] = words?.[from * KEYWORD_WORDS + word] ?? 0
    }
  }

  /** `gone`: ascending. */
  #remove(gone: Uint32Array): void {
    const places = this.#placesOf(gone)
    if (places.length === 0) return
    this.#bury(places)
    this.#seen -= places.filter((place) => place < this.#seen).length
    // Views go on reading the old array until they have told their clients.
    const uids = new Uint32Array(this.uids.length)
    let from = 0
    let to = 0
    for (let i = 0; i <= places.length; i++) {
      const place = places[i] ?? this.count
      // Most that leave together stood together.
      if (place > from) {
        uids.set(this.uids.subarray(from, place), to)
        this.#modSeqs.copyWithin(to, from, place)
        this.#system.copyWithin(to, from, place)
        this.#keywords?.copyWithin(to * KEYWORD_WORDS, from * KEYWORD_WORDS, place * KEYWORD_WORDS)
        to += place - from
      }
      from = place + 1
    }
    this.uids = uids
    this.count = to
  }

  /** Where those of `uids` stand that are there. */
  #placesOf(uids: Uint32Array): Uint32Array {
    const places = new Uint32Array(uids.length)
    let found = 0
    for (let i = 0; i < uids.length; i++) {
      const at = this.find(uids[i] as number)
      if (at !== -1) places[found++] = at
    }
    return places.subarray(0, found)
  }

  /** The flags go into the log: a session that was not told of the expunge may still ask for them. */
  #bury(places: Uint32Array): void {
    const uids = new Uint32Array(places.length)
    const modSeqs = new Float64Array(places.length)
    const system = new Uint8Array(places.length)
    const keywords = this.#keywords === undefined ? undefined : new Uint32Array(places.length * KEYWORD_WORDS)
    for (let i = 0; i < places.length; i++) {
      const place = places[i] as number
      uids[i] = this.uids[place] as number
      modSeqs[i] = this.#modSeqs[place] as number
      system[i] = this.#system[place] as number
      if (this.#keywords === undefined) continue
      keywords?.set(this.#keywords.subarray(place * KEYWORD_WORDS, (place + 1) * KEYWORD_WORDS), i * KEYWORD_WORDS)
    }
    this.log.addExpunged({ uids, modSeqs, system, keywords })
  }

  #grow(needed: number): void {
    if (needed <= this.uids.length) return
    const size = Math.max(needed, Math.ceil(this.uids.length * 1.5), 16)
    this.uids = resized(this.uids, new Uint32Array(size))
    this.#modSeqs = resized(this.#modSeqs, new Float64Array(size))
    this.#system = resized(this.#system, new Uint8Array(size))
    if (this.#keywords !== undefined) this.#keywords = resized(this.#keywords, new Uint32Array(size * KEYWORD_WORDS))
  }
}

function resized<T extends Uint32Array | Float64Array | Uint8Array>(from: T, to: T): T {
  to.set(from)
  return to
}
