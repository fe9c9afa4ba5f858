import { SEEN, settable, type AccountId, type FlagChange, type FlagResult, type Rights, type Uid } from '@mailstead/store'
import { toBatch, type NarrowRow } from '../batch.ts'
import type { Sql } from '../sql.ts'
import type { UidRange } from '../uid-ranges.ts'
import type { Act } from './act.ts'
import { noDelta, tally, type Counters, type MailboxRow } from './counters.ts'
import { apply, masksOf, type Masks } from './flag-masks.ts'
import type { Added, Keywords, Words } from './keywords.ts'
import { changeOf } from './messages.ts'
import type { ReaderSeen } from './reader-seen.ts'

/** uid, modseq as the reader sees it, flags, kw0 … kw3, size, whether the reader has seen it */
type Row = readonly [number, number, number, number, number, number, number, number, 0 | 1]

/** A row that changes: for all, or for the reader alone, or both. */
interface Changed {
  readonly row: Row
  readonly values: readonly [system: number, ...words: Words]
  readonly forAll: boolean
  readonly seen: boolean
}

/** STORE by somebody who is not the owner and whose \Seen is his own: the other flags are everybody's. */
export class FlagsOfReaders {
  readonly #counters: Counters
  readonly #keywords: Keywords
  readonly #seen: ReaderSeen
  readonly #rows
  readonly #update

  constructor(sql: Sql, counters: Counters, keywords: Keywords, seen: ReaderSeen) {
    this.#counters = counters
    this.#keywords = keywords
    this.#seen = seen
    this.#rows = sql.raw<Row>(
      `SELECT m.uid, max(m.modseq, ifnull(s.modseq, 0)), m.flags, m.kw0, m.kw1, m.kw2, m.kw3, m.size, ifnull(s.seen, 0)
       FROM message AS m LEFT JOIN reader_seen AS s ON s.mailbox_id = m.mailbox_id AND s.account_id = ? AND s.uid = m.uid
       WHERE m.mailbox_id = ? AND m.uid BETWEEN ? AND ? ORDER BY m.uid`,
    )
    this.#update = sql.run('UPDATE message SET flags = ?, kw0 = ?, kw1 = ?, kw2 = ?, kw3 = ?, modseq = ? WHERE mailbox_id = ? AND uid = ?')
  }

  change(act: Act, reader: number, mailbox: MailboxRow, ranges: readonly UidRange[], added: Added, change: FlagChange): FlagResult {
    const { mode, flags, unchangedSince } = change
    const rights = mailbox.rights as Rights
    const allowed = settable(rights)
    const masks = masksOf(mode, flags.system, added.words, rights, allowed & ~SEEN)
    const seenMask = masksOf(mode, flags.system, added.words, rights, allowed & SEEN)
    const rows = ranges.flatMap(({ first, last }) => this.#rows(reader, mailbox.id, first, last))
    const modified = rows.filter((row) => unchangedSince !== undefined && row[1] > unchangedSince).map((row) => row[0] as Uid)
    const left = new Set<number>(modified)
    const changed = rows.filter(([uid]) => !left.has(uid)).flatMap((row) => changedRow(row, masks, seenMask))
    if (changed.length === 0) {
      this.#keywords.takeBack(mailbox.id, added)
      return { modified, changed: false, modSeq: this.#counters.modSeq(mailbox.account) }
    }
    const { modSeq } = this.#counters.draw(mailbox.account)
    const delta = noDelta()
    const told = changed.map(({ row, values, forAll }): NarrowRow => {
      if (forAll) this.#update(...values, modSeq, mailbox.id, row[0])
      tally(delta, row[2], row[7], -1)
      tally(delta, values[0], row[7], 1)
      return [row[0], modSeq, ...values]
    })
    for (const seen of [true, false]) {
      const uids = changed.filter((each) => each.seen === seen && seen !== (each.row[8] === 1)).map(({ row }) => row[0])
      if (uids.length > 0) this.#seen.set(mailbox.id, reader, uids, seen, modSeq)
    }
    const counters = this.#counters.count(mailbox, delta, 0, modSeq)
    const own = told.map((row, index): NarrowRow => withSeen(row, changed[index]?.seen === true))
    act.changes.push({
      kind: 'flags',
      ...changeOf(mailbox, modSeq, added.grown),
      counters,
      batch: toBatch(told.filter((_, index) => changed[index]?.forAll === true)),
      readers: { account: reader as AccountId, batch: toBatch(own) },
    })
    return { modified, changed: true, modSeq }
  }
}

function changedRow(row: Row, masks: Masks, seenMask: Masks): Changed[] {
  const system = apply(row[2], masks, 0)
  const words = [1, 2, 3, 4].map((column) => apply(row[2 + column] as number, masks, column)) as Words
  const seen = (apply(row[8] === 1 ? SEEN : 0, seenMask, 0) & SEEN) !== 0
  const forAll = system !== row[2] || words.some((word, index) => word !== row[3 + index])
  return forAll || seen !== (row[8] === 1) ? [{ row, values: [system, ...words], forAll, seen }] : []
}

function withSeen([uid, modSeq, system, ...words]: NarrowRow, seen: boolean): NarrowRow {
  return [uid, modSeq, seen ? system | SEEN : system & ~SEEN, ...words]
}
