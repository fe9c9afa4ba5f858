import type { Socket } from 'node:net'
import type { Logger, Timer } from '@mailstead/base'
import { type ConnectionInfo, ConnectionLost, Output, tlsChannel, type TlsChannel, type TlsSource, upgradeToTls } from '@mailstead/net'
import type { AccountId } from '@mailstead/store'
import { formatPop3Reply, parsePop3Command, Pop3Framer, type Pop3Line, type Pop3ResponseCode } from '@mailstead/wire'
import { Choices } from './choices.ts'
import type { Command, Peer, Result, Services } from './command.ts'
import { COMMANDS } from './commands/table.ts'
import { LoginRefused } from '@mailstead/sasl'
import { badSyntax, Pop3Refusal, toFailure } from './errors.ts'
import { COMMANDS_A_STEP, LINGER } from './limits.ts'
import { Responder } from './responder.ts'
import { STRANGER, type Session } from './session.ts'
import type { ConnectionTap } from './tap.ts'
import { LANGUAGES, type Say } from './texts.ts'

/** What a connection is given besides its socket. */
export interface ConnectionOptions {
  readonly services: Services
  readonly tls: TlsSource | undefined
  /** A password may be taken in clear on this connection. */
  readonly plaintext: boolean
  readonly log: Logger
  readonly tap: ConnectionTap | undefined
  readonly closed: (connection: Connection) => void
}

interface LineReader {
  readonly resolve: (line: Uint8Array | undefined) => void
  readonly reject: (error: Error) => void
}

const shuttingDown: Say = (texts) => texts.shuttingDown

/**
 * One client: octets in, commands one at a time, answers out in their order. Commands that arrive while one runs wait
 * in the framer, and when too much waits the client is not read from. Nothing but the session and a timer lives while
 * a client is idle.
 */
export class Connection implements Peer {
  readonly info: ConnectionInfo
  readonly log: Logger
  readonly choices = new Choices()
  readonly timestamp: string | undefined
  encrypted: boolean

  readonly #options: ConnectionOptions
  readonly #services: Services
  readonly #framer: Pop3Framer
  readonly #output: Output
  readonly #respond: Responder
  readonly #startedAt: number
  #socket: Socket
  #session: Session = STRANGER
  #timer: Timer | undefined
  #lastCommand: number
  #running = false
  #reader: LineReader | undefined
  #paused = false
  /** The client sends no more. */
  #halfClosed = false
  #draining = false
  #ended = false
  #closed = false
  #bad = 0
  #failedLogins = 0

  constructor(socket: Socket, info: ConnectionInfo, options: ConnectionOptions) {
    const { services, tap } = options
    const { limits, clock } = services
    this.info = info
    this.log = options.log
    this.encrypted = info.secure
    this.timestamp = services.accounts.apop === undefined ? undefined : services.timestamp()
    this.#options = options
    this.#services = services
    this.#socket = socket
    this.#framer = new Pop3Framer(limits.response)
    this.#output = new Output(socket, clock, limits.stallTime, tap === undefined ? undefined : (octets) => tap.server(octets))
    this.#respond = new Responder(this.#output, this.choices)
    this.#startedAt = this.#lastCommand = clock.now()
  }

  get secure(): boolean {
    return this.encrypted || this.#options.plaintext
  }

  get canStartTls(): boolean {
    return this.#options.tls !== undefined
  }

