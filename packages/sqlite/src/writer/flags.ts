import type { FlagChange, FlagResult, Uid } from '@mailstead/store'
import { toBatch, type NarrowRow } from '../batch.ts'
import type { Sql } from '../sql.ts'
import { uidRanges } from '../uid-ranges.ts'
import type { Act } from './act.ts'
import { noDelta, tally, type Counters } from './counters.ts'
import type { Keywords, Words } from './keywords.ts'
import { changeOf } from './messages.ts'

const ALL = 0xffff_ffff
/** The expression for a column's new value, from a mask of what stays and one of what is set. */
const NEW_VALUES = ['flags', 'kw0', 'kw1', 'kw2', 'kw3'].map((column) => `((${column} & ?) | ?)`)
/** Masks in the order of the columns: keep, set, keep, set, … */
type Masks = [number, number, number, number, number, number, number, number, number, number]

/** uid, flags, kw0 … kw3, size */
type Row = readonly [number, number, number, number, number, number, number]

/**
 * STORE in two statements for each run of UIDs, whatever their number: which rows change, and the change. Both ask
 * the same question, so rows that already are as wanted keep their modseq.
 */
export class FlagTable {
  readonly #counters: Counters
  readonly #keywords: Keywords
  readonly #changing
  readonly #change
  readonly #modified

  constructor(sql: Sql, counters: Counters, keywords: Keywords) {
    this.#counters = counters
    this.#keywords = keywords
    const [flags, kw0, kw1, kw2, kw3] = NEW_VALUES
    const which = `mailbox_id = ? AND uid BETWEEN ? AND ? AND modseq <= ?
      AND (${flags} <> flags OR ${kw0} <> kw0 OR ${kw1} <> kw1 OR ${kw2} <> kw2 OR ${kw3} <> kw3)`
    this.#changing = sql.raw<Row>(`SELECT uid, flags, kw0, kw1, kw2, kw3, size FROM message WHERE ${which} ORDER BY uid`)
    this.#change = sql.run(
      `UPDATE message SET flags = ${flags}, kw0 = ${kw0}, kw1 = ${kw1}, kw2 = ${kw2}, kw3 = ${kw3}, modseq = ? WHERE ${which}`,
    )
    this.#modified = sql.raw<[number]>('SELECT uid FROM message WHERE mailbox_id = ? AND uid BETWEEN ? AND ? AND modseq > ? ORDER BY uid')
  }

  change(act: Act, actor: number, mailboxId: number, uids: Uint32Array, { mode, flags, unchangedSince }: FlagChange): FlagResult {
    const mailbox = this.#counters.mailbox(actor, mailboxId)
    const ranges = uidRanges(uids, mailbox.uidNext)
    const added = this.#keywords.words(mailbox.id, flags.keywords, mode === 'remove' ? 'ignore' : 'limit')
    const masks = masksOf(mode, flags.system, added.words)
    const since = unchangedSince ?? Number.MAX_SAFE_INTEGER
    const modified: Uid[] = []
    const rows: Row[] = []
    for (const { first, last } of ranges) {
      if (unchangedSince !== undefined) for (const [uid] of this.#modified(mailbox.id, first, last, since)) modified.push(uid as Uid)
      rows.push(...this.#changing(mailbox.id, first, last, since, ...masks))
    }
    if (rows.length === 0) {
      this.#keywords.takeBack(mailbox.id, added)
      return { modified, changed: false, modSeq: this.#counters.modSeq(mailbox.account) }
    }

    const { modSeq } = this.#counters.draw(mailbox.account)
    for (const { first, last } of ranges) this.#change(...masks, modSeq, mailbox.id, first, last, since, ...masks)
    const delta = noDelta()
    const changed = rows.map((row): NarrowRow => {
      const system = apply(row[1], masks, 0)
      tally(delta, row[1], row[6], -1)
      tally(delta, system, row[6], 1)
      return [row[0], modSeq, system, apply(row[2], masks, 1), apply(row[3], masks, 2), apply(row[4], masks, 3), apply(row[5], masks, 4)]
    })
    this.#counters.count(mailbox, delta, 0, modSeq)
    act.changes.push({ kind: 'flags', ...changeOf(mailbox, modSeq, added.grown), batch: toBatch(changed) })
    return { modified, changed: true, modSeq }
  }
}

function masksOf(mode: FlagChange['mode'], system: number, words: Words): Masks {
  const columns = [system, ...words]
  return columns.flatMap((bits) => {
    if (mode === 'add') return [ALL, bits]
    return mode === 'remove' ? [~bits >>> 0, 0] : [0, bits]
  }) as Masks
}

/** The new value of column number `column`, as NEW_VALUES computes it. */
function apply(value: number, masks: Masks, column: number): number {
  return ((value & (masks[column * 2] as number)) | (masks[column * 2 + 1] as number)) >>> 0
}
