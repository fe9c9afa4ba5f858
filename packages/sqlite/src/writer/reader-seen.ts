import type { Sql } from '../sql.ts'
import type { UidRange } from '../uid-ranges.ts'

/** RULES: \Seen of those who are not the owner, where it is each reader's own; with a count of what each has seen. */
export class ReaderSeen {
  readonly #seen
  readonly #readers
  readonly #was
  readonly #set
  readonly #count
  readonly #delete

  constructor(sql: Sql) {
    this.#seen = sql.raw<[number]>(
      'SELECT uid FROM reader_seen WHERE mailbox_id = ? AND account_id = ? AND uid BETWEEN ? AND ? AND seen = 1 ORDER BY uid',
    )
    this.#readers = sql.raw<[number]>('SELECT account_id FROM reader WHERE mailbox_id = ?')
    this.#was = sql.get<{ seen: 0 | 1 }>('SELECT seen FROM reader_seen WHERE mailbox_id = ? AND account_id = ? AND uid = ?')
    this.#set = sql.run(
      `INSERT INTO reader_seen (mailbox_id, account_id, uid, modseq, seen) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET modseq = excluded.modseq, seen = excluded.seen`,
    )
    this.#count = sql.run(
      `INSERT INTO reader (mailbox_id, account_id, seen) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET seen = seen + excluded.seen`,
    )
    this.#delete = sql.run('DELETE FROM reader_seen WHERE mailbox_id = ? AND account_id = ? AND uid = ?')
  }

  /** What of the ranges the reader has seen. */
  of(mailbox: number, reader: number, ranges: readonly UidRange[]): ReadonlySet<number> {
    return new Set(ranges.flatMap(({ first, last }) => this.#seen(mailbox, reader, first, last).map(([uid]) => uid)))
  }

  set(mailbox: number, reader: number, uids: readonly number[], seen: boolean, modSeq: number): void {
    let delta = 0
    for (const uid of uids) {
      delta += (seen ? 1 : 0) - (this.#was(mailbox, reader, uid)?.seen ?? 0)
      this.#set(mailbox, reader, uid, modSeq, seen ? 1 : 0)
    }
    this.#count(mailbox, reader, delta)
  }

  /** The messages leave the mailbox. */
  forget(mailbox: number, uids: Uint32Array): void {
    for (const [reader] of this.#readers(mailbox)) {
      let delta = 0
      for (const uid of uids) {
        const was = this.#was(mailbox, reader, uid)
        if (was === undefined) continue
        delta -= was.seen
        this.#delete(mailbox, reader, uid)
      }
      if (delta !== 0) this.#count(mailbox, reader, delta)
    }
  }
}
