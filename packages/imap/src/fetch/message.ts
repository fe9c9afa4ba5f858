import { decodeStructure, MessageScanner, type Part } from '@mailstead/mime'
import { CHUNK_SIZE, StoreError, type BlobId, type Blobs, type MessageRow, type Uid } from '@mailstead/store'
import { MAX_HEADER_READ } from './limits.ts'

/** One message while it is answered or searched: its row, and what is read of its blob. */
export class FetchedMessage {
  readonly uid: Uid
  readonly #row: MessageRow | undefined
  readonly #blobs: Blobs
  #structure: Part | undefined
  #first: { readonly start: number; readonly octets: Uint8Array } | undefined

  /** Without a row only the UID is known. */
  constructor(uid: Uid, row: MessageRow | undefined, blobs: Blobs) {
    this.uid = uid
    this.#row = row
    this.#blobs = blobs
  }

  /** Throws when no attribute wanted a row. */
  get row(): MessageRow {
    if (this.#row === undefined) throw new Error('a row is read that was not wanted')
    return this.#row
  }

  /** The part tree. One that another version made is made again from the blob. */
  async structure(): Promise<Part> {
    if (this.#structure !== undefined) return this.#structure
    const stored = this.row.structure === undefined ? undefined : decodeStructure(this.row.structure)
    return (this.#structure = stored ?? (await this.#scan()))
  }

  async #scan(): Promise<Part> {
    const scanner = new MessageScanner()
    for await (const octets of this.read(0, this.row.blobSize)) scanner.push(octets)
    const structure = decodeStructure(scanner.end().structure)
    if (structure === undefined) throw new Error('the scanner made a structure that cannot be read')
    return structure
  }

  /**
   * Octets of the blob from `start` to `end`, in pieces of at most CHUNK_SIZE. Throws `message-not-found` when the
   * blob is purged, or is shorter than its row says.
   */
  async *read(start: number, end: number): AsyncGenerator<Uint8Array> {
    const { body, header, blob } = this.row
    const inline = header !== undefined && end <= header.length ? header : body
    if (inline !== undefined) {
      if (end > start) yield inline.subarray(start, end)
      return
    }
    for (let at = start; at < end;) {
      const first = this.#takeFirst(at, end)
      // Along the chunks as they are stored, so that none is read twice.
      const octets = first ?? (await this.#readBlob(blob, at, Math.min(CHUNK_SIZE - (at % CHUNK_SIZE), end - at)))
      // Before it may be given back.
      at += octets.length
      yield octets
    }
  }

  /** Nobody looks at octets of `read` any more. */
  release(octets: Uint8Array): void {
    const { body, header } = this.row
    // Those that came along with the row are given back with it.
    if (octets.buffer !== body?.buffer && octets.buffer !== header?.buffer) this.#blobs.release(octets)
  }

  /** Makes sure that the octets can be read, and keeps the first of them for `read`. Throws as it does. */
  async prepare(start: number, end: number): Promise<void> {
    const { body, header, blob } = this.row
    const isInline = body !== undefined || (header !== undefined && end <= header.length)
    if (isInline || start >= end || this.#first !== undefined) return
    this.#first = { start, octets: await this.#readBlob(blob, start, Math.min(CHUNK_SIZE - (start % CHUNK_SIZE), end - start)) }
  }

  #takeFirst(start: number, end: number): Uint8Array | undefined {
    const first = this.#first
    if (first === undefined || first.start !== start || start + first.octets.length > end) return undefined
    this.#first = undefined
    return first.octets
  }

  async #readBlob(blob: BlobId, offset: number, length: number): Promise<Uint8Array> {
    const octets = await this.#blobs.read(blob, offset, length)
    if (octets.length === 0) throw new StoreError('message-not-found', 'The message is gone')
    return octets
  }

  /** A header, or as much of it as MAX_HEADER_READ allows. */
  async readHeader(start: number, end: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = []
    for await (const octets of this.read(start, Math.min(end, start + MAX_HEADER_READ))) pieces.push(octets)
    return pieces.length === 1 ? (pieces[0] ?? new Uint8Array(0)) : Buffer.concat(pieces)
  }

  /** The whole header of the message, the prefix in front; needs `structure`, unless `headerUpTo` brought it along. */
  async fullHeader(): Promise<Uint8Array> {
    const { prefix, header } = this.row
    if (header !== undefined) return Buffer.concat([prefix, header])
    const { body } = await this.structure()
    return Buffer.concat([this.row.prefix, await this.readHeader(0, body)])
  }

  /** The header's fields of COMMON_FIELDS, the prefix in front; needs `headers` and `structure`. */
  async commonHeader(): Promise<Uint8Array> {
    const { prefix, headers } = this.row
    // Empty: there are none, or the header was too large to keep them.
    if (headers === undefined || headers.length === 0) return this.fullHeader()
    return prefix.length === 0 ? headers : Buffer.concat([prefix, headers])
  }
}