  get channel(): TlsChannel | undefined {
    return tlsChannel(this.#socket)
  }

  /** Whose maildrop is open. */
  get account(): AccountId | undefined {
    return this.#session.state === 'transaction' ? (this.#session.identity.account as AccountId) : undefined
  }

  /** Greets, and listens from now on. A timestamp offers APOP (RFC 1939 section 7): there is none where that is not configured. */
  start(): void {
    const behind = this.timestamp === undefined ? '' : ` ${this.timestamp}`
    this.#respond.ok((texts) => texts.greeting(this.#services.hostName) + behind)
    this.#output.flush()
    this.#listen()
    this.#watchTime()
  }

  /** Says goodbye now, or once the command that runs is answered. */
  drain(): void {
    this.#draining = true
    if (!this.#running || this.#reader !== undefined) this.goodbye(shuttingDown, 'SYS/TEMP')
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** A last -ERR, and no further command. What was marked stays in the maildrop. */
  goodbye(say: Say, code?: Pop3ResponseCode): void {
    if (this.#ended) return
    this.#respond.error(say, code)
    this.#hangUp()
  }

  readLine(): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#ended || this.#closed) {
        reject(new ConnectionLost('the client is gone'))
        return
      }
      this.#reader = { resolve, reject }
      this.#feedReader()
      if (this.#reader === undefined) return
      if (this.#draining) this.drain()
      else if (this.#halfClosed) this.#hangUp()
    })
  }

  #listen(): void {
    const socket = this.#socket
    // A client may send its commands and then FIN: they are answered all the same.
    socket.allowHalfOpen = true
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('error', (error) => this.log.debug('pop3: connection failed', { error: error.message }))
    socket.on('close', () => {
      if (socket === this.#socket) this.#onClose()
    })
    socket.on('end', () => this.#onEnd())
    socket.resume()
  }

  #onData(chunk: Buffer): void {
    if (this.#ended) return
    this.#framer.push(chunk)
    if (this.#reader !== undefined) this.#feedReader()
    else if (!this.#running) void this.#run()
    if (this.#framer.buffered > this.#services.limits.ahead && !this.#paused) {
      this.#paused = true
      this.#socket.pause()
    }
  }

  /** What the client has sent before is still run. */
  #onEnd(): void {
    this.#halfClosed = true
    if (!this.#running || this.#reader !== undefined) this.#hangUp()
  }

  #onClose(): void {
    if (this.#closed) return
    this.#closed = true
    this.#ended = true
    this.#timer?.cancel()
    this.#become(STRANGER)
    this.#framer.clear()
    this.#reader?.reject(new ConnectionLost('the client is gone'))
    this.#reader = undefined
    if (!this.#running) this.#finish()
  }

  #finish(): void {
    this.#options.tap?.close()
    this.#options.closed(this)
  }

  #feedReader(): void {
    const reader = this.#reader
    const line = reader === undefined ? undefined : this.#framer.next()
    if (reader === undefined || line === undefined) {
      this.#resume()
      return
    }
    this.#reader = undefined
    this.#options.tap?.response()
    reader.resolve(line.kind === 'line' ? line.octets : undefined)
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#socket.resume()
  }

  /** Runs what has arrived, to the last whole line. */
  async #run(): Promise<void> {
    this.#running = true
    try {
      for (let commands = 1; ; commands++) {
        const line = this.#ended ? undefined : this.#framer.next()
        if (line === undefined) break
        await this.#take(line)
        // Backpressure: a client that pipelines but does not read gets no further.
        const behind = this.#output.drain()
        if (behind !== undefined) await behind
        if (commands % COMMANDS_A_STEP === 0) await new Promise((resolve) => setImmediate(resolve))
      }
    } catch (error) {
      if (!(error instanceof ConnectionLost)) {
        this.log.error('pop3: connection loop failed', { error })
        this.goodbye((texts) => texts.internalError, 'SYS/TEMP')
      }
    }
    this.#output.flush()
    this.#running = false
    this.#lastCommand = this.#services.clock.now()
    if (this.#closed) this.#finish()
    else if (this.#halfClosed) this.#hangUp()
    else this.#resume()
  }

  async #take(line: Pop3Line): Promise<void> {
    try {
      await this.#execute(line)
      this.#bad = 0
    } catch (error) {
      if (error instanceof ConnectionLost) throw error
      this.#fail(error)
    }
    if (this.#draining) this.goodbye(shuttingDown, 'SYS/TEMP')
  }

  async #execute(line: Pop3Line): Promise<void> {
    const session = this.#session
    // RFC 1939 section 7: PASS only immediately after USER, whatever comes in between.
    if (session.state === 'authorization' && session.user !== undefined) this.#become(STRANGER)
    const { command, argument } = this.#lookUp(line)
    const result = await command.run({ session, respond: this.#respond, services: this.#services, peer: this }, argument)
    const concluded = this.#conclude(result)
    if (concluded !== undefined) await concluded
  }

  /** Throws `Pop3SyntaxError` and `Pop3Refusal` for what is no command, or out of place. */
  #lookUp(line: Pop3Line): { readonly command: Command; readonly argument: string } {
    if (line.kind === 'too-long') throw badSyntax((texts) => texts.lineTooLong)
    this.#options.tap?.command(line.octets)
    const { keyword, argument } = parsePop3Command(line.octets)
    const command = COMMANDS.get(keyword)
    if (command === undefined) throw badSyntax((texts) => texts.noSuchCommand)
    // AUTH carries an initial response, which clients send in full though RFC 5034 section 4 asks them not to.
    if (line.octets.length > this.#services.limits.command && keyword !== 'AUTH') throw badSyntax((texts) => texts.lineTooLong)
    const { state } = this.#session
    if (command.state === 'any' || command.state === state) return { command, argument }
    throw new Pop3Refusal((texts) => (state === 'authorization' ? texts.logInFirst : texts.loggedInAlready))
  }

  #conclude({ text, session, after }: Result): Promise<void> | undefined {
    if (session !== undefined) this.#become(session)
    if (after === 'start-tls') return this.#startTls()
    if (text !== undefined) this.#respond.ok(text)
    if (after === 'close') this.#hangUp()
    return undefined
  }

  #fail(error: unknown): void {
    const { code, say, bad, bug } = toFailure(error)
    if (bug) this.log.error('pop3: command failed', { error })
    else this.log.debug('pop3: command refused', { code, text: say(LANGUAGES.en.texts), state: this.#session.state })
    this.#respond.error(say, code)
    this.#bad = bad ? this.#bad + 1 : 0
    const { badCommands, failedLogins } = this.#services.limits
    const wrong = error instanceof LoginRefused && error.failure === 'bad-credentials'
    if (wrong && ++this.#failedLogins >= failedLogins) this.#leave('too many failed logins')
    else if (this.#bad >= badCommands) this.#leave('too many bad commands')
  }

  #leave(reason: string): void {
    this.log.warn('pop3: client sent away', { reason, address: this.info.remoteAddress })
    this.#hangUp()
  }

  /** Leaves the old session behind: its maildrop is free for others, with all its messages. */
  #become(next: Session): void {
    const before = this.#session
    if (before.state === 'transaction' && before !== next) before.maildrop.close()
    this.#session = next
    // The client went away during its login.
    if (this.#ended && next.state === 'transaction') this.#become(STRANGER)
  }

  /** The reply is the last octet in clear; what was pipelined behind the command is forgotten (RFC 2595 section 4). */
  async #startTls(): Promise<void> {
    const { tls } = this.#options
    if (tls === undefined) throw new Pop3Refusal((texts) => texts.tlsUnavailable)
    this.#output.flush()
    this.#framer.clear()
    const goAhead = formatPop3Reply('+OK', undefined, this.choices.texts.beginTls)
    // What somebody in between may have asked for in clear counts no more (RFC 6856 section 7).
    this.choices.reset()
    this.#options.tap?.server(Buffer.from(goAhead, 'latin1'))
    const plain = this.#socket
    try {
      this.#socket = await upgradeToTls(plain, tls, { goAhead, clock: this.#services.clock })
    } catch (error) {
      this.log.info('pop3: TLS handshake failed', { error: error instanceof Error ? error.message : String(error) })
      this.#ended = true
      plain.destroy()
      throw new ConnectionLost('the TLS handshake failed')
    }
    this.#output.socket = this.#socket
    this.encrypted = true
    this.#paused = false
    this.#listen()
  }

  #hangUp(): void {
    if (this.#ended) return
    this.#ended = true
    this.#become(STRANGER)
    this.#output.flush()
    this.#socket.end()
    this.#reader?.reject(new ConnectionLost('the session is over'))
    this.#reader = undefined
    // A peer that neither reads nor closes is not waited for.
    this.#timer?.cancel()
    this.#timer = this.#services.clock.after(LINGER, () => this.#socket.destroy())
  }

  /**
   * One timer a connection, looked at now and then: commands only note their time. RFC 1939 section 3: when it has run
   * out the connection closes, with no answer and nothing removed.
   */
  #watchTime(): void {
    const { clock, limits } = this.#services
    const loggedIn = this.#session.state === 'transaction'
    const busy = loggedIn && this.#running
    const passed = clock.now() - (loggedIn ? this.#lastCommand : this.#startedAt)
    const left = (loggedIn ? limits.idleTime : limits.loginTime) - passed
    if (left <= 0 && !busy) {
      this.log.info('pop3: timed out', { state: this.#session.state })
      this.#hangUp()
      return
    }
    this.#timer = clock.after(busy ? limits.idleTime : left, () => {
      if (!this.#ended) this.#watchTime()
    })
  }
}
