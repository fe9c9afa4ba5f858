import type { Socket } from 'node:net'
import type { Clock } from '@mailstead/base'
import { ConnectionLost } from './errors.ts'

/** Octets gathered before they go to the socket. */
const BATCH = 32 * 1024

/**
 * What goes to the client. Small pieces are gathered and written together; `drain` is where a producer of much
 * waits for a slow client.
 */
export class Output {
  #socket: Socket
  readonly #clock: Clock
  readonly #stallTime: number
  #tap: ((octets: Uint8Array) => void) | undefined
  #text = ''
  #soon = false

  constructor(socket: Socket, clock: Clock, stallTime: number, tap: ((octets: Uint8Array) => void) | undefined) {
    this.#socket = socket
    this.#clock = clock
    this.#stallTime = stallTime
    this.#tap = tap
  }

  /** After STARTTLS. */
  set socket(socket: Socket) {
    this.#socket = socket
  }

  /** One character is one octet. */
  write(text: string): void {
    this.#text += text
    if (this.#text.length >= BATCH) this.flush()
  }

  /** Octets that do not change afterwards. */
  bytes(octets: Uint8Array): void {
    if (octets.length < 1024) {
      this.write(Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1'))
      return
    }
    this.flush()
    this.#send(octets)
  }

  flush(): void {
    if (this.#text === '') return
    const text = this.#text
    this.#text = ''
    this.#send(Buffer.from(text, 'latin1'))
  }

  /** Before anything else is waited for: pipelined commands are answered together, and no answer waits for a slow command behind it. */
  flushSoon(): void {
    if (this.#soon || this.#text === '') return
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

  /** Waits while the client is behind. Throws `ConnectionLost`. */
  drain(): Promise<void> | undefined {
    if (this.#socket.destroyed) throw new ConnectionLost('the client is gone')
    if (!this.#socket.writableNeedDrain) return undefined
    return this.#wait(this.#socket)
  }

  async #wait(socket: Socket): Promise<void> {
    const stalled = this.#clock.after(this.#stallTime, () => socket.destroy())
    try {
      await new Promise<void>((resolve, reject) => {
        const done = (): void => {
          socket.off('drain', done)
          socket.off('close', lost)
          resolve()
        }
        const lost = (): void => {
          socket.off('drain', done)
          reject(new ConnectionLost('the client is gone'))
        }
        socket.once('drain', done)
        socket.once('close', lost)
      })
    } finally {
      stalled.cancel()
    }
  }
}
