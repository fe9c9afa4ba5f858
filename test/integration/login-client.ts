import { once } from 'node:events'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'

export type LoginProtocol = 'imap' | 'pop3' | 'smtp'

/** How one protocol carries SASL: RFC 3501 section 6.2.2, RFC 5034 section 4, RFC 4954 section 4. */
interface Dialect {
  /** What is said to learn the mechanisms, and the line that ends the answer. */
  readonly ask: string
  readonly end: RegExp
  readonly mechanisms: RegExp
  readonly command: string
  readonly challenge: RegExp
  readonly granted: RegExp
  readonly quit: string
}

const DIALECT: Record<LoginProtocol, Dialect> = {
  imap: {
    ask: 'c CAPABILITY',
    end: /^c /,
    mechanisms: /AUTH=(\S+)/g,
    command: 'a AUTHENTICATE',
    challenge: /^\+ (.*)$/,
    granted: /^a OK/,
    quit: 'z LOGOUT',
  },
  pop3: {
    ask: 'CAPA',
    end: /^\.$/,
    mechanisms: /^SASL (.*)$/gm,
    command: 'AUTH',
    challenge: /^\+ (.*)$/,
    granted: /^\+OK/,
    quit: 'QUIT',
  },
  smtp: {
    ask: 'EHLO client.example',
    end: /^250 /,
    mechanisms: /^250.AUTH (.*)$/gm,
    command: 'AUTH',
    challenge: /^334 (.*)$/,
    granted: /^235 /,
    quit: 'QUIT',
  },
}

export type Respond = (challenge: string) => string

/** A client that can do no more than log in, with any mechanism, on a port with TLS from the start. */
export class LoginClient {
  readonly socket: TLSSocket
  /** Names of the mechanisms. */
  offered: readonly string[] = []
  readonly #dialect: Dialect
  #received = ''

  private constructor(protocol: LoginProtocol, socket: TLSSocket) {
    this.#dialect = DIALECT[protocol]
    this.socket = socket
    socket.on('data', (chunk: Buffer) => (this.#received += chunk.toString()))
  }

  static async connect(protocol: LoginProtocol, options: ConnectionOptions): Promise<LoginClient> {
    const socket = connect({ host: '127.0.0.1', servername: 'localhost', ...options })
    await once(socket, 'secureConnect')
    const client = new LoginClient(protocol, socket)
    await client.#line()
    client.offered = await client.#ask()
    return client
  }

  async #ask(): Promise<string[]> {
    const { ask, end, mechanisms } = this.#dialect
    const lines: string[] = []
    this.#send(ask)
    do lines.push(await this.#line())
    while (!end.test(lines.at(-1) ?? ''))
    return [...lines.join('\n').matchAll(mechanisms)].flatMap(([, names = '']) => names.split(' '))
  }

  /** The line that decides, after `respond` was asked for each challenge; `initial` goes with the command. */
  async logIn(mechanism: string, respond: Respond, initial?: string): Promise<{ readonly granted: boolean; readonly line: string }> {
    const { command, challenge, granted } = this.#dialect
    this.#send(`${command} ${mechanism}${initial === undefined ? '' : ` ${base64(initial)}`}`)
    for (;;) {
      const line = await this.#line()
      const [, data] = challenge.exec(line) ?? []
      if (data === undefined) return { granted: granted.test(line), line }
      this.#send(base64(respond(Buffer.from(data, 'base64').toString())))
    }
  }

  /** Resolves when the server has let go: a maildrop is free again then. */
  async quit(): Promise<void> {
    const closed = once(this.socket, 'close')
    this.#send(this.#dialect.quit)
    await closed
  }

  #send(line: string): void {
    this.socket.write(`${line}\r\n`)
  }

  async #line(): Promise<string> {
    while (!this.#received.includes('\r\n')) await once(this.socket, 'data')
    const [line = ''] = this.#received.split('\r\n', 1)
    this.#received = this.#received.slice(line.length + 2)
    return line
  }
}

const base64 = (text: string): string => (text === '' ? '=' : Buffer.from(text).toString('base64'))
