import { IDS_AHEAD } from '../limits.ts'
import type { Sql } from '../sql.ts'

/** Tables whose ids are given here, each with AUTOINCREMENT: no id is ever given twice, some never. */
type Numbered = 'blob' | 'email'

interface Block {
  next: number
  last: number
}

/**
 * Ids of new rows, reserved in blocks: SQLite writes how far a table's ids have come to a page of its own with each row that asks for the next one.
 * What is left of a block when the writer ends is never given.
 */
export class Ids {
  readonly #reserve
  readonly #begin
  readonly #blocks = new Map<Numbered, Block>()

  constructor(sql: Sql) {
    this.#reserve = sql.returning<{ last: number }>('UPDATE sqlite_sequence SET seq = seq + ? WHERE name = ? RETURNING seq AS last')
    this.#begin = sql.run('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)')
  }

  next(table: Numbered): number {
    let block = this.#blocks.get(table)
    if (block === undefined || block.next > block.last) this.#blocks.set(table, (block = this.#another(table)))
    return block.next++
  }

  /** To be called when an act is rolled back, which may have reserved some. */
  forget(): void {
    this.#blocks.clear()
  }

  #another(table: Numbered): Block {
    const last = this.#reserve(IDS_AHEAD, table)?.last
    if (last === undefined) this.#begin(table, IDS_AHEAD)
    return { next: (last ?? IDS_AHEAD) - IDS_AHEAD + 1, last: last ?? IDS_AHEAD }
  }
}
