import { connect, type Socket } from 'node:net'

/** How the server, or the client, ended a conversation. */
export type End =
  /** The server said goodbye (221, 421, BYE, +OK) or refused (-ERR). */
  | 'with a reply'
  /** The server ended it without a word, or with a reset. */
  | 'cut'
  /** The client went first. */
  | 'by the client'
  /** The server let it stand for longer than it says. */
  | 'never'

/** Octets of what was said last that are kept. */
const KEPT = 200
const GOODBYE = /^(?:221|421)[ -].*\r?\n|^\* BYE |^-ERR /m

/** A client without manners. */
export class Conversation {
  readonly socket: Socket
  /** The end of what the server said. */
  #said = ''
  /** Whole lines that came. */
  lines = 0
  #over = false
  readonly #ended = Promise.withResolvers<void>()
  #wake = (): void => {}

  constructor(port: number, localAddress: string) {
    this.socket = connect({ port, host: '127.0.0.1', localAddress, allowHalfOpen: true })
    this.socket.on('data', (chunk: Buffer) => {
      for (const octet of chunk) if (octet === 0x0a) this.lines++
      this.#said = (this.#said + chunk.toString('latin1')).slice(-KEPT)
      this.#wake()
    })
    this.socket.on('error', () => this.#end())
    this.socket.once('end', () => this.#end())
    this.socket.once('close', () => this.#end())
  }

  #end(): void {
    this.#over = true
    this.#ended.resolve()
    this.#wake()
  }

  /** The server has ended it. */
  get over(): boolean {
    return this.#over
  }

  /** Resolves when the octets are on their way, or lost. */
  write(text: string | Uint8Array): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (this.#over || !this.socket.writable) resolve()
    else this.socket.write(text, () => resolve())
    return Promise.race([promise, this.#ended.promise])
  }

  /** Waits until so many lines have come since the beginning, or for the end. */
  async heard(lines: number): Promise<void> {
    while (this.lines < lines && !this.#over) await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  /** Waits so long, or for the end. */
  async rest(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const time = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))
    await Promise.race([time, this.#ended.promise])
    clearTimeout(timer)
  }

  /** Waits for the server's end, at most so long; lets go of the connection. */
  async end(ms: number): Promise<End> {
    await this.rest(ms)
    const end = !this.#over ? 'never' : GOODBYE.test(this.#said) ? 'with a reply' : 'cut'
    this.socket.destroy()
    return end
  }

  /** Goes without a word. */
  leave(): void {
    this.socket.destroy()
  }
}
