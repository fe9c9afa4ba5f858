import { ALL_RIGHTS, DELETED, maySetKeywords, settable, type FlagChange, type FlagResult, type Rights, type Uid } from '@mailstead/store'
import type { Sql } from '../sql.ts'
import { uidRanges } from '../uid-ranges.ts'
import { notPermitted } from '../rights.ts'
import type { Access } from './access.ts'
import type { Act } from './act.ts'
import { hasOwnSeen, noDelta, tallyFlags, type Counters } from './counters.ts'
import { changedFlags, changedWords, changesDeleted, changesWords, masksOf } from './flag-masks.ts'
import type { FlagsOfReaders } from './flags-of-readers.ts'
import type { Keywords } from './keywords.ts'
import { changeOf } from './messages.ts'
import { rowsReader } from './source-rows.ts'

/** Which rows of a run of UIDs change, and their change, in `columns` alone: of thousands of rows each column more is felt. */
function statements(sql: Sql, columns: readonly string[]) {
  // The new value, from a mask of what stays and one of what is set.
  const value = (column: string): string => `((${column} & ?) | ?)`
  const which = `mailbox_id = ? AND uid BETWEEN ? AND ? AND modseq <= ? AND (${columns.map((each) => `${value(each)} <> ${each}`).join(' OR ')})`
  return {
    changing: rowsReader(sql, which),
    // What is counted of \Deleted: of each row 1, 0 or -1 times its size.
    deleted: sql.get<{ size: number }>(
      `SELECT ifnull(sum(size * ((${value('flags')} & ${DELETED}) - (flags & ${DELETED}))), 0) / ${DELETED} AS size FROM message WHERE ${which}`,
    ),
    change: sql.run(`UPDATE message SET ${columns.map((each) => `${each} = ${value(each)}`).join(', ')}, modseq = ? WHERE ${which}`),
  }
}

/**
 * STORE in two statements for each run of UIDs, whatever their number: which rows change, and the change. Both ask
 * the same question, so rows that already are as wanted keep their modseq.
 */
export class FlagTable {
  readonly #access: Access
  readonly #counters: Counters
  readonly #keywords: Keywords
  readonly #readers: FlagsOfReaders
  readonly #onlyFlags
  readonly #all
  readonly #modified

  constructor(sql: Sql, access: Access, counters: Counters, keywords: Keywords, readers: FlagsOfReaders) {
    this.#access = access
    this.#readers = readers
    this.#counters = counters
    this.#keywords = keywords
    this.#onlyFlags = statements(sql, ['flags'])
    this.#all = statements(sql, ['flags', 'kw0', 'kw1', 'kw2', 'kw3'])
    this.#modified = sql.raw<[number]>('SELECT uid FROM message WHERE mailbox_id = ? AND uid BETWEEN ? AND ? AND modseq > ? ORDER BY uid')
  }

  change(act: Act, actor: number, mailboxId: number, uids: Uint32Array, change: FlagChange): FlagResult {
    const { mode, flags, unchangedSince } = change
    const mailbox = this.#access.mailbox(actor, mailboxId, 'flag')
    const { rights = ALL_RIGHTS } = mailbox
    requireSome(change, rights)
    const ranges = uidRanges(uids, mailbox.uidNext)
    const added = this.#keywords.words(mailbox.id, maySetKeywords(rights) ? flags.keywords : [], mode === 'remove' ? 'ignore' : 'limit')
    if (hasOwnSeen(mailbox)) return this.#readers.change(act, actor, mailbox, ranges, added, change)
    const masks = masksOf(mode, flags.system, added.words, rights)
    const since = unchangedSince ?? Number.MAX_SAFE_INTEGER
    const modified: Uid[] = []
    const inWords = changesWords(masks)
    const { changing, deleted, change: update } = inWords ? this.#all : this.#onlyFlags
    const values = inWords ? masks : masks.slice(0, 2)
    if (unchangedSince !== undefined) {
      for (const { first, last } of ranges) {
        for (const [uid] of this.#modified(mailbox.id, first, last, since)) modified.push(uid as Uid)
      }
    }
    const runs = ranges.map(({ first, last }) => [mailbox.id, first, last, since, ...values])
    const rows = changing(runs)
    if (rows.uids.length === 0) {
      this.#keywords.takeBack(mailbox.id, added)
      return { modified, changed: false, modSeq: this.#counters.modSeq(mailbox.account) }
    }

    const { modSeq } = this.#counters.draw(mailbox.account)
    const delta = noDelta()
    if (changesDeleted(masks)) for (const run of runs) delta.deletedSize += deleted(...values.slice(0, 2), ...run)?.size ?? 0
    for (const run of runs) update(...values, modSeq, ...run)
    const system = changedFlags(rows, masks)
    tallyFlags(delta, rows.system, -1)
    tallyFlags(delta, system, 1)
    const counters = this.#counters.count(mailbox, delta, 0, modSeq)
    const keywords = inWords ? changedWords(rows, masks) : rows.keywords
    const batch = { uids: rows.uids, modSeqs: new Float64Array(system.length).fill(modSeq), system, keywords }
    act.changes.push({ kind: 'flags', ...changeOf(mailbox, modSeq, added.grown), counters, batch })
    return { modified, changed: true, modSeq }
  }
}

/** A change is refused only when none of its flags may be changed (RFC 4314 section 4). */
function requireSome({ mode, flags }: FlagChange, rights: Rights): void {
  if (mode === 'replace' || (flags.system === 0 && flags.keywords.length === 0)) return
  if ((flags.system & settable(rights)) === 0 && !(flags.keywords.length > 0 && maySetKeywords(rights))) throw notPermitted()
}
