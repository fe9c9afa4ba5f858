import { CHUNK_SIZE, StoreError } from '@mailstead/store'
import type { Sql } from '../sql.ts'
import { unpackBlob, type WireBlob } from '../wire-blob.ts'
import { Ids } from './ids.ts'
import { SortKeyTable } from './sort-keys.ts'

/** Chunk `seq` of blob `id` has the row id `id * CHUNKS + seq`. */
export const CHUNKS = 65_536

/** Octets: staging, keeping, counting references, letting go. */
export class BlobTable {
  readonly #ids: Ids
  readonly #insert
  readonly #insertChunk
  readonly #keep
  readonly #insertRendered
  readonly #updateRendered
  readonly #noteRendered
  readonly #release
  readonly #isStaged
  readonly #delete
  readonly #deleteChunks
  readonly #deleteRendered
  readonly #staged
  readonly #sortKeys

  constructor(sql: Sql, ids = new Ids(sql)) {
    this.#ids = ids
    this.#insert = sql.run('INSERT INTO blob (id, state, refs, size, header_size, sha256, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)')
    this.#insertChunk = sql.run('INSERT INTO blob_chunk (id, data) VALUES (?, ?)')
    this.#keep = sql.run(
      "UPDATE blob SET state = 'kept', refs = ?, size = ?, header_size = ?, sha256 = ? WHERE id = ? AND state = 'staged'",
    )
    this.#insertRendered = sql.run(
      'INSERT INTO rendered (blob_id, version, envelope, body_structure, structure, headers) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#updateRendered = sql.run(
      'UPDATE rendered SET version = ?, envelope = ?, body_structure = ?, structure = ?, headers = ? WHERE blob_id = ? AND version < ?',
    )
    this.#noteRendered = sql.run("UPDATE meta SET value = max(value, ?) WHERE key = 'rendered-version'")
    this.#release = sql.returning<{ refs: number }>('UPDATE blob SET refs = refs - ? WHERE id = ? RETURNING refs')
    this.#isStaged = sql.get<{ id: number }>("SELECT id FROM blob WHERE id = ? AND state = 'staged'")
    this.#delete = sql.run('DELETE FROM blob WHERE id = ?')
    this.#deleteChunks = sql.run('DELETE FROM blob_chunk WHERE id BETWEEN ? AND ?')
    this.#deleteRendered = sql.run('DELETE FROM rendered WHERE blob_id = ?')
    this.#sortKeys = new SortKeyTable(sql)
    this.#staged = sql.all<{ id: number }>("SELECT id FROM blob WHERE state = 'staged'")
  }

  /** A chunk of a blob that still arrives; the first one begins it. Returns the blob's id. */
  chunk(blob: number | undefined, seq: number, data: Uint8Array, now: number): number {
    if (blob !== undefined && this.#isStaged(blob) === undefined) throw lost()
    const id = blob ?? this.#ids.next('blob')
    if (blob === undefined) this.#insert(id, 'staged', 0, 0, 0, null, now)
    this.#put(id, seq, data)
    return id
  }

  #put(blob: number, seq: number, data: Uint8Array): void {
    if (seq >= CHUNKS || data.length > CHUNK_SIZE) throw new StoreError('too-big', 'The message is too big')
    this.#insertChunk(blob * CHUNKS + seq, data)
  }

  /**
   * Makes a staged blob part of the mail, with `refs` references; the octets that come along are its last ones. What is rendered of it
   * goes along only when somebody `reads` it. Returns its id.
   */
  keep(blob: WireBlob, refs: number, now: number, reads = true): number {
    const { sha256, envelope, bodyStructure, structure, headers, data } = unpackBlob(blob)
    let id = blob.id
    if (id === undefined) {
      id = this.#ids.next('blob')
      this.#insert(id, 'kept', refs, blob.size, blob.headerSize, sha256, now)
    } else if (this.#keep(refs, blob.size, blob.headerSize, sha256, id).changes !== 1) {
      throw lost()
    }
    if (data.length > 0) this.#put(id, (blob.size - data.length) / CHUNK_SIZE, data)
    if (reads) {
      this.#insertRendered(id, blob.version, envelope, bodyStructure, structure, headers)
      this.#sortKeys.put(id, blob.version, blob.sortKeys)
    }
    return id
  }

  /** Replaces what an older renderer made of the blob. */
  rerender(id: number, blob: WireBlob): void {
    const { envelope, bodyStructure, structure, headers } = unpackBlob(blob)
    this.#updateRendered(blob.version, envelope, bodyStructure, structure, headers, id, blob.version)
    this.#sortKeys.put(id, blob.version, blob.sortKeys)
  }

  /** Nothing that is rendered is of an earlier version. */
  noteRendered(version: number): void {
    this.#noteRendered(version)
  }

  /** Takes `refs` references away; the blob goes with its last one. */
  drop(id: number, refs: number): void {
    const left = this.#release(refs, id)
    if (left !== undefined && left.refs <= 0) this.#remove(id)
  }

  /** Gives a staged blob back; nothing happens to one that is kept. */
  discard(id: number): void {
    if (this.#isStaged(id) !== undefined) this.#remove(id)
  }

  /** What a crash left of messages that were still arriving. Returns how many. */
  sweep(): number {
    const left = this.#staged()
    for (const { id } of left) this.#remove(id)
    return left.length
  }

  #remove(id: number): void {
    this.#deleteChunks(id * CHUNKS, id * CHUNKS + CHUNKS - 1)
    this.#deleteRendered(id)
    this.#sortKeys.delete(id)
    this.#delete(id)
  }
}

/** The writer thread died and another one swept what it had staged: the sender must begin again. */
function lost(): StoreError {
  return new StoreError('unavailable', 'The message arriving was lost, try again later')
}
