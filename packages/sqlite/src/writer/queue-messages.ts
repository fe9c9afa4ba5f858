import type { Sql } from '../sql.ts'
import type { BlobTable } from './blobs.ts'

/** Holds the octets of queued messages as long as anything of them waits. */
export class QueuedMessages {
  readonly #blobs: BlobTable
  readonly #waits
  readonly #blobOf
  readonly #release
  readonly #forgetCopies

  constructor(sql: Sql, blobs: BlobTable) {
    this.#blobs = blobs
    this.#waits = sql.get<{ waits: 0 | 1 }>(
      `SELECT EXISTS (SELECT 1 FROM queue_entry WHERE queue_id = ?) OR EXISTS (SELECT 1 FROM queue_report WHERE queue_id = ?) AS waits`,
    )
    this.#blobOf = sql.get<{ blob: number | null }>('SELECT blob_id AS blob FROM acceptance WHERE queue_id = ?')
    this.#release = sql.run('UPDATE acceptance SET blob_id = NULL WHERE queue_id = ?')
    this.#forgetCopies = sql.run('DELETE FROM queue_copy WHERE queue_id = ?')
  }

  /** Lets go of those of which nothing waits any more: no recipient, no report. */
  release(queueIds: ReadonlySet<string>): void {
    for (const queueId of queueIds) {
      if (this.#waits(queueId, queueId)?.waits !== 0) continue
      const blob = this.#blobOf(queueId)?.blob
      if (blob === undefined || blob === null) continue
      this.#release(queueId)
      this.#forgetCopies(queueId)
      this.#blobs.drop(blob, 1)
    }
  }
}
