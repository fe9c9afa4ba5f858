import type { Socket } from 'node:net'

/** How long a test waits for an answer before it gives up; far beyond what any answer takes. */
const PATIENCE = 20_000

/** A client that reads whole responses, literals and all, and otherwise does as it is told. Text is one character an octet. */
export class Client {
  readonly socket: Socket
  #chunks: Buffer[] = []
  #ended = false
  #wake: (() => void) | undefined
  #tag = 0

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#wake?.()
    })
    const end = (): void => {
      this.#ended = true
      this.#wake?.()
    }
    socket.on('end', end)
    socket.on('close', end)
    socket.on('error', end)
  }

  send(text: string): void {
    this.socket.write(Buffer.from(text, 'latin1'))
  }

  /** The next response without its last CRLF, its literals where they stand; `undefined` at the end of the connection. */
  async response(): Promise<string | undefined> {
    let from = 0
    for (;;) {
      const buffer = this.#joined()
      const end = buffer.indexOf('\r\n', from)
      if (end === -1) {
        if (this.#ended) return undefined
        await this.#more()
        continue
      }
      const literal = /\{(\d+)\}$/.exec(buffer.toString('latin1', Math.max(from, end - 24), end))
      if (literal === null) {
        this.#chunks = [buffer.subarray(end + 2)]
        return buffer.toString('latin1', 0, end)
      }
      from = end + 2 + Number(literal[1])
      while (this.#joined().length < from) {
        if (this.#ended) return undefined
        await this.#more()
      }
    }
  }

  /** Everything up to the tagged response, that included. */
  async until(tag: string): Promise<string[]> {
    const responses: string[] = []
    for (;;) {
      const response = await this.response()
      if (response === undefined) throw new Error(`the connection ended before ${tag} was answered: ${responses.join('\n')}`)
      responses.push(response)
      if (response.startsWith(`${tag} `)) return responses
    }
  }

  /** One command without literals, and all that is said until it is answered. */
  command(text: string): Promise<string[]> {
    const tag = `t${++this.#tag}`
    this.send(`${tag} ${text}\r\n`)
    return this.until(tag)
  }

  /** The command's OK; throws for anything else. */
  async ok(text: string): Promise<string[]> {
    const responses = await this.command(text)
    if (!/^\S+ OK /.test(responses.at(-1) ?? '')) throw new Error(`${text}: ${responses.at(-1) ?? ''}`)
    return responses
  }

  /** All responses to the end of the connection. */
  async rest(): Promise<string[]> {
    const responses: string[] = []
    for (let response = await this.response(); response !== undefined; response = await this.response()) responses.push(response)
    return responses
  }

  #joined(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0] as Buffer
  }

  #more(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`nothing came; unread: ${this.#joined().toString('latin1').slice(0, 200)}`)),
        PATIENCE,
      )
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
    })
  }
}

/** A client of ann's that has read the greeting and logged in. */
export async function logIn(server: { connect(): Promise<Socket> }): Promise<Client> {
  const client = new Client(await server.connect())
  await client.response()
  await client.ok('LOGIN ann@example.org secret')
  return client
}
