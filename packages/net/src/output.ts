import type { Writable } from 'node:stream'
import type { Clock } from '@mailstead/base'
import { ConnectionLost } from './errors.ts'

/** Octets gathered before they go to the socket. */
const BATCH = 64 * 1024
/** Fewer are cheaper to copy than to keep apart. */
const SMALL = 1024

/**
 * What goes to the client. Answers are gathered and written together, so that pipelined commands cost few writes;
 * `drain` is where a producer of much waits for a slow client.
 */
export class Output {
  #socket: Writable
  readonly #clock: Clock
  readonly #stallTime: number
  readonly #tap: ((octets: Uint8Array) => void) | undefined
  #pieces: Uint8Array[] = []
  #size = 0
  /** Text behind the last piece. */
  #text = ''
  #soon = false

  constructor(socket: Writable, clock: Clock, stallTime: number, tap: ((octets: Uint8Array) => void) | undefined) {
    this.#socket = socket
    this.#clock = clock
    this.#stallTime = stallTime
    this.#tap = tap
  }

  /** After STARTTLS and COMPRESS. */
  set socket(socket: Writable) {
    this.#socket = socket
  }

  /** One character is one octet. */
  write(text: string): void {
    this.#text += text
    if (this.#size + this.#text.length >= BATCH) this.flush()
  }

  /** Octets that do not change afterwards. Many at once go out as they are. */
  bytes(octets: Uint8Array): void {
    if (octets.length < SMALL) {
      this.write(Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1'))
      return
    }
    if (octets.length >= BATCH) {
      this.flush()
      this.#send(octets)
      return
    }
    this.#endText()
    this.#pieces.push(octets)
    this.#size += octets.length
    if (this.#size >= BATCH) this.flush()
  }

  flush(): void {
    this.#endText()
    const [first] = this.#pieces
    if (first === undefined) return
    const octets = this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces, this.#size)
    this.#pieces = []
    this.#size = 0
    this.#send(octets)
  }

  /** Before anything else is waited for: pipelined commands are answered together, and no answer waits for a slow command behind it. */
  flushSoon(): void {
    if (this.#soon || (this.#text === '' && this.#size === 0)) return
    this.#soon = true
    setImmediate(() => {
      this.#soon = false
      this.flush()
    })
  }

  #send(octets: Uint8Array): void {
    this.#tap?.(octets)
    if (this.#socket.writable) this.#socket.write(octets)
  }

  #endText(): void {
    if (this.#text === '') return
    this.#pieces.push(Buffer.from(this.#text, 'latin1'))
    this.#size += this.#text.length
    this.#text = ''
  }

  /** Waits while the client is behind. Throws `ConnectionLost`. */
  drain(): Promise<void> | undefined {
    if (this.#socket.destroyed) throw new ConnectionLost('the client is gone')
    return this.#socket.writableNeedDrain ? this.#wait(this.#socket) : undefined
  }

  async #wait(socket: Writable): Promise<void> {
    const stalled = this.#clock.after(this.#stallTime, () => socket.destroy())
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const lost = (): void => reject(new ConnectionLost('the client is gone'))
    socket.once('drain', resolve)
    socket.once('close', lost)
    try {
      await promise
    } finally {
      stalled.cancel()
      socket.off('drain', resolve)
      socket.off('close', lost)
    }
  }
}
