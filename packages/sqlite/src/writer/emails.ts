import { MAX_REFERENCES } from '../limits.ts'
import type { Sql } from '../sql.ts'
import type { WireBlob } from '../wire-blob.ts'
import type { BlobTable } from './blobs.ts'
import { idHash } from './id-hash.ts'
import { Ids } from './ids.ts'
import { runsOf } from './source-rows.ts'

/** Emails, what COPY and MOVE share, and the threads they belong to. */
export class EmailTable {
  readonly #blobs: BlobTable
  readonly #ids: Ids
  readonly #insert
  readonly #share
  readonly #release
  readonly #delete
  readonly #gone
  readonly #findRef
  readonly #insertRef

  constructor(sql: Sql, blobs: BlobTable, ids = new Ids(sql)) {
    this.#blobs = blobs
    this.#ids = ids
    this.#insert = sql.run('INSERT INTO email (id, account_id, blob_id, thread_id, refs, size, prefix) VALUES (?, ?, ?, ?, 1, ?, ?)')
    this.#share = sql.run('UPDATE email SET refs = refs + ? WHERE id BETWEEN ? AND ?')
    this.#release = sql.returning<{ refs: number; blob: number }>(
      'UPDATE email SET refs = refs - ? WHERE id = ? RETURNING refs, blob_id AS blob',
    )
    this.#delete = sql.run('DELETE FROM email WHERE id = ?')
    this.#gone = sql.run('INSERT INTO search_gone VALUES (?)')
    this.#findRef = sql.get<{ thread: number }>('SELECT thread_id AS thread FROM thread_ref WHERE account_id = ? AND msgid_hash = ?')
    this.#insertRef = sql.run('INSERT OR IGNORE INTO thread_ref (account_id, msgid_hash, thread_id) VALUES (?, ?, ?)')
  }

  /** A new email with one reference; its blob's reference was counted by `BlobTable.keep`. Returns its id. */
  insert(account: number, blobId: number, blob: WireBlob, prefix: Uint8Array): number {
    const hashes = threadHashes(blob)
    let thread: number | undefined
    for (const hash of hashes) {
      thread = this.#findRef(account, hash)?.thread
      if (thread !== undefined) break
    }
    const id = this.#ids.next('email')
    this.#insert(id, account, blobId, thread ?? id, prefix.length + blob.size, prefix)
    for (const hash of hashes) this.#insertRef(account, hash, thread ?? id)
    return id
  }

  /** Another reference for each time that an email stands here. Emails that came together are next to each other: a statement a run. */
  share(ids: readonly number[]): void {
    for (const { first, last, times } of runsOf(ids)) this.#share(times, first, last)
  }

  /** Takes references away; an email goes with its last one, and lets go of its blob. The search index is to follow. */
  drop(ids: readonly number[]): void {
    const counts = new Map<number, number>()
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
    for (const [id, count] of counts) {
      const left = this.#release(count, id)
      if (left === undefined || left.refs > 0) continue
      this.#delete(id)
      this.#gone(id)
      this.#blobs.drop(left.blob, 1)
    }
  }
}

/** What to look a message's thread up by, surest first: its nearest ancestor, the further ones, itself. */
function threadHashes({ messageId, references }: WireBlob): Uint8Array[] {
  const kept =
    references.length <= MAX_REFERENCES
      ? references
      : [references[0] as string, ...references.slice(references.length - MAX_REFERENCES + 1)]
  const ids = [...kept].reverse()
  if (messageId !== undefined) ids.push(messageId)
  return [...new Set(ids)].map((id) => idHash(id))
}
