import {
  DELETED,
  KEYWORD_WORDS,
  maySetKeywords,
  SEEN,
  settable,
  StoreError,
  withinRights,
  type AppendedUids,
  type CopiedUids,
  type Flags,
  type AccountId,
  type MailboxCounters,
  type MailboxId,
  type MessageBatch,
  type ModSeq,
  type Uid,
} from '@mailstead/store'
import { toBatch, type NarrowRow } from '../batch.ts'
import type { Sql } from '../sql.ts'
import type { UidRange } from '../uid-ranges.ts'
import { uidRanges } from '../uid-ranges.ts'
import type { WireBlob } from '../wire-blob.ts'
import type { Access } from './access.ts'
import type { Act } from './act.ts'
import type { BlobTable } from './blobs.ts'
import { hasOwnSeen, noDelta, tally, tallyAll, type Counters, type MailboxRow } from './counters.ts'
import type { EmailTable } from './emails.ts'
import type { Keywords, Words } from './keywords.ts'
import type { ReaderSeen } from './reader-seen.ts'
import { octetsReader, rowsReader, type Octets, type SourceRows } from './source-rows.ts'

/** A message to insert; its email exists already. */
export interface Insertion {
  readonly email: number
  readonly size: number
  readonly flags: Flags
  readonly internalAt: number
  readonly internalZone: number
}

export interface WireMessage {
  readonly blob: WireBlob
  readonly flags: Flags
  readonly internalAt: number
  readonly internalZone: number
  readonly sent?: boolean
}

/** Of a run of UIDs, those with all bits of a mask of flags. */
const WHICH = 'mailbox_id = ? AND uid BETWEEN ? AND ? AND flags & ? = ?'

/** A run of UIDs without a gap becomes another; keywords follow, since their bits differ by mailbox. */
function copyFrom(table: 'message' | 'tombstone'): string {
  return `INSERT INTO message (mailbox_id, uid, modseq, flags, kw0, kw1, kw2, kw3, size, internal_at, internal_zone, saved_at, email_id, uidl)
    SELECT ?, uid + ?, ?, flags, 0, 0, 0, 0, size, internal_at, internal_zone, ?, email_id, ifnull(uid + ?, uidl)
    FROM ${table} WHERE mailbox_id = ? AND uid BETWEEN ? AND ? ORDER BY uid`
}

/** Messages of one mailbox that an act is about. */
interface Selection {
  readonly mailbox: MailboxRow
  readonly ranges: readonly UidRange[]
  /** Bits that their flags have. */
  readonly required: number
  readonly rows: SourceRows
  readonly octets: Octets
}

/** What `copy` and `move` answer: new UIDs are consecutive. */
export interface WireCopied extends Pick<CopiedUids, 'mailbox' | 'uidValidity'> {
  readonly from: Uint32Array
  readonly firstTo: number
}

/** Messages coming into mailboxes: append, copy, move. */
export class MessageTable {
  readonly #access: Access
  readonly #counters: Counters
  readonly #keywords: Keywords
  readonly #emails: EmailTable
  readonly #blobs: BlobTable
  readonly #seen: ReaderSeen
  readonly #insert
  readonly #rows
  readonly #octets
  readonly #emailIds
  readonly #copy
  readonly #setFlags
  readonly #bury
  readonly #delete

