import { CHUNK_SIZE, StoreError } from '@mailstead/store'
import { RENDERED_ROWS } from '../limits.ts'
import type { Sql } from '../sql.ts'
import { owned } from '../transfer.ts'
import { CHUNKS } from '../writer/blobs.ts'

/** Octets of blobs, from the chunks that hold them. */
export function blobReads(sql: Sql) {
  const blob = sql.get<{ size: number }>("SELECT size FROM blob WHERE id = ? AND state = 'kept'")
  const whole = sql.raw<[Buffer]>('SELECT data FROM blob_chunk WHERE id = ?')
  const part = sql.raw<[Buffer]>('SELECT substr(data, ?, ?) FROM blob_chunk WHERE id = ?')
  const rendered = sql.raw<[blob: number, version: number]>(
    `SELECT blob_id, version FROM rendered WHERE blob_id > ? ORDER BY blob_id LIMIT ${RENDERED_ROWS}`,
  )

  return {
    /** Those of some blobs behind `after` that an older renderer than `version` made. `next`: the last one looked at, if more may follow. */
    outdatedBlobs(version: number, after: number): { readonly blobs: number[]; readonly next: number | undefined } {
      const rows = rendered(after)
      return { blobs: rows.flatMap(([blob, made]) => (made < version ? [blob] : [])), next: rows.at(-1)?.[0] }
    },

    /** `staged`: the size of a blob that is no part of the mail yet. */
    readBlob(id: number, offset: number, length: number, staged?: number): Uint8Array<ArrayBuffer> {
      const size = staged ?? blob(id)?.size
      if (size === undefined) throw new StoreError('message-not-found', 'The message is gone')
      const end = Math.min(size, offset + Math.min(length, CHUNK_SIZE))
      const parts: Uint8Array[] = []
      let at = offset
      while (at < end) {
        const start = at % CHUNK_SIZE
        const wanted = Math.min(end - at, CHUNK_SIZE - start)
        const chunk = id * CHUNKS + Math.floor(at / CHUNK_SIZE)
        const isWhole = wanted === Math.min(CHUNK_SIZE, size - at + start)
        // `substr` makes a copy of its own, of all that there is.
        const data = (isWhole ? whole(chunk) : part(start + 1, wanted, chunk))[0]?.[0]
        if (data === undefined || data.length !== wanted) throw new Error(`Blob ${id} lacks octets at ${at}`)
        parts.push(data)
        at += wanted
      }
      return owned(parts)
    },
  }
}
