import type { Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'

/** What `nextLine` found. `partial` are octets that came without a line end. */
export type Received =
  | { readonly kind: 'line'; readonly octets: string }
  | { readonly kind: 'closed'; readonly partial: string }
  | { readonly kind: 'timeout'; readonly partial: string }

/** The client's end of one connection: lines in order, each waited for. */
export class TranscriptClient {
  #socket: Socket
  #buffer = ''
  #closed = false
  #wake: (() => void) | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    this.#listen()
  }

  #listen(): void {
    const socket = this.#socket
    const onData = (chunk: Buffer): void => {
      this.#buffer += chunk.toString('latin1')
      this.#wake?.()
    }
    const onEnd = (): void => {
      if (socket !== this.#socket) return
      this.#closed = true
      this.#wake?.()
    }
    socket.on('data', onData)
    socket.on('end', onEnd)
    socket.on('close', onEnd)
    // A reset is an end like any other; what is expected of it stands in the transcript.
    socket.on('error', onEnd)
  }

  /** Everything that came and was not yet taken. */
  get unread(): string {
    return this.#buffer
  }

  send(octets: string): void {
    this.#socket.write(Buffer.from(octets, 'latin1'))
  }

  /** The next line without its CRLF; only CRLF ends a line. */
  async nextLine(timeoutMs: number): Promise<Received> {
    const deadline = Date.now() + timeoutMs
    let searched = 0
    for (;;) {
      const end = this.#buffer.indexOf('\r\n', Math.max(0, searched - 1))
      if (end !== -1) {
        const octets = this.#buffer.slice(0, end)
        this.#buffer = this.#buffer.slice(end + 2)
        return { kind: 'line', octets }
      }
      searched = this.#buffer.length
      if (this.#closed) return { kind: 'closed', partial: this.#buffer }
      if (!(await this.#more(deadline - Date.now()))) return { kind: 'timeout', partial: this.#buffer }
    }
  }

  /** Resolves to whether nothing at all came within `ms`. */
  async silent(ms: number): Promise<boolean> {
    if (this.#buffer === '' && !this.#closed) await this.#more(ms)
    return this.#buffer === '' && !this.#closed
  }

  /** Waits for octets or the end; false when neither came in time. */
  async #more(ms: number): Promise<boolean> {
    if (ms <= 0) return false
    return new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => {
        this.#wake = undefined
        resolve(false)
      }, ms)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve(true)
      }
    })
  }

  /** Hands the socket to TLS; throws when the server sent octets in clear behind its go-ahead. */
  async startTls(options: ConnectionOptions): Promise<void> {
    if (this.#buffer !== '') throw new Error(`octets in clear before the handshake: ${JSON.stringify(this.#buffer)}`)
    const plain = this.#socket
    plain.removeAllListeners('data')
    const secure = connectTls({ ...options, socket: plain })
    this.#socket = secure
    await new Promise<void>((resolve, reject) => {
      secure.once('secureConnect', resolve)
      secure.once('error', reject)
      secure.once('close', () => reject(new Error('closed during the handshake')))
    })
    this.#listen()
  }

  /** Sends FIN. */
  close(): void {
    this.#socket.end()
  }

  /** Ends at once; with RST where it can. A reset in the middle of an orderly end leaves the handle open and libuv spinning. */
  reset(): void {
    if (!this.#closed && !this.#socket.writableEnded && this.#socket.constructor.name === 'Socket') this.#socket.resetAndDestroy()
    else this.#socket.destroy()
  }
}
