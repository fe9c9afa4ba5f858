import { CHUNK_SIZE, type BlobId, type Blobs } from '@mailstead/store'
import { MessageScanner, RENDERER_VERSION, type Rendered } from '@mailstead/mime'
import type { Logger } from '@mailstead/base'
import { RENEWED_AT_ONCE } from '../limits.ts'
import type { ReaderOps } from '../reader/ops.ts'
import type { ResultOf } from '../rpc.ts'
import { packBlob } from '../wire-blob.ts'
import type { WriterOps } from '../writer/ops.ts'
import type { Readers } from './readers.ts'
import type { WorkerClient } from './worker-client.ts'

type Outdated = ResultOf<ReaderOps, 'outdatedBlobs'>

const NOTHING = new Uint8Array()

/**
 * RULES: what is prerendered carries its renderer's version; what an older one made is made again when it is read, and
 * all of it in the background after the start.
 */
export class Rerenderer {
  readonly #writer: WorkerClient<WriterOps>
  readonly #readers: Readers
  readonly #blobs: Blobs
  readonly #log: Logger
  readonly #under = new Map<number, Promise<boolean>>()
  #stopped = false

  constructor(writer: WorkerClient<WriterOps>, readers: Readers, blobs: Blobs, log: Logger) {
    this.#writer = writer
    this.#readers = readers
    this.#blobs = blobs
    this.#log = log
  }

  /**
   * Resolves, when all were tried, to how many of the blobs are now rendered by this program. Never rejects: the reader
   * of a message whose blob cannot be written just now gets what is there.
   */
  async renew(blobs: readonly number[]): Promise<number> {
    let renewed = 0
    for (let at = 0; at < blobs.length; at += RENEWED_AT_ONCE) {
      const done = await Promise.all(blobs.slice(at, at + RENEWED_AT_ONCE).map((blob) => this.#once(blob)))
      renewed += done.filter(Boolean).length
    }
    return renewed
  }

  /** For all that want it. */
  #once(blob: number): Promise<boolean> {
    const running = this.#under.get(blob) ?? this.#try(blob as BlobId).finally(() => this.#under.delete(blob))
    this.#under.set(blob, running)
    return running
  }

  /** Some messages after the others. Those that cannot be written are tried again at the next start. */
  async renewAll(): Promise<void> {
    try {
      let messages = 0
      let left = 0
      for (let after: number | undefined = 0; after !== undefined;) {
        if (this.#stopped) return
        const { blobs, next }: Outdated = await this.#readers.call('outdatedBlobs', RENDERER_VERSION, after)
        const renewed = await this.renew(blobs)
        messages += renewed
        left += blobs.length - renewed
        after = next
      }
      if (left === 0) await this.#writer.call('noteRendered', RENDERER_VERSION)
      if (messages + left > 0) this.#log.info('messages rendered anew', { messages, left })
    } catch (error) {
      this.#log.info('rendering anew interrupted', { reason: String(error) })
    }
  }

  stop(): void {
    this.#stopped = true
  }

  async #try(blob: BlobId): Promise<boolean> {
    try {
      await this.#renew(blob)
      return true
    } catch (error) {
      this.#log.warn('message not rendered anew', { blob, reason: String(error) })
      return false
    }
  }

  async #renew(blob: BlobId): Promise<void> {
    const scanner = new MessageScanner()
    let size = 0
    for (;;) {
      const part = await this.#blobs.read(blob, size, CHUNK_SIZE)
      scanner.push(part)
      size += part.length
      if (part.length < CHUNK_SIZE) break
    }
    const rendered: Rendered = scanner.end()
    await this.#writer.call('rerender', blob, packBlob(blob, size, NOTHING, rendered, NOTHING))
  }
}
