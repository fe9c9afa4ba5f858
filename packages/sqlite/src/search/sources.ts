import { decodeStructure, MessageScanner, type Part, type TextSource } from '@mailstead/mime'
import { CHUNK_SIZE, StoreError } from '@mailstead/store'
import { blobReads } from '../reader/blobs.ts'
import type { Sql } from '../sql.ts'

interface Row {
  readonly email: number
  readonly blob: number
  readonly prefix: Uint8Array
  readonly structure: Uint8Array | null
}

/** Messages to read the text of; `undefined` for those that are gone. What is read of them later throws `message-not-found` once they are purged. */
export interface MessageSources {
  /** Of a mailbox, also an expunged one that is still to be had. */
  message(mailbox: number, uid: number): TextSource | undefined
  email(id: number): TextSource | undefined
}

export function messageSources(sql: Sql): MessageSources {
  const blobs = blobReads(sql)
  const columns = 'SELECT e.id AS email, e.blob_id AS blob, e.prefix, r.structure'
  const rendered = 'LEFT JOIN rendered AS r ON r.blob_id = e.blob_id'
  const inMailbox = (table: 'message' | 'tombstone') =>
    sql.get<Row>(`${columns} FROM ${table} AS m JOIN email AS e ON e.id = m.email_id ${rendered} WHERE m.mailbox_id = ? AND m.uid = ?`)
  const [there, expunged] = [inMailbox('message'), inMailbox('tombstone')]
  const email = sql.get<Row>(`${columns} FROM email AS e ${rendered} WHERE e.id = ?`)

  const chunkAt = (blob: number, offset: number): { start: number; octets: Uint8Array } => {
    const start = offset - (offset % CHUNK_SIZE)
    const octets = blobs.readBlob(blob, start, CHUNK_SIZE)
    if (start + octets.length <= offset) throw new StoreError('message-not-found', 'The message is gone')
    return { start, octets }
  }
  const toSource = (row: Row | undefined): TextSource | undefined => {
    if (row === undefined) return undefined
    const { blob, prefix } = row
    // One that another version made is made again from the blob.
    const structure =
      (row.structure === null ? undefined : decodeStructure(row.structure)) ?? scan((at) => blobs.readBlob(blob, at, CHUNK_SIZE))
    return { prefix, structure, chunkAt: (offset) => chunkAt(blob, offset) }
  }
  return {
    message: (mailbox, uid) => toSource(there(mailbox, uid) ?? expunged(mailbox, uid)),
    email: (id) => toSource(email(id)),
  }
}

function scan(read: (at: number) => Uint8Array): Part {
  const scanner = new MessageScanner()
  for (let at = 0; ;) {
    const octets = read(at)
    scanner.push(octets)
    at += octets.length
    if (octets.length < CHUNK_SIZE) break
  }
  const structure = decodeStructure(scanner.end().structure)
  if (structure === undefined) throw new Error('the scanner made a structure that cannot be read')
  return structure
}
