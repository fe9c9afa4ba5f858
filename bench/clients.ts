/** The smallest clients that can load a server: no library between the measurement and the wire. */
import { connect as connectTcp, type Socket } from 'node:net'
import { readFileSync } from 'node:fs'
import { connect as connectTls } from 'node:tls'

/** Splits what comes into lines; literals are not understood, so ask for none. */
export class LineClient {
  readonly #socket: Socket
  #buffer = ''
  readonly #lines: string[] = []
  readonly #waiting: { match: (line: string) => boolean; resolve: (line: string) => void; reject: (error: Error) => void }[] = []
  #failure: Error | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#take(text))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('connection closed')))
  }

  static tcp(port: number): LineClient {
    return new LineClient(connectTcp(port, '127.0.0.1'))
  }

  static tls(port: number, caFile: string): LineClient {
    return new LineClient(connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca: readFileSync(caFile) }))
  }

  send(text: string): void {
    this.#socket.write(text, 'latin1')
  }

  /** The first line, past or future, that matches; lines before it are dropped. */
  line(match: (line: string) => boolean): Promise<string> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ match, resolve, reject })
      this.#serve()
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(text: string): void {
    this.#buffer += text
    const lines = this.#buffer.split('\r\n')
    this.#buffer = lines.pop() ?? ''
    this.#lines.push(...lines)
    this.#serve()
  }

  #serve(): void {
    while (this.#waiting.length > 0 && this.#lines.length > 0) {
      const line = this.#lines.shift() ?? ''
      if (this.#waiting[0]?.match(line) === true) this.#waiting.shift()?.resolve(line)
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error)
  }
}

/** An SMTP session on the MX port, greeted. */
export class SmtpClient {
  readonly #client: LineClient

  private constructor(client: LineClient) {
    this.#client = client
  }

  static async open(port: number): Promise<SmtpClient> {
    const smtp = new SmtpClient(LineClient.tcp(port))
    await smtp.#reply()
    await smtp.#command('EHLO client.test')
    return smtp
  }

  /** Resolves to the final reply, `250 …` when the message was taken. Any other reply on the way ends the attempt. */
  async deliver(from: string, to: readonly string[], message: string): Promise<string> {
    for (const command of [`MAIL FROM:<${from}>`, ...to.map((address) => `RCPT TO:<${address}>`), 'DATA']) {
      const reply = await this.#command(command)
      if (!/^[23]/.test(reply)) {
        await this.#command('RSET')
        return reply
      }
    }
    this.#client.send(message.replaceAll('\r\n.', '\r\n..'))
    return this.#command('.')
  }

  close(): void {
    this.#client.close()
  }

  #command(line: string): Promise<string> {
    const reply = this.#reply()
    this.#client.send(`${line}\r\n`)
    return reply
  }

  #reply(): Promise<string> {
    return this.#client.line((line) => /^\d{3} /.test(line))
  }
}

/** An IMAP session over TLS, logged in. */
export class ImapClient {
  readonly client: LineClient
  #tag = 0

  private constructor(client: LineClient) {
    this.client = client
  }

  static async open(port: number, caFile: string, user: string, password: string): Promise<ImapClient> {
    const imap = new ImapClient(LineClient.tls(port, caFile))
    await imap.client.line((line) => line.startsWith('* OK'))
    await imap.command(`LOGIN "${user}" "${password}"`)
    return imap
  }

  async command(text: string): Promise<string> {
    const tag = `a${++this.#tag}`
    const answer = this.client.line((line) => line.startsWith(`${tag} `))
    this.client.send(`${tag} ${text}\r\n`)
    const line = await answer
    if (!line.startsWith(`${tag} OK`)) throw new Error(`${text.split(' ')[0]}: ${line}`)
    return line
  }

  /** IDLE until `done`. */
  async idle(): Promise<void> {
    const ready = this.client.line((line) => line.startsWith('+'))
    this.client.send('i IDLE\r\n')
    await ready
  }
}

/** The value below which `share` of the sorted figures lie. */
export function percentile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
