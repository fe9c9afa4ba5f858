import type { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { constants, createInflateRaw, deflateRaw, type InflateRaw } from 'node:zlib'

/**
 * RFC 4978: what a connection reads from and writes to instead of its socket. Back-pressure goes through both ways, so that
 * however little a client sends, no more is inflated than is asked for.
 */
export interface Compression {
  readonly source: InflateRaw
  readonly sink: Writable
}

/** What is kept of what was sent, for the next batch to refer to: many lines of IMAP. Octets. */
const HISTORY = 4096
const OUT = { level: 3, windowBits: 13, memLevel: 6, finishFlush: constants.Z_SYNC_FLUSH }
/** The client chooses its own window, so what it sends may refer back to 32 KiB. */
const IN = { windowBits: 15, chunkSize: 4096, flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }

/**
 * Compresses each batch for itself, with the end of what was sent before as its dictionary: to the client that is one stream,
 * since each batch ends with a whole block on a whole octet. zlib's own state is 90 to 220 KiB, whatever the window; so it is
 * there only while a batch is compressed, and a session that idles keeps 4 KiB.
 */
class BatchDeflate extends Writable {
  readonly #socket: Socket
  #history = new Uint8Array(0)

  constructor(socket: Socket) {
    super()
    this.#socket = socket
  }

  override _write(batch: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const dictionary = this.#history.length === 0 ? {} : { dictionary: this.#history }
    deflateRaw(batch, { ...OUT, ...dictionary }, (error, octets) => {
      if (error !== null || this.destroyed) {
        done(error)
        return
      }
      const all = batch.length < HISTORY ? Buffer.concat([this.#history, batch]) : batch
      // A copy: a slice would hold all of the batch.
      this.#history = new Uint8Array(all.subarray(-HISTORY))
      if (this.#socket.write(octets)) done()
      else this.#socket.once('drain', () => done())
    })
  }

  override _final(done: () => void): void {
    this.#socket.end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.writableFinished) this.#socket.destroy()
    done(error)
  }
}

/** Nothing may listen for the socket's data any more. The streams die with the socket, and the socket with them. */
export function compress(socket: Socket): Compression {
  const source = createInflateRaw(IN)
  const sink = new BatchDeflate(socket)
  socket.pipe(source)
  sink.on('error', () => socket.destroy())
  socket.on('close', () => {
    source.destroy()
    sink.destroy()
  })
  return { source, sink }
}
