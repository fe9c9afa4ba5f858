import { createHash, hash, type Hash } from 'node:crypto'
import { CHUNK_SIZE, StoreError, type BlobId, type BlobWriter, type Blobs, type StagedBlob } from '@mailstead/store'
import { MessageScanner, NO_SORT_KEYS, type Rendered } from '@mailstead/mime'
import { free } from '../transfer.ts'
import { packBlob, type WireBlob } from '../wire-blob.ts'
import type { WriterOps } from '../writer/ops.ts'
import type { Readers } from './readers.ts'
import { Transit } from './transit.ts'
import type { WorkerClient } from './worker-client.ts'

export class SqliteBlobs implements Blobs {
  readonly #writer: WorkerClient<WriterOps>
  readonly #readers: Readers
  readonly #transit = new Transit()

  constructor(writer: WorkerClient<WriterOps>, readers: Readers) {
    this.#writer = writer
    this.#readers = readers
  }

  stage(): BlobWriter {
    return new StagingWriter(this.#writer, this.#readers, this.#transit)
  }

  async read(blob: BlobId, offset: number, length: number): Promise<Uint8Array> {
    const octets = await this.#readers.call('readBlob', blob, offset, length)
    this.#transit.passed(octets.length)
    return octets
  }

  release(octets: Uint8Array): void {
    this.#transit.freed(octets.length)
    free(octets)
  }
}

/** Staged octets: full chunks as rows of the database, what is behind them, or all of a small message, in memory. */
export class Staged implements StagedBlob {
  readonly size: number
  readonly rendered: Rendered
  readonly #writer: WorkerClient<WriterOps>
  readonly #readers: Readers
  readonly #row: number | undefined
  readonly #sha256: Uint8Array
  /** The last octets: they are written by the commit that uses them. */
  #tail: Uint8Array
  #gone = false

