import { foldedFields, MAX_HEADER_OCTETS } from '@mailstead/mime'
import { MAX_FIELD_TEXT, type FieldName } from '@mailstead/store'
import { KEPT_HEADER } from '../limits.ts'
import type { Sql } from '../sql.ts'
import { blobReads } from './blobs.ts'
import type { KeyRow, KeySelect } from './key-row.ts'

/** uid, prefix, common fields unless there are many, blob, 1 where they were made by an older program */
type Row = readonly [number, Buffer, Buffer | null, number, 0 | 1]

const BEHIND_FIELD = Buffer.of(255)

/** Keys of the `all-…` kind, which are made of the header when they are asked for. `version`: of the renderer. */
export function fieldTexts(sql: Sql): (table: 'message' | 'tombstone', name: FieldName, version: number) => KeySelect {
  const blobs = blobReads(sql)
  const common = sql.get<{ headers: Buffer }>('SELECT headers FROM rendered WHERE blob_id = ?')
  const headerSize = sql.get<{ size: number }>('SELECT header_size AS size FROM blob WHERE id = ?')

  const headerOf = ([, prefix, kept, blob]: Row): string => {
    let headers: Uint8Array = kept ?? common(blob)?.headers ?? new Uint8Array(0)
    // Empty: there are none, or the header was too large to keep them.
    if (headers.length === 0) headers = blobs.readBlob(blob, 0, Math.min(headerSize(blob)?.size ?? 0, MAX_HEADER_OCTETS))
    return prefix.toString('latin1') + Buffer.from(headers.buffer, headers.byteOffset, headers.length).toString('latin1')
  }
  const keyOf = (row: Row, field: string): KeyRow => {
    const [uid, , , blob, outdated] = row
    if (outdated === 1) return [uid, 0, null, blob]
    const texts = foldedFields(headerOf(row).slice(0, MAX_HEADER_OCTETS), field)
    const key = Buffer.concat(texts.flatMap((text) => [Buffer.from(text), BEHIND_FIELD]))
    return key.length > MAX_FIELD_TEXT ? [uid, 1, null, 0] : [uid, 0, key, 0]
  }

  return (table, name, version) => {
    const field = name.slice('all-'.length)
    const rows = sql.raw<Row>(
      `SELECT m.uid, e.prefix, iif(length(r.headers) <= ${KEPT_HEADER}, r.headers, NULL), e.blob_id, ifnull(r.version, 0) < ${version}
       FROM ${table} AS m JOIN email AS e ON e.id = m.email_id LEFT JOIN rendered AS r ON r.blob_id = e.blob_id
       WHERE m.mailbox_id = ? AND m.uid BETWEEN ? AND ? ORDER BY m.uid`,
    )
    // One snapshot, so that no blob goes between a row and its octets.
    const read = sql.db.transaction((mailbox: number, first: number, last: number) =>
      rows(mailbox, first, last).map((row) => keyOf(row, field)),
    )
    return read
  }
}
