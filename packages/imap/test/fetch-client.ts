import type { Socket } from 'node:net'

/** FETCH responses by sequence number: the value of each item by its label, `null` for NIL. */
export type Fetched = Map<number, Map<string, Buffer | null>>

/** A client that understands literals and nothing more. */
export class FetchClient {
  readonly #socket: Socket
  #chunks: Buffer[] = []
  #closed = false
  #wake: (() => void) | undefined
  #tag = 0

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#wake?.()
    })
    socket.on('close', () => {
      this.#closed = true
      this.#wake?.()
    })
  }

  /** Logs in as ann and selects INBOX. */
  async open(): Promise<void> {
    await this.command('LOGIN ann@example.org secret')
    await this.command('SELECT INBOX')
  }

  /** All that comes up to the tagged response, which must be OK. */
  async command(text: string): Promise<Buffer> {
    const answer = await this.#answer(text)
    const tag = `t${this.#tag}`
    const last = answer.subarray(answer.lastIndexOf(`${tag} `)).toString()
    if (!last.startsWith(`${tag} OK`)) throw new Error(`${text.slice(0, 200)}: ${last}`)
    return answer
  }

  async fetch(text: string): Promise<Fetched> {
    return parseFetched(await this.command(text))
  }

  /** What was fetched, whatever the tagged response. */
  async try(text: string): Promise<Fetched> {
    return parseFetched(await this.#answer(text))
  }

  /** APPEND of several messages at once, as literal8 with `binary`. Resolves to the tagged response without its tag. */
  async append(mailbox: string, messages: readonly Uint8Array[], binary = false): Promise<string> {
    const tag = `t${++this.#tag}`
    this.#socket.write(`${tag} APPEND ${mailbox}`)
    for (const octets of messages) {
      this.#socket.write(` ${binary ? '~' : ''}{${octets.length}+}\r\n`)
      this.#socket.write(octets)
    }
    this.#socket.write('\r\n')
    const answer = await this.#upTo(tag)
    return answer.toString('latin1', answer.lastIndexOf(`${tag} `) + tag.length + 1).trim()
  }

  #answer(text: string): Promise<Buffer> {
    const tag = `t${++this.#tag}`
    this.#socket.write(`${tag} ${text}\r\n`)
    return this.#upTo(tag)
  }

  async #upTo(tag: string): Promise<Buffer> {
    for (;;) {
      const tail = Buffer.concat(this.#chunks.slice(-2)).subarray(-2000).toString('latin1')
      const at = tail.lastIndexOf(`${tag} `)
      if (at >= 0 && tail.endsWith('\r\n') && tail.indexOf('\r\n', at) === tail.length - 2) {
        const answer = Buffer.concat(this.#chunks)
        this.#chunks = []
        return answer
      }
      if (this.#closed) throw new Error('the connection was closed')
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

const RESPONSE = /^\* (\d+) FETCH \(/

function parseFetched(octets: Buffer): Fetched {
  const fetched: Fetched = new Map()
  for (let at = 0; at < octets.length;) {
    const end = octets.indexOf('\r\n', at)
    const match = RESPONSE.exec(octets.toString('latin1', at, end))
    if (match === null) {
      at = end + 2
      continue
    }
    const reader = new ItemReader(octets, at + match[0].length)
    fetched.set(Number(match[1]), reader.items())
    at = reader.at
  }
  return fetched
}

class ItemReader {
  at: number
  readonly #octets: Buffer

  constructor(octets: Buffer, at: number) {
    this.#octets = octets
    this.at = at
  }

  /** label SP value, up to the closing parenthesis and its line end. */
  items(): Map<string, Buffer | null> {
    const items = new Map<string, Buffer | null>()
    for (;;) {
      const label = this.#label()
      items.set(label, this.#value())
      const next = this.#char()
      this.at++
      if (next === ')') break
      if (next !== ' ') throw new Error(`no blank behind ${label}`)
    }
    if (this.#octets.toString('latin1', this.at, this.at + 2) !== '\r\n') throw new Error('no line end behind a response')
    this.at += 2
    return items
  }

  #char(): string {
    return String.fromCharCode(this.#octets[this.at] ?? 0)
  }

  /** Up to a blank that stands in no brackets. */
  #label(): string {
    const start = this.at
    for (let depth = 0; depth > 0 || this.#char() !== ' '; this.at++) {
      if (this.#char() === '[') depth++
      if (this.#char() === ']') depth--
    }
    return this.#octets.toString('latin1', start, this.at++)
  }

  #value(): Buffer | null {
    const start = this.at
    if (this.#char() === '~') this.at++
    if (this.#char() === '{') return this.#literal()
    if (this.#char() === '(') {
      this.#list()
    } else if (this.#char() === '"') {
      this.#quoted()
    } else {
      while (!' )\r'.includes(this.#char())) this.at++
    }
    const value = this.#octets.subarray(start, this.at)
    return value.toString('latin1') === 'NIL' ? null : value
  }

  #literal(): Buffer {
    const close = this.#octets.indexOf('}\r\n', this.at)
    const size = Number(this.#octets.toString('latin1', this.at + 1, close))
    this.at = close + 3 + size
    return this.#octets.subarray(close + 3, this.at)
  }

  #list(): void {
    for (this.at++; this.#char() !== ')';) {
      if (this.#char() === '(') this.#list()
      else if (this.#char() === '"') this.#quoted()
      else if (this.#char() === '{') this.#literal()
      else if ('\r\n\0'.includes(this.#char())) throw new Error('a list does not end')
      else this.at++
    }
    this.at++
  }

  #quoted(): void {
    for (this.at++; this.#char() !== '"'; this.at++) {
      if ('\r\n\0'.includes(this.#char())) throw new Error('a quoted string does not end')
      if (this.#char() === '\\') this.at++
    }
    this.at++
  }
}
