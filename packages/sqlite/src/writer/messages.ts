import {
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
import { hasOwnSeen, noDelta, tally, type Counters, type MailboxRow } from './counters.ts'
import type { EmailTable } from './emails.ts'
import type { Keywords, Words } from './keywords.ts'
import type { ReaderSeen } from './reader-seen.ts'
import { PACKED, runsOf, unpack, type Packed, type SourceRow } from './source-rows.ts'

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
    this.#rows = sql.raw<Packed>(`SELECT ${PACKED} FROM message WHERE mailbox_id = ? AND uid BETWEEN ? AND ? ORDER BY uid`)
    // A run of UIDs without a gap becomes another; keywords follow, since their bits differ by mailbox.
    this.#copy = sql.run(
      `INSERT INTO message (mailbox_id, uid, modseq, flags, kw0, kw1, kw2, kw3, size, internal_at, internal_zone, saved_at, email_id, uidl)
       SELECT ?, uid + ?, ?, flags, 0, 0, 0, 0, size, internal_at, internal_zone, ?, email_id, ifnull(uid + ?, uidl)
       FROM message WHERE mailbox_id = ? AND uid BETWEEN ? AND ? ORDER BY uid`,
    )
    this.#setFlags = sql.run('UPDATE message SET flags = ?, kw0 = ?, kw1 = ?, kw2 = ?, kw3 = ? WHERE mailbox_id = ? AND uid = ?')
    this.#bury = sql.run(
      `INSERT INTO tombstone (mailbox_id, uid, modseq, expunged_at, flags, kw0, kw1, kw2, kw3, size, internal_at, internal_zone, saved_at, email_id, uidl)
       SELECT mailbox_id, uid, ?, ?, flags, kw0, kw1, kw2, kw3, size, internal_at, internal_zone, saved_at, email_id, uidl
       FROM message WHERE mailbox_id = ? AND uid BETWEEN ? AND ? AND flags & ? = ?`,
    )
    this.#delete = sql.run('DELETE FROM message WHERE mailbox_id = ? AND uid BETWEEN ? AND ? AND flags & ? = ?')
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
    const [row] = this.#select(source, [{ first: uid, last: uid }])
    if (row === undefined) throw new StoreError('message-not-found', 'The message is gone')
    const within = source.account === target.account
    this.#counters.requireRoom(target.account, message.blob.size - (within ? row[6] : 0), within ? 0 : 1)
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
    this.#tellAdded(act, mailbox, rows, counters, names, actor, ownSeen)
    return rows.map(([uid]) => uid as Uid)
  }

  /** `ownSeen`: which of the new messages `actor` has seen, where that is his own. */
  #tellAdded(
    act: Act,
    mailbox: MailboxRow,
    rows: readonly NarrowRow[],
    counters: MailboxCounters,
    names: string[] | undefined,
    actor: number,
    ownSeen: readonly boolean[] | undefined,
  ): void {
    const modSeq = counters.highestModSeq
    const change = { kind: 'added', ...changeOf(mailbox, modSeq, names), counters, batch: toBatch(rows) } as const
    const seen = rows.filter((_, index) => ownSeen?.[index])
    if (seen.length === 0) {
      act.changes.push(change)
      return
    }
    this.#seen.set(
      mailbox.id,
      actor,
      seen.map(([uid]) => uid),
      true,
      modSeq,
    )
    const own = rows.map((row, index): NarrowRow => (ownSeen?.[index] === true ? [row[0], row[1], row[2] | SEEN, ...wordsOf(row)] : row))
    act.changes.push({ ...change, readers: { account: actor as AccountId, batch: toBatch(own) } })
  }

  /** Fresh UIDs and UIDLs, a new save date; EMAILID and THREADID are kept (RFC 8474 sections 5.1 and 5.2). */
  copy(act: Act, actor: number, sourceId: number, uids: Uint32Array, targetId: number): CopiedUids {
    const source = this.#access.mailbox(actor, sourceId, 'read')
    const target = this.#access.mailbox(actor, targetId, 'insert')
    return copied(target, this.#copyRows(act, actor, source, uidRanges(uids, source.uidNext), target))
  }

  /** The target's account pays, and gives modseq and UIDLs. */
  #copyRows(act: Act, actor: number, source: MailboxRow, ranges: readonly UidRange[], target: MailboxRow): SourceRow[] {
    const rows = this.#select(source, ranges)
    if (rows.length === 0) return rows
    const octets = rows.reduce((sum, row) => sum + row[6], 0)
    this.#counters.requireRoom(target.account, octets, rows.length)
    const { modSeq, uidl } = this.#counters.draw(target.account, octets, rows.length, rows.length)
    this.#duplicate(act, actor, source, target, ranges, rows, modSeq, uidl)
    return rows
  }

  /**
   * As `copy`, and the old rows become tombstones. UIDLs move along. Both mailboxes get the same modseq, so nobody
   * sees a message in both or in none.
   */
  move(act: Act, actor: number, sourceId: number, uids: Uint32Array, targetId: number): CopiedUids {
    const source = this.#access.mailbox(actor, sourceId, 'take')
    const target = this.#access.mailbox(actor, targetId, 'insert')
    if (sourceId === targetId) return this.#moveWithin(act, actor, source, uids)
    return source.account === target.account
      ? this.moveAll(act, actor, source, uids, target)
      : this.#moveAcross(act, actor, source, uids, target)
  }

  /** Fresh UIDs in the same mailbox. Two modseqs, so that a listener who misses one of the two changes has a gap. */
  #moveWithin(act: Act, actor: number, mailbox: MailboxRow, uids: Uint32Array): CopiedUids {
    const ranges = uidRanges(uids, mailbox.uidNext)
    const rows = this.#select(mailbox, ranges)
    if (rows.length === 0) return copied(mailbox, [])
    this.#duplicate(act, actor, mailbox, mailbox, ranges, rows, this.#counters.draw(mailbox.account).modSeq, undefined)
    const again = this.#access.mailbox(actor, mailbox.id, 'take')
    this.#remove(act, again, ranges, rows, this.#counters.draw(mailbox.account).modSeq, 0)
    return copied(mailbox, rows)
  }

  /** Within one account. */
  moveAll(act: Act, actor: number, source: MailboxRow, uids: Uint32Array | 'all', target: MailboxRow): CopiedUids {
    const ranges = uidRanges(uids, source.uidNext)
    const rows = this.#select(source, ranges)
    if (rows.length === 0) return copied(target, [])
    const { modSeq } = this.#counters.draw(source.account)
    this.#duplicate(act, actor, source, target, ranges, rows, modSeq, undefined)
    this.#remove(act, source, ranges, rows, modSeq, 0)
    return copied(target, rows)
  }

  /** From one account's counters and quota to another's; a UIDL is one of its account. */
  #moveAcross(act: Act, actor: number, source: MailboxRow, uids: Uint32Array, target: MailboxRow): CopiedUids {
    const ranges = uidRanges(uids, source.uidNext)
    const rows = this.#copyRows(act, actor, source, ranges, target)
    if (rows.length === 0) return copied(target, rows)
    const octets = rows.reduce((sum, row) => sum + row[6], 0)
    this.#remove(act, source, ranges, rows, this.#counters.draw(source.account, -octets, -rows.length).modSeq, 0)
    return copied(target, rows)
  }

  /** Removes those of `uids` that carry all bits of `required`. Returns their UIDs. */
  expunge(act: Act, mailbox: MailboxRow, uids: Uint32Array | 'all', required: number): Uid[] {
    const ranges = uidRanges(uids, mailbox.uidNext)
    const rows = this.#select(mailbox, ranges).filter((row) => (row[1] & required) === required)
    if (rows.length === 0) return []
    const { modSeq } = this.#counters.draw(mailbox.account, -rows.reduce((sum, row) => sum + row[6], 0), -rows.length)
    return this.#remove(act, mailbox, ranges, rows, modSeq, required)
  }

  #select(mailbox: MailboxRow, ranges: readonly UidRange[]): SourceRow[] {
    return ranges.flatMap(({ first, last }) => this.#rows(mailbox.id, first, last).map(unpack))
  }

  /** `uidl`: the first fresh one, or undefined when the rows keep theirs. */
  #duplicate(
    act: Act,
    actor: number,
    source: MailboxRow,
    target: MailboxRow,
    ranges: readonly UidRange[],
    rows: readonly SourceRow[],
    modSeq: ModSeq,
    uidl: number | undefined,
  ): void {
    this.#emails.share(rows.map((row) => row[7]))
    let done = 0
    for (const { first, last } of runsOf(rows.map((row) => row[0]))) {
      const fresh = uidl === undefined ? null : uidl + done - first
      this.#copy(target.id, target.uidNext + done - first, modSeq, act.now, fresh, source.id, first, last)
      done += last - first + 1
    }
    const translator = this.#keywords.translator(source.id, target.id)
    const seen = hasOwnSeen(source) ? this.#seen.of(source.id, actor, ranges) : undefined
    const allowed = target.rights === undefined ? 0xff : settable(target.rights)
    const keywords = target.rights === undefined || maySetKeywords(target.rights)
    const ownSeen: boolean[] | undefined = hasOwnSeen(target) ? [] : undefined
    const delta = noDelta()
    const added = rows.map((row, index): NarrowRow => {
      const uid = target.uidNext + index
      const hasWords = (row[2] | row[3] | row[4] | row[5]) !== 0
      const words: Words = hasWords && keywords ? translator.translate([row[2], row[3], row[4], row[5]]) : [0, 0, 0, 0]
      // What the actor sees of the old message, and may set in the new one.
      let system = (seen === undefined ? row[1] : (row[1] & ~SEEN) | (seen.has(row[0]) ? SEEN : 0)) & allowed
      ownSeen?.push((system & SEEN) !== 0)
      if (ownSeen !== undefined) system &= ~SEEN
      if (hasWords || system !== row[1]) this.#setFlags(system, ...words, target.id, uid)
      tally(delta, system, row[6], 1)
      return [uid, modSeq, system, words[0], words[1], words[2], words[3]]
    })
    const counters = this.#counters.count(target, delta, rows.length, modSeq)
    this.#tellAdded(act, target, added, counters, translator.grown(), actor, ownSeen)
  }

  #remove(act: Act, mailbox: MailboxRow, ranges: readonly UidRange[], rows: readonly SourceRow[], modSeq: ModSeq, required: number): Uid[] {
    for (const { first, last } of ranges) {
      this.#bury(modSeq, act.now, mailbox.id, first, last, required, required)
      this.#delete(mailbox.id, first, last, required, required)
    }
    const delta = noDelta()
    for (const row of rows) tally(delta, row[1], row[6], -1)
    const counters = this.#counters.count(mailbox, delta, 0, modSeq)
    const uids = rows.map((row) => row[0] as Uid)
    if (mailbox.seenMode === 'reader') this.#seen.forget(mailbox.id, uids)
    act.changes.push({ kind: 'expunged', ...changeOf(mailbox, modSeq, undefined), counters, uids: Uint32Array.from(uids) })
    return uids
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

function wordsOf(row: NarrowRow): Words {
  return [row[3], row[4], row[5], row[6]]
}

function copied(target: MailboxRow, rows: readonly SourceRow[]): CopiedUids {
  return {
    mailbox: target.id as MailboxId,
    uidValidity: target.uidValidity,
    from: rows.map((row) => row[0] as Uid),
    to: rows.map((_, index) => (target.uidNext + index) as Uid),
  }
}
