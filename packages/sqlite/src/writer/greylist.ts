import type { EpochMs } from '@mailstead/base'
import type { GreylistMark } from '@mailstead/store'
import { GREYLIST_FORGOTTEN, GREYLIST_MARKS, GREYLIST_NETWORKS } from '../limits.ts'
import type { Sql } from '../sql.ts'

/** Attempts that have to come again, and networks that did. Ids only grow, so whatever is that far behind the newest one is too much. */
export class GreylistTable {
  readonly #note
  readonly #trimMarks
  readonly #allow
  readonly #trimNetworks
  readonly #deleteMarks
  readonly #oldMarks
  readonly #oldNetworks

  constructor(sql: Sql) {
    this.#note = sql.run('INSERT OR IGNORE INTO greylist_mark (network, sender, recipient, first_at) VALUES (?, ?, ?, ?)')
    this.#trimMarks = sql.run('DELETE FROM greylist_mark WHERE id <= ?')
    this.#allow = sql.run('INSERT OR REPLACE INTO greylist_network (network, allowed_at) VALUES (?, ?)')
    this.#trimNetworks = sql.run('DELETE FROM greylist_network WHERE id <= ?')
    this.#deleteMarks = sql.run('DELETE FROM greylist_mark WHERE network = ?')
    const old = (table: string, time: string): string =>
      `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE ${time} < ? ORDER BY ${time} LIMIT ?)`
    this.#oldMarks = sql.run(old('greylist_mark', 'first_at'))
    this.#oldNetworks = sql.run(old('greylist_network', 'allowed_at'))
  }

  note({ network, sender, recipient }: GreylistMark, now: EpochMs): void {
    const { changes, lastInsertRowid } = this.#note(network, sender, recipient, now)
    if (changes > 0) this.#trimMarks(Number(lastInsertRowid) - GREYLIST_MARKS)
  }

  allow(network: string, now: EpochMs): void {
    const { lastInsertRowid } = this.#allow(network, now)
    this.#trimNetworks(Number(lastInsertRowid) - GREYLIST_NETWORKS)
    this.#deleteMarks(network)
  }

  /** One step; `more`: there may be others. */
  forget(marks: EpochMs, networks: EpochMs): { readonly forgotten: number; readonly more: boolean } {
    const counts = [this.#oldMarks(marks, GREYLIST_FORGOTTEN), this.#oldNetworks(networks, GREYLIST_FORGOTTEN)].map(
      ({ changes }) => changes,
    )
    return { forgotten: counts.reduce((a, b) => a + b, 0), more: counts.includes(GREYLIST_FORGOTTEN) }
  }
}
