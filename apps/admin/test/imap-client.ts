import { readFileSync } from 'node:fs'
import { connect, type TLSSocket } from 'node:tls'

/** As much of an IMAP client as it takes to see whether somebody can log in and what is in the inbox. */
export class ImapClient {
  readonly #socket: TLSSocket
  #text = ''
  #wake: () => void = () => undefined
  #ended = false

  constructor(port: number, caFile: string) {
    this.#socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: readFileSync(caFile) })
    this.#socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString()
      this.#wake()
    })
    this.#socket.on('error', () => undefined)
    this.#socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  /** Everything up to what matches, which is then forgotten. Rejects when the connection ends before. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#text)
      if (match !== null) {
        const text = this.#text.slice(0, match.index + match[0].length)
        this.#text = this.#text.slice(text.length)
        return text
      }
      if (this.#ended) throw new Error(`connection ended before ${pattern}: ${this.#text}`)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** The whole answer to one command. */
  async command(text: string): Promise<string> {
    this.#socket.write(`t ${text}\r\n`)
    return this.until(/^t (OK|NO|BAD).*\r\n/m)
  }

  /** Sends without waiting for an answer. */
  send(text: string): void {
    this.#socket.write(text)
  }

  end(): void {
    this.#socket.destroy()
  }
}
