import type { SortKeys } from '@mailstead/mime'
import type { Sql } from '../sql.ts'
import { idHash, ID_OCTETS } from './id-hash.ts'

/** What messages are sorted and threaded by, once a blob. */
export class SortKeyTable {
  readonly #put
  readonly #delete

  constructor(sql: Sql) {
    this.#put = sql.run(
      `INSERT OR REPLACE INTO sort_key
         (blob_id, version, sent, is_reply, subject, from_mailbox, to_mailbox, cc_mailbox, from_display, to_display, ancestry)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#delete = sql.run('DELETE FROM sort_key WHERE blob_id = ?')
  }

  put(blob: number, version: number, keys: SortKeys): void {
    const { sent, subject, from, to, cc, displayFrom, displayTo } = keys
    this.#put(blob, version, sent ?? null, keys.isReply ? 1 : 0, subject, from, to, cc, displayFrom, displayTo, ancestryOf(keys))
  }

  delete(blob: number): void {
    this.#delete(blob)
  }
}

function ancestryOf({ id, references }: SortKeys): Uint8Array {
  const ancestry = new Uint8Array(ID_OCTETS * (1 + references.length))
  if (id !== undefined) ancestry.set(idHash(id))
  for (const [index, reference] of references.entries()) ancestry.set(idHash(reference), ID_OCTETS * (1 + index))
  return ancestry
}
