import { DELETED, KEYWORD_WORDS, keywordNames, SEEN, type Mailbox, type ModSeq, type Uid } from '@mailstead/store'
import type { SequenceSet } from '@mailstead/wire'
import { indexOf, lowerBound, without } from './ascending.ts'
import type { Ghost } from './change-log.ts'
import { flagText } from './flag-text.ts'
import { KnownKeywords } from './known-keywords.ts'
import type { MailboxIndex } from './mailbox-index.ts'
import { LINES_A_STEP, Pace } from './pace.ts'
import { Permission } from './permission.ts'
import { placesAmong, placesOf, type PlaceRange } from './places.ts'
import { RecentRanges } from './recent.ts'
import type { Responder } from './responses.ts'
import { SilentActs } from './silent-acts.ts'
import type { Telling } from './telling.ts'

/**
 * What one session believes the selected mailbox contains. Sequence numbers live here and nowhere else: the store speaks UIDs only.
 *
 * The mailbox's index knows what is; the view knows what its client was told, and `sync` tells the difference at the points where the protocol allows it.
 * While the two agree the view has no memory of its own beyond a few numbers: it shares the index's array of UIDs.
 */
export class MailboxView {
  /** As it was when it was selected. Its id and name stay true, its counters do not. */
  readonly mailbox: Mailbox
  /** What `$` stands for, ascending: messages that the last SEARCH with SAVE found. Who is expunged is no longer meant (RFC 5182 section 2.1). */
  saved: readonly Uid[] = []
  /** Called in front of each EXPUNGE, and when it has to wait, with all messages that are gone and still have their numbers; ascending. */
  onGone: ((uids: ArrayLike<number>) => void) | undefined
  readonly permission: Permission
  readonly #index: MailboxIndex
  #uids: Uint32Array
  #count: number
  /** The highest UID the client was told of, though its message may be gone. */
  #last: number
  /** Log entries below are told. */
  #flagsFrom: number
  #expungesFrom: number
  #expungesTold: number
  /** Position when flags were last told: what the log has dropped is found by comparing with it. */
  #modSeq: ModSeq
  /** Position when nothing was left to tell. */
  #complete: ModSeq
  /** The highest modseq of a message that was told since `takeAhead` was asked last. */
  #told = 0
  readonly #silent = new SilentActs()
  #recent: RecentRanges | undefined
  #recentTold = 0
  readonly keywords: KnownKeywords
  #onChange: (() => void) | undefined
  #claimed = false
  #closed = false

  /**
   * `recentFrom`: messages with this UID or a higher one are \Recent in this session, and so will arrivals be, unless another
   * session is first; `undefined`: the client knows no \Recent. `readOnly`: EXAMINE.
   */
  constructor(index: MailboxIndex, mailbox: Mailbox, recentFrom: number | undefined, readOnly: boolean) {
    this.mailbox = mailbox
    this.#index = index
    this.permission = new Permission(mailbox, readOnly)
    this.#uids = index.uids
    this.#count = index.count
    this.#last = this.#uids[this.#count - 1] ?? 0
    this.#flagsFrom = index.log.end
    this.#expungesFrom = index.log.end
    this.#expungesTold = index.log.expunges
    this.#modSeq = index.position
    this.#complete = index.position
    if (recentFrom !== undefined) {
      this.#recent = new RecentRanges(this.permission.claimsRecent)
      index.recentFrom = Math.max(index.recentFrom, recentFrom)
      this.#recent.take(index, recentFrom, this.#last)
    }
    this.keywords = new KnownKeywords(index, this.permission)
    index.listen(this)
  }

  /** No longer selected: stops listening. The index is released by who acquired it. */
  close(): void {
    this.#closed = true
    this.#index.unlisten(this)
  }

  get index(): MailboxIndex {
    return this.#index
  }

  /** The mailbox was deleted by somebody, or is not this client's to read any more. */
  get gone(): boolean {
    return this.#index.deleted || this.permission.lost
  }

  /** Messages, as the client counts them. */
  get exists(): number {
    return this.#count
  }

