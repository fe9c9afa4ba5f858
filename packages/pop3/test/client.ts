import type { Socket } from 'node:net'

/** A client that reads as strictly as RFC 1939 section 3 is written: only CRLF ends a line. */
export class Pop3Client {
  readonly socket: Socket
  #pieces: Buffer[] = []
  #closed = false
  #wake: () => void = () => {}

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#pieces.push(chunk)
      this.#wake()
    })
    const ended = (): void => {
      this.#closed = true
      this.#wake()
    }
    socket.on('end', ended)
    socket.on('close', ended)
    socket.on('error', ended)
  }

  send(...lines: readonly string[]): void {
    this.socket.write(lines.map((line) => `${line}\r\n`).join(''))
  }

  /** A command and its one line. */
  async ask(line: string): Promise<string> {
    this.send(line)
    return this.line()
  }

  async line(): Promise<string> {
    return (await this.#until('\r\n')).toString('latin1').slice(0, -2)
  }

  /** What follows the first line of a multi-line response: stuffing undone, the final CRLF left out. */
  async content(): Promise<Buffer> {
    const first = await this.#until('\r\n')
    if (first.toString('latin1') === '.\r\n') return Buffer.alloc(0)
    this.#pieces.unshift(first)
    const octets = await this.#until('\r\n.\r\n')
    return Buffer.from(
      octets
        .toString('latin1')
        .slice(0, -5)
        .replaceAll(/(^|\r\n)\.\./g, '$1.'),
      'latin1',
    )
  }

  /** Everything until the server ends the connection. */
  async rest(): Promise<string> {
    while (!this.#closed) await this.#more()
    return Buffer.concat(this.#pieces).toString('latin1')
  }

  async #until(end: string): Promise<Buffer> {
    for (let searched = 0; ;) {
      const octets = Buffer.concat(this.#pieces)
      const at = octets.indexOf(end, Math.max(0, searched - end.length))
      if (at !== -1) {
        this.#pieces = [octets.subarray(at + end.length)]
        return octets.subarray(0, at + end.length)
      }
      if (this.#closed) throw new Error(`closed before ${JSON.stringify(end)}: ${JSON.stringify(octets.toString('latin1').slice(-200))}`)
      searched = octets.length
      this.#pieces = [octets]
      await this.#more()
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }
}