  constructor(
    writer: WorkerClient<WriterOps>,
    readers: Readers,
    size: number,
    rendered: Rendered,
    sha256: Uint8Array,
    row: number | undefined,
    tail: Uint8Array,
  ) {
    this.size = size
    this.rendered = rendered
    this.#writer = writer
    this.#readers = readers
    this.#sha256 = sha256
    this.#row = row
    this.#tail = tail
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (this.#gone) throw new StoreError('message-not-found', 'The staged message was used or given back')
    const end = offset + Math.min(length, CHUNK_SIZE)
    const written = this.size - this.#tail.length
    const tail = this.#tail.subarray(Math.max(0, offset - written), Math.max(0, end - written))
    if (this.#row === undefined || offset >= written) return tail
    const octets = await this.#readers.call('readBlob', this.#row, offset, end - offset, written)
    return tail.length === 0 ? octets : Buffer.concat([octets, tail])
  }

  /** A copy on its way to the writer; the original stays until `used`, for the writer may refuse. `reads`: somebody here reads it, and gets what is rendered. */
  wire(reads = true): WireBlob {
    if (this.#gone) throw new StoreError('message-not-found', 'The staged message was used or given back')
    return packBlob(this.#row, this.size, this.#sha256, reads ? this.rendered : withoutReaders(this.rendered), this.#tail)
  }

  /** All octets, where they are in memory. */
  get atHand(): Uint8Array | undefined {
    return this.#row === undefined ? this.#tail : undefined
  }

  /** The commit that took the octets is done. */
  used(): void {
    this.#gone = true
    this.#tail = EMPTY
  }

  async release(): Promise<void> {
    if (this.#gone) return
    this.used()
    if (this.#row !== undefined) await this.#writer.call('discardBlob', this.#row)
  }
}

const EMPTY = new Uint8Array()
const UNRENDERED = { envelope: EMPTY, bodyStructure: EMPTY, headers: EMPTY, structure: EMPTY, sortKeys: NO_SORT_KEYS, references: [] }

/** What is rendered is made when it is asked for. */
function withoutReaders({ version, headerSize, messageId }: Rendered): Rendered {
  return { ...UNRENDERED, version, headerSize, messageId }
}

/** The store's own staged blob behind the boundary's. */
export function asStaged(blob: StagedBlob): Staged {
  if (!(blob instanceof Staged)) throw new TypeError('The blob was staged by another store')
  return blob
}

/** Octets of a message that are kept in the pieces they came in; more are copied, so that the pieces die young. */
const IN_PIECES = CHUNK_SIZE / 4

/** Two buffers of a chunk: one fills while the other is being committed, so a message costs 512 KiB whatever its size. */
class StagingWriter implements BlobWriter {
  readonly #writer: WorkerClient<WriterOps>
  readonly #readers: Readers
  readonly #transit: Transit
  readonly #scanner = new MessageScanner()
  /** Of the chunks that were sent, where there are any: hashing the whole of a small message at once costs half. */
  #hash: Hash | undefined
  #parts: Uint8Array[] = []
  /** Takes the place of the parts once there is much in them. */
  #chunk: Uint8Array<ArrayBuffer> | undefined
  #filled = 0
  #size = 0
  #chunks = 0
  #row: number | undefined
  /** The chunk being committed. */
  #flight: Promise<void> | undefined
  #ended = false

  constructor(writer: WorkerClient<WriterOps>, readers: Readers, transit: Transit) {
    this.#writer = writer
    this.#readers = readers
    this.#transit = transit
  }

  get size(): number {
    return this.#size
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#ended) throw new StoreError('unavailable', 'The message was finished or given up')
    this.#scanner.push(chunk)
    this.#size += chunk.length
    this.#transit.passed(chunk.length)
    let wait: Promise<void> | undefined
    let at = 0
    while (this.#filled + chunk.length - at >= CHUNK_SIZE) {
      const part = chunk.subarray(at, at + CHUNK_SIZE - this.#filled)
      at += part.length
      this.#keep(part)
      wait = this.#send()
    }
    if (at < chunk.length) this.#keep(chunk.subarray(at))
    return wait
  }

  async finish(): Promise<StagedBlob> {
    if (this.#ended) throw new StoreError('unavailable', 'The message was finished or given up')
    this.#ended = true
    const tail = this.#take()
    try {
      await this.#flight
    } catch (error) {
      await this.#discard()
      throw error
    }
    const sha256 = this.#hash === undefined ? hash('sha256', tail, 'buffer') : this.#hash.update(tail).digest()
    return new Staged(this.#writer, this.#readers, this.#size, this.#scanner.end(), sha256, this.#row, tail)
  }

  async abort(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    await this.#discard()
  }

  #keep(part: Uint8Array): void {
    if (this.#chunk === undefined && this.#filled + part.length > IN_PIECES) {
      this.#chunk = new Uint8Array(CHUNK_SIZE)
      this.#join(this.#chunk)
    }
    if (this.#chunk === undefined) this.#parts.push(part)
    else this.#chunk.set(part, this.#filled)
    this.#filled += part.length
  }

  #take(): Uint8Array<ArrayBuffer> {
    const chunk = this.#chunk
    const whole = chunk === undefined ? new Uint8Array(this.#filled) : this.#filled === CHUNK_SIZE ? chunk : chunk.slice(0, this.#filled)
    this.#join(whole)
    this.#chunk = undefined
    this.#filled = 0
    return whole
  }

  #join(whole: Uint8Array): void {
    let at = 0
    for (const part of this.#parts) {
      whole.set(part, at)
      at += part.length
    }
    this.#parts = []
  }

  /** Sends the full chunk once the one before is committed. Resolves when the buffer before it is free again. */
  #send(): Promise<void> {
    const data = this.#take()
    this.#hash ??= createHash('sha256')
    this.#hash.update(data)
    const seq = this.#chunks++
    const before = this.#flight ?? Promise.resolve()
    const flight = before.then(async () => {
      this.#row = await this.#writer.callWith({ transfer: [data.buffer], octets: data.length }, 'writeChunk', this.#row, seq, data)
    })
    this.#flight = flight
    // A failure is told by the next `write` or by `finish`.
    flight.catch(() => {})
    return before
  }

  async #discard(): Promise<void> {
    this.#parts = []
    this.#chunk = undefined
    this.#filled = 0
    await this.#flight?.catch(() => {})
    if (this.#row !== undefined) await this.#writer.call('discardBlob', this.#row).catch(() => {})
  }
}
