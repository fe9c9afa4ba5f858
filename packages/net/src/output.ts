import type { Writable } from 'node:stream'
import type { Clock } from '@mailstead/base'
import { ConnectionLost } from './errors.ts'

/** Octets gathered before they go to the socket. */
const BATCH = 64 * 1024
/** The same where the system is given pieces as they are: each write costs a call, and wakes who reads. */
const LARGE_BATCH = 256 * 1024
/** Fewer are cheaper to copy than to keep apart. */
const SMALL = 1024
/** With so many in one piece the system is given the pieces as they are. */
const LARGE = 16 * 1024

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
  #large = false
  /** Called when what is sent next has left. */
  #actions: (() => void)[] = []
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
    if (this.#text.length >= BATCH || this.#size + this.#text.length >= this.#batch) this.flush()
  }

  /** Octets that do not change afterwards. */
  bytes(octets: Uint8Array): void {
    if (octets.length < SMALL) {
      this.write(Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1'))
      return
    }
    this.#endText()
    this.#pieces.push(octets)
    this.#size += octets.length
    this.#large ||= octets.length >= LARGE
    if (this.#size >= this.#batch) this.flush()
  }

  get #batch(): number {
    return this.#large ? LARGE_BATCH : BATCH
  }

  /** Calls back when nobody looks at what is written so far any more: when it has left, or never, where the client goes before. */
  whenSent(action: () => void): void {
    // The tap may keep the beginning of a line.
    if (this.#tap === undefined) this.#actions.push(action)
  }

  flush(): void {
    if (this.#size === 0 && this.#actions.length === 0) {
      this.#sendText()
      return
    }
    this.#endText()
    const pieces = this.#pieces
    if (pieces.length === 0) return
    if (this.#large || pieces.length === 1) this.#send(pieces)
    else {
      const joined = Buffer.concat(pieces, this.#size)
      // Not one of those that share a buffer with others.
      if (joined.buffer.byteLength === joined.length) this.whenSent(() => void joined.buffer.transfer(0))
      this.#send([joined])
    }
    this.#pieces = []
    this.#size = 0
    this.#large = false
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

  #send(pieces: readonly Uint8Array[]): void {
    for (const octets of pieces) this.#tap?.(octets)
    const socket = this.#socket
    if (!socket.writable) return
    const last = pieces.at(-1) as Uint8Array
    if (pieces.length > 1) socket.cork()
    for (let at = 0; at < pieces.length - 1; at++) socket.write(pieces[at])
    const actions = this.#actions
    if (actions.length === 0) socket.write(last)
    else {
      this.#actions = []
      socket.write(last, (error) => {
        if (error === undefined || error === null) for (const action of actions) action()
      })
    }
    if (pieces.length > 1) socket.uncork()
  }

  /** As it is: Node writes it without making a buffer of it. */
  #sendText(): void {
    const text = this.#text
    if (text === '') return
    this.#text = ''
    this.#tap?.(Buffer.from(text, 'latin1'))
    if (this.#socket.writable) this.#socket.write(text, 'latin1')
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