  constructor(sql: Sql, access: Access, counters: Counters, keywords: Keywords, blobs: BlobTable, emails: EmailTable, seen: ReaderSeen) {
    this.#access = access
    this.#seen = seen
    this.#counters = counters
    this.#keywords = keywords
    this.#blobs = blobs
    this.#emails = emails
    this.#insert = sql.run(
      'INSERT INTO message (mailbox_id, uid, modseq, flags, kw0, kw1, kw2, kw3, size, internal_at, internal_zone, saved_at, email_id, uidl) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#rows = rowsReader(sql, WHICH)
    this.#octets = octetsReader(sql, WHICH)
    this.#emailIds = sql.pluck<number>('SELECT email_id FROM message WHERE mailbox_id = ? AND uid BETWEEN ? AND ? ORDER BY uid')
    this.#copy = { message: sql.run(copyFrom('message')), tombstone: sql.run(copyFrom('tombstone')) }
    this.#setFlags = sql.run('UPDATE message SET flags = ?, kw0 = ?, kw1 = ?, kw2 = ?, kw3 = ? WHERE mailbox_id = ? AND uid = ?')
    this.#bury = sql.run(
      `INSERT INTO tombstone (mailbox_id, uid, modseq, expunged_at, flags, kw0, kw1, kw2, kw3, size, internal_at, internal_zone, saved_at, email_id, uidl)
       SELECT mailbox_id, uid, ?, ?, flags, kw0, kw1, kw2, kw3, size, internal_at, internal_zone, saved_at, email_id, uidl
       FROM message WHERE ${WHICH}`,
    )
    this.#delete = sql.run(`DELETE FROM message WHERE ${WHICH}`)
  }

  /** All of `messages` or none. */
  append(act: Act, actor: number, mailboxId: number, messages: readonly WireMessage[]): AppendedUids {
    const mailbox = this.#access.mailbox(actor, mailboxId, 'insert')
    const octets = messages.reduce((sum, message) => sum + message.blob.size, 0)
    this.#counters.requireRoom(mailbox.account, octets, messages.length)
    return this.#append(act, actor, mailbox, messages)
  }

  /** The old message makes room for the new one. Two modseqs, as in a move within one mailbox, which it may be. */
  replace(act: Act, actor: number, sourceId: number, uid: number, targetId: number, message: WireMessage): AppendedUids {
    const source = this.#access.mailbox(actor, sourceId, 'take')
    const target = this.#access.mailbox(actor, targetId, 'insert')
    const old = this.#select(source, Uint32Array.of(uid))
    if (old === undefined) throw new StoreError('message-not-found', 'The message is gone')
    const within = source.account === target.account
    this.#counters.requireRoom(target.account, message.blob.size - (within ? old.octets.size : 0), within ? 0 : 1)
    const appended = this.#append(act, actor, target, [message])
    this.expunge(act, this.#access.mailbox(actor, sourceId, 'take'), Uint32Array.of(uid), 0)
    return appended
  }

  #append(act: Act, actor: number, mailbox: MailboxRow, messages: readonly WireMessage[]): AppendedUids {
    const insertions = messages.map(({ blob, flags, internalAt, internalZone }) => {
      const email = this.#emails.insert(mailbox.account, this.#blobs.keep(blob, 1, act.now), blob, new Uint8Array())
      const kept = mailbox.rights === undefined ? flags : withinRights(flags, mailbox.rights)
      return { email, size: blob.size, flags: kept, internalAt, internalZone }
    })
    const uids = this.insert(act, mailbox, insertions, 'limit', actor)
    return { mailbox: mailbox.id as MailboxId, uidValidity: mailbox.uidValidity, uids }
  }

  /** Rows, counters and the change for messages whose emails are there. Returns their UIDs. `actor`: who has rights of his own here. */
  insert(act: Act, mailbox: MailboxRow, insertions: readonly Insertion[], full: 'limit' | 'drop', actor = mailbox.account): Uid[] {
    const octets = insertions.reduce((sum, { size }) => sum + size, 0)
    const { modSeq, uidl } = this.#counters.draw(mailbox.account, octets, insertions.length, insertions.length)
    const delta = noDelta()
    const rows: NarrowRow[] = []
    const ownSeen = hasOwnSeen(mailbox) ? insertions.map(({ flags }) => (flags.system & SEEN) !== 0) : undefined
    let names: string[] | undefined
    for (const [index, { email, size, flags, internalAt, internalZone }] of insertions.entries()) {
      const { words, grown } = this.#keywords.words(mailbox.id, flags.keywords, full)
      const uid = mailbox.uidNext + index
      const system = ownSeen === undefined ? flags.system : flags.system & ~SEEN
      names = grown ?? names
      this.#insert(mailbox.id, uid, modSeq, system, ...words, size, internalAt, internalZone, act.now, email, uidl + index)
      tally(delta, system, size, 1)
      rows.push([uid, modSeq, system, ...words])
    }
    const counters = this.#counters.count(mailbox, delta, rows.length, modSeq)
    this.#tellAdded(act, mailbox, toBatch(rows), counters, names, actor, ownSeen)
    return rows.map(([uid]) => uid as Uid)
  }

  /** `ownSeen`: which of the new messages `actor` has seen, where that is his own. */
  #tellAdded(
    act: Act,
    mailbox: MailboxRow,
    batch: MessageBatch,
    counters: MailboxCounters,
    names: string[] | undefined,
    actor: number,
    ownSeen: readonly boolean[] | undefined,
  ): void {
    const modSeq = counters.highestModSeq
    const change = { kind: 'added', ...changeOf(mailbox, modSeq, names), counters, batch } as const
    if (ownSeen === undefined || !ownSeen.includes(true)) {
      act.changes.push(change)
      return
    }
    const seen = Array.from(batch.uids).filter((_, index) => ownSeen[index])
    this.#seen.set(mailbox.id, actor, seen, true, modSeq)
    const own = { ...batch, system: batch.system.map((system, index) => (ownSeen[index] === true ? system | SEEN : system)) }
    act.changes.push({ ...change, readers: { account: actor as AccountId, batch: own } })
  }

  /** Fresh UIDs and UIDLs, a new save date; EMAILID and THREADID are kept (RFC 8474 sections 5.1 and 5.2). */
  copy(act: Act, actor: number, sourceId: number, uids: Uint32Array, targetId: number): WireCopied {
    const source = this.#access.mailbox(actor, sourceId, 'read')
    const target = this.#access.mailbox(actor, targetId, 'insert')
    const selected = this.#select(source, uids)
    if (selected !== undefined) this.#copyRows(act, actor, selected, target)
    return copied(target, selected)
  }

  /** The target's account pays, and gives modseq and UIDLs. */
  #copyRows(act: Act, actor: number, selected: Selection, target: MailboxRow): void {
    const { rows, octets } = selected
    const count = rows.uids.length
    this.#counters.requireRoom(target.account, octets.size, count)
    const { modSeq, uidl } = this.#counters.draw(target.account, octets.size, count, count)
    this.#duplicate(act, actor, selected, 'message', target, modSeq, uidl)
  }

  /**
   * As `copy`, and the old rows become tombstones. UIDLs move along. Both mailboxes get the same modseq, so nobody
   * sees a message in both or in none.
   */
  move(act: Act, actor: number, sourceId: number, uids: Uint32Array, targetId: number): WireCopied {
    const source = this.#access.mailbox(actor, sourceId, 'take')
    const target = this.#access.mailbox(actor, targetId, 'insert')
    if (sourceId === targetId) return this.#moveWithin(act, actor, source, uids)
    return source.account === target.account
      ? this.moveAll(act, actor, source, uids, target)
      : this.#moveAcross(act, actor, source, uids, target)
  }

  /** Fresh UIDs in the same mailbox. Two modseqs, so that a listener who misses one of the two changes has a gap. */
  #moveWithin(act: Act, actor: number, mailbox: MailboxRow, uids: Uint32Array): WireCopied {
    const selected = this.#select(mailbox, uids)
    if (selected !== undefined) {
      this.#duplicate(act, actor, selected, 'message', mailbox, this.#counters.draw(mailbox.account).modSeq, undefined)
      const again = { ...selected, mailbox: this.#access.mailbox(actor, mailbox.id, 'take') }
      this.#remove(act, again, this.#counters.draw(mailbox.account).modSeq)
    }
    return copied(mailbox, selected)
  }

  /** Within one account. New rows are made of the tombstones: out of its own table SQLite would first copy all of them elsewhere. */
  moveAll(act: Act, actor: number, source: MailboxRow, uids: Uint32Array | 'all', target: MailboxRow): WireCopied {
    const selected = this.#select(source, uids)
    if (selected !== undefined) {
      const { modSeq } = this.#counters.draw(source.account)
      this.#buryRows(act, selected, modSeq)
      this.#duplicate(act, actor, selected, 'tombstone', target, modSeq, undefined)
      this.#removeBuried(act, selected, modSeq)
    }
    return copied(target, selected)
  }

  /** From one account's counters and quota to another's; a UIDL is one of its account. */
  #moveAcross(act: Act, actor: number, source: MailboxRow, uids: Uint32Array, target: MailboxRow): WireCopied {
    const selected = this.#select(source, uids)
    if (selected !== undefined) {
      this.#copyRows(act, actor, selected, target)
      this.#remove(act, selected, this.#counters.draw(source.account, -selected.octets.size, -selected.rows.uids.length).modSeq)
    }
    return copied(target, selected)
  }

  /** Removes those of `uids` that carry all bits of `required`. Returns their UIDs. */
  expunge(act: Act, mailbox: MailboxRow, uids: Uint32Array | 'all', required: number): Uint32Array {
    const selected = this.#select(mailbox, uids, required)
    if (selected === undefined) return new Uint32Array()
    const gone = selected.rows.uids
    this.#remove(act, selected, this.#counters.draw(mailbox.account, -selected.octets.size, -gone.length).modSeq)
    return gone
  }

  /** `undefined`: there are none. */
  #select(mailbox: MailboxRow, uids: Uint32Array | 'all', required = 0): Selection | undefined {
    const ranges = uidRanges(uids, mailbox.uidNext)
    const runs = ranges.map(({ first, last }) => [mailbox.id, first, last, required, required])
    const rows = this.#rows(runs)
    return rows.uids.length === 0 ? undefined : { mailbox, ranges, required, rows, octets: this.#octets(runs) }
  }

  /** `from`: where the rows are read, which are in `message` in any case. `uidl`: the first fresh one, or undefined when the rows keep theirs. */
  #duplicate(
    act: Act,
    actor: number,
    selected: Selection,
    from: 'message' | 'tombstone',
    target: MailboxRow,
    modSeq: ModSeq,
    uidl: number | undefined,
  ): void {
    const { mailbox: source, ranges, rows } = selected
    this.#emails.share(ranges.flatMap(({ first, last }) => this.#emailIds(source.id, first, last)))
    let done = 0
    for (const { first, last } of uidRanges(rows.uids, source.uidNext)) {
      const fresh = uidl === undefined ? null : uidl + done - first
      this.#copy[from](target.id, target.uidNext + done - first, modSeq, act.now, fresh, source.id, first, last)
      done += last - first + 1
    }
    const { system, keywords, ownSeen, names } = this.#flagsIn(target, actor, selected)
    const uids = rows.uids.map((_, index) => target.uidNext + index)
    if (system !== rows.system || rows.keywords !== undefined) {
      for (const [at, uid] of uids.entries()) {
        if (system[at] === rows.system[at] && wordsAt(rows.keywords, at) === NO_WORDS) continue
        this.#setFlags(system[at] as number, ...wordsAt(keywords, at), target.id, uid)
      }
    }
    const delta = noDelta()
    const isDeleted = target.rights === undefined || (settable(target.rights) & DELETED) !== 0
    tallyAll(delta, system, isDeleted ? selected.octets : { ...selected.octets, deletedSize: 0 }, 1)
    const counters = this.#counters.count(target, delta, uids.length, modSeq)
    const batch = { uids, modSeqs: new Float64Array(uids.length).fill(modSeq), system, keywords }
    this.#tellAdded(act, target, batch, counters, names, actor, ownSeen)
  }

  /** What the flags of messages are once they stand in `target`: what the actor sees of the old message, and may set in the new one. */
  #flagsIn(target: MailboxRow, actor: number, { mailbox: source, ranges, rows }: Selection) {
    const translator = this.#keywords.translator(source.id, target.id)
    const seen = hasOwnSeen(source) ? this.#seen.of(source.id, actor, ranges) : undefined
    const allowed = target.rights === undefined ? 0xff : settable(target.rights)
    let { system, keywords } = rows
    if (seen !== undefined) system = system.map((bits, at) => (bits & ~SEEN) | (seen.has(rows.uids[at] as number) ? SEEN : 0))
    if (allowed !== 0xff) system = system.map((bits) => bits & allowed)
    let ownSeen: boolean[] | undefined
    if (hasOwnSeen(target)) {
      ownSeen = Array.from(system, (bits) => (bits & SEEN) !== 0)
      system = system.map((bits) => bits & ~SEEN)
    }
    if (keywords !== undefined) {
      const translated = new Uint32Array(keywords.length)
      if (target.rights === undefined || maySetKeywords(target.rights)) {
        for (let at = 0; at < system.length; at++) {
          const words = wordsAt(keywords, at)
          if (words !== NO_WORDS) translated.set(translator.translate(words), at * KEYWORD_WORDS)
        }
      }
      keywords = translated.some((word) => word !== 0) ? translated : undefined
    }
    return { system, keywords, ownSeen, names: translator.grown() }
  }

  #remove(act: Act, selected: Selection, modSeq: ModSeq): void {
    this.#buryRows(act, selected, modSeq)
    this.#removeBuried(act, selected, modSeq)
  }

  #buryRows(act: Act, { mailbox, ranges, required }: Selection, modSeq: ModSeq): void {
    for (const { first, last } of ranges) this.#bury(modSeq, act.now, mailbox.id, first, last, required, required)
  }

  #removeBuried(act: Act, { mailbox, ranges, required, rows: { uids, system }, octets }: Selection, modSeq: ModSeq): void {
    for (const { first, last } of ranges) this.#delete(mailbox.id, first, last, required, required)
    const delta = noDelta()
    tallyAll(delta, system, octets, -1)
    const counters = this.#counters.count(mailbox, delta, 0, modSeq)
    if (mailbox.seenMode === 'reader') this.#seen.forget(mailbox.id, uids)
    act.changes.push({ kind: 'expunged', ...changeOf(mailbox, modSeq, undefined), counters, uids })
  }
}

/** What every change of a mailbox says. */
export function changeOf(mailbox: MailboxRow, modSeq: ModSeq, names: string[] | undefined) {
  return {
    account: mailbox.account as AccountId,
    mailbox: mailbox.id as MailboxId,
    previous: mailbox.highestModSeq as ModSeq,
    modSeq,
    ...(names === undefined ? {} : { keywordNames: names }),
    ...(mailbox.seenMode === 'reader' ? { readers: {} } : {}),
  }
}

const NO_WORDS: Words = [0, 0, 0, 0]

/** The words of the message at `at`; NO_WORDS where it has no keyword. */
function wordsAt(keywords: Uint32Array | undefined, at: number): Words {
  if (keywords === undefined) return NO_WORDS
  const words = [...keywords.subarray(at * KEYWORD_WORDS, (at + 1) * KEYWORD_WORDS)] as Words
  return words.some((word) => word !== 0) ? words : NO_WORDS
}

function copied(target: MailboxRow, selected: Selection | undefined): WireCopied {
  const from = selected?.rows.uids ?? new Uint32Array()
  return { mailbox: target.id as MailboxId, uidValidity: target.uidValidity, from, firstTo: target.uidNext }
}