  /** UIDs by sequence number less one, `exists` of them. Not to be changed, nor kept over a `sync`. */
  get uids(): Uint32Array {
    return this.#uids.subarray(0, this.#count)
  }

  get recentCount(): number {
    return this.#recent?.countIn(this.#uids, this.#count) ?? 0
  }

  /** From here on the client knows no \Recent, and takes none. */
  forgetRecent(): void {
    this.#recent = undefined
  }

  get keywordNames(): readonly string[] {
    return this.#index.keywordNames
  }

  /** The sequence number of a message, 0 when this client does not know it. */
  numberOf(uid: number): number {
    return indexOf(this.#uids, this.#count, uid) + 1
  }

  /** Not expunged, whether the client knows or not. */
  isThere(uid: number): boolean {
    return this.#index.find(uid) !== -1
  }

  /** Its flags and modseq are known: it is there, or was not expunged too long ago. */
  remembers(uid: number): boolean {
    return this.isThere(uid) || this.#ghost(uid) !== undefined
  }

  /** The first message without \Seen, 0 when there is none. For SELECT. */
  get firstUnseen(): number {
    const index = this.#index
    if (this.#uids === index.uids) return index.firstUnseen < this.#count ? index.firstUnseen + 1 : 0
    for (let at = 0; at < this.#count; at++) if ((index.systemAt(index.find(this.#uids[at] ?? 0)) & SEEN) === 0) return at + 1
    return 0
  }

  /** The UIDs a client means, ascending, each once. As `places`. */
  resolve(set: SequenceSet, by: 'sequence' | 'uid'): Uid[] {
    const uids: Uid[] = []
    for (const [from, to] of this.places(set, by)) for (let at = from; at < to; at++) uids.push((this.#uids[at] ?? 0) as Uid)
    return uids
  }

  /** Where they stand in `uids`; see `placesOf`. */
  places(set: SequenceSet, by: 'sequence' | 'uid'): PlaceRange[] {
    if (set !== '$') return placesOf(this.#uids, this.#count, set, by)
    const there = this.saved.filter((uid) => this.isThere(uid))
    return placesAmong(this.#uids, this.#count, there)
  }

  /** System flags as bits. Of a message expunged elsewhere: those it had. */
  systemFlagsOf(uid: number): number {
    const at = this.#index.find(uid)
    if (at !== -1) return this.#index.systemAt(at)
    const ghost = this.#ghost(uid)
    return ghost === undefined ? DELETED : (ghost.ghosts.system[ghost.at] ?? DELETED)
  }

  /** The same by sequence number, which must exist. For searches over many messages. */
  systemFlagsAt(number: number): number {
    const index = this.#index
    return this.#uids === index.uids ? index.systemAt(number - 1) : this.systemFlagsOf(this.#uids[number - 1] ?? 0)
  }

  /** Of a message expunged elsewhere: the one it had. */
  modSeqOf(uid: number): ModSeq {
    const at = this.#index.find(uid)
    if (at !== -1) return this.#index.modSeqAt(at)
    const ghost = this.#ghost(uid)
    return ghost === undefined ? this.#complete : ((ghost.ghosts.modSeqs[ghost.at] ?? this.#complete) as ModSeq)
  }

  /** As `modSeqOf`, for a FETCH response. */
  tellModSeq(uid: number): ModSeq {
    const modSeq = this.modSeqOf(uid)
    this.#told = Math.max(this.#told, modSeq)
    return modSeq
  }

  /**
   * Whether the client was told the modseq of a message that is above one it was told nothing of. It would take the former
   * for its own HIGHESTMODSEQ (RFC 7162 section 6), and after a loss of connection never hear of the latter.
   */
  takeAhead(): boolean {
    if (this.#told > this.#complete && this.#nothingToTell()) this.#complete = this.#index.position
    const ahead = this.#told > this.#complete
    this.#told = 0
    return ahead
  }

  #nothingToTell(): boolean {
    return this.#changedFlags() === undefined && this.#pendingExpunges().length === 0 && !this.#hasArrivals
  }

  /** Everything up to here was told to the client, expunges too: never above what a client may keep as its last known modseq. */
  get highestModSeq(): ModSeq {
    return this.#complete
  }

  /** Names of the message's keywords. */
  keywordsOf(uid: number): string[] {
    const names = this.#index.keywordNames
    const at = this.#index.find(uid)
    if (at !== -1) return keywordNames(names, this.#index.keywords, at)
    const ghost = this.#ghost(uid)
    return ghost === undefined ? [] : keywordNames(names, ghost.ghosts.keywords, ghost.at)
  }

  /** Whether the keyword with bit `bit` is set. For searches over many messages. */
  hasKeyword(uid: number, bit: number): boolean {
    const at = this.#index.find(uid)
    const ghost = at === -1 ? this.#ghost(uid) : undefined
    const [words, place] = at === -1 ? [ghost?.ghosts.keywords, ghost?.at ?? 0] : [this.#index.keywords, at]
    return (((words?.[place * KEYWORD_WORDS + (bit >>> 5)] ?? 0) >>> (bit & 31)) & 1) === 1
  }

  isRecent(uid: number): boolean {
    return this.#recent?.has(uid) ?? false
  }

  /** The FLAGS of a message with their parentheses: `(\Seen \Recent)`. */
  flagsOf(uid: number): string {
    const at = this.#index.find(uid)
    const system = at === -1 ? this.systemFlagsOf(uid) : this.#index.systemAt(at)
    const plain = at !== -1 && this.#index.keywords === undefined
    return flagText(system, this.isRecent(uid), plain ? [] : this.keywordsOf(uid))
  }

  /** Flags of a message this client still sees, though it has left the mailbox. */
  #ghost(uid: number): Ghost | undefined {
    return this.#index.log.ghost(uid, this.#expungesFrom)
  }

  /**
   * The client knows what the act with this modseq did to the flags of `uids` (ascending): it asked for .SILENT, or has
   * been answered. Messages that others changed in the same breath are told as ever.
   */
  silence(modSeq: ModSeq, uids: readonly Uid[]): void {
    this.#silent.add(modSeq, uids)
  }

  /** Calls `run` when there may be something to tell. One at a time. */
  onChange(run: () => void): void {
    this.#onChange = run
  }

  /** Whether arrivals were told as \\Recent since the last question, so that the store has to learn of it. */
  takeClaim(): boolean {
    const claimed = this.#claimed && this.#recent?.claims === true
    this.#claimed = false
    return claimed
  }

  changed(): void {
    this.#onChange?.()
  }

  /**
   * Tells the client what has changed, as far as the finished command permits: new keywords, other sessions' flags, then expunges, then arrivals.
   * Flags and arrivals pass an expunge that has to wait (RFC 3501 section 7.4.1). `modSeqs`: the client is told the modseqs too; `vanished`: expunges
   * are told by VANISHED. What is not told stays to be told. Resolves to the messages that were announced.
   */
  async sync({ flags, expunges, arrivals }: Telling, respond: Responder, modSeqs = false, vanished = false): Promise<readonly Uid[]> {
    if (this.#closed || !(flags || expunges || arrivals)) return []
    const { position } = this.#index
    if (flags) await this.#tellFlags(respond, modSeqs)
    else this.#passFlags()
    this.onGone?.(this.#pendingExpunges())
    if (expunges) this.#tellExpunges(respond, vanished)
    const announced = arrivals ? this.#tellArrivals(respond, expunges) : []
    if ((flags || this.#flagsFrom === this.#index.log.end) && (arrivals || !this.#hasArrivals) && this.#pendingExpunges().length === 0) {
      this.#complete = position
    }
    return announced
  }

  /** Flags are not to be told: passes over what needs no telling, so that `highestModSeq` goes on as far as it may. */
  #passFlags(): void {
    const { log } = this.#index
    for (; this.#flagsFrom >= log.start && this.#flagsFrom < log.end; this.#flagsFrom++) {
      const entry = log.at(this.#flagsFrom)
      if (entry?.kind === 'flags' && this.#silent.othersIn(entry).length > 0) break
    }
    this.#silent.clear()
  }

  get #hasArrivals(): boolean {
    return (this.#index.uids[this.#index.count - 1] ?? 0) > this.#last
  }

  async #tellFlags(respond: Responder, modSeqs: boolean): Promise<void> {
    this.keywords.tellNew(respond)
    const changed = this.#changedFlags()
    this.#flagsFrom = this.#index.log.end
    this.#modSeq = this.#index.position
    this.#silent.clear()
    if (changed === undefined) return
    const pace = new Pace(respond)
    let lines = 0
    for (const uid of changed) {
      const number = this.numberOf(uid)
      if (number === 0 || this.#index.find(uid) === -1) continue
      respond.flags({ number, uid }, this.flagsOf(uid), true, modSeqs ? this.tellModSeq(uid) : undefined)
      if (++lines % LINES_A_STEP === 0) await pace.pause()
    }
  }

  /** UIDs whose flags the client may not know, ascending; `undefined`: none. */
  #changedFlags(): Iterable<number> | undefined {
    const { log } = this.#index
    if (this.#flagsFrom >= log.end) return undefined
    if (this.#flagsFrom < log.start) return this.#uids.subarray(0, this.#count).filter((uid) => this.#changedSince(uid))
    const uids = new Set<number>()
    for (const entry of log.flagsFrom(this.#flagsFrom)) for (const uid of this.#silent.othersIn(entry)) uids.add(uid)
    return uids.size === 0 ? undefined : [...uids].sort((a, b) => a - b)
  }

  #changedSince(uid: number): boolean {
    const at = this.#index.find(uid)
    return at !== -1 && this.#index.modSeqAt(at) > this.#modSeq
  }

  #tellExpunges(respond: Responder, vanished: boolean): void {
    const gone = this.#pendingExpunges()
    if (gone.length === 0) {
      this.#expungesDone()
      return
    }
    if (vanished) respond.vanished(gone)
    this.#uids = without(this.uids, gone, (place, times) => {
      if (!vanished) respond.expunge(place + 1, times)
    })
    this.#count = this.#uids.length
    this.#expungesDone()
  }

  #expungesDone(): void {
    this.#expungesFrom = this.#index.log.end
    this.#expungesTold = this.#index.log.expunges
  }

  /** Messages the client still counts though they are gone, ascending. */
  #pendingExpunges(): ArrayLike<number> {
    const { log } = this.#index
    if (this.#expungesTold === log.expunges) return []
    if (this.#expungesFrom < log.start) return this.#uids.subarray(0, this.#count).filter((uid) => this.#index.find(uid) === -1)
    return log.goneFrom(this.#expungesFrom).filter((uid) => this.numberOf(uid) > 0)
  }

  /** Messages are gone that the client still counts. */
  get holdsExpunges(): boolean {
    return this.#pendingExpunges().length > 0
  }

  #tellArrivals(respond: Responder, complete: boolean): Uid[] {
    const index = this.#index
    const from = lowerBound(index.uids, index.count, this.#last + 1)
    const announced = Array.from(index.uids.subarray(from, index.count)) as Uid[]
    const arrived = announced.length
    if (complete || this.#pendingExpunges().length === 0) {
      // Nothing is held back, so what the client sees is what there is.
      if (!complete) this.#expungesDone()
      this.#uids = index.uids
      this.#count = index.count
    } else if (arrived > 0) {
      const own = new Uint32Array(this.#count + arrived)
      own.set(this.uids)
      own.set(announced, this.#count)
      this.#uids = own
      this.#count += arrived
    }
    if (arrived > 0) {
      if (this.#recent?.take(index, this.#last + 1, index.uids[index.count - 1] ?? 0)) this.#claimed = true
      this.#last = index.uids[index.count - 1] ?? 0
      respond.exists(this.#count)
    }
    this.#tellRecent(respond)
    return announced
  }

  /** The RECENT response, for SELECT, if the client knows it. */
  describeRecent(respond: Responder): void {
    if (this.#recent === undefined) return
    this.#recentTold = this.recentCount
    respond.recent(this.#recentTold)
  }

  /** RECENT, when its number is not the one told last. */
  #tellRecent(respond: Responder): void {
    if (this.#recent === undefined) return
    const recent = this.recentCount
    if (recent === this.#recentTold) return
    this.#recentTold = recent
    respond.recent(recent)
  }
}
