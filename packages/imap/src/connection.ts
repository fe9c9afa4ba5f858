import type { Socket } from 'node:net'
import type { InflateRaw } from 'node:zlib'
import type { Logger, Timer } from '@mailstead/base'
import { type ConnectionInfo, ConnectionLost, Output, tlsChannel, type TlsChannel, type TlsSource, upgradeToTls } from '@mailstead/net'
import type { AccountId } from '@mailstead/store'
import { ImapFramer } from '@mailstead/wire'
import type { Registry, Services } from './command.ts'
import { compress, type Compression } from './compression.ts'
import { Dialogue, strangersLimits, TOO_LONG, type Line } from './dialogue.ts'
import { ImapBad, ImapNo } from './errors.ts'
import { Responder } from './responses.ts'
import type { ConnectionTap } from './tap.ts'

/** What a connection is given besides its socket. */
export interface ConnectionOptions {
  readonly services: Services
  readonly registry: Registry
  readonly tls: TlsSource | undefined
  /** A password may be taken in clear on this connection. */
  readonly plaintext: boolean
  readonly log: Logger
  readonly tap: ConnectionTap | undefined
  readonly admit: (connection: Connection, account: AccountId) => boolean
  /** It belongs to no account any more. */
  readonly leave: (connection: Connection) => void
  readonly closed: (connection: Connection) => void
}

interface LineReader {
  readonly resolve: (line: Buffer) => void
  readonly reject: (error: Error) => void
  readonly secret: boolean
}

/** How long a goodbye may take to be said and read. Milliseconds. */
const LINGER = 10_000

/**
 * One client's socket: octets in, commands one at a time to the dialogue, answers out. Commands that arrive while one
 * runs wait in the framer, and when too much waits the client is not read from. Nothing but the session and a timer
 * lives while a client is idle.
 */
export class Connection implements Line {
  readonly info: ConnectionInfo
  readonly log: Logger
  readonly framer: ImapFramer
  encrypted: boolean

  readonly #options: ConnectionOptions
  readonly #services: Services
  readonly #output: Output
  readonly #respond: Responder
  readonly #dialogue: Dialogue
  readonly #take = (chunk: Buffer): void => this.#onData(chunk)
  readonly #atEnd = (): void => this.#onEnd()
  #socket: Socket
  #compression: Compression | undefined
  #timer: Timer | undefined
  #lastInput: number
  /** When it began to be nobody's. */
  #strangerSince: number
  #running = false
  #reader: LineReader | undefined
  #paused = false
  #inputEnded = false
  /** Called when octets come while commands wait for the store. */
  #arrived: (() => void) | undefined
  /** There may be something to tell though no command asks. */
  #woken = false
  /** Said as soon as no response is half written. */
  #farewell: { readonly text: string; readonly code: string | undefined } | undefined
  /** No further command. */
  #ended = false
  #closed = false

  constructor(socket: Socket, info: ConnectionInfo, options: ConnectionOptions) {
    const { services, registry, tap, log } = options
    const { limits, clock } = services
    this.info = info
    this.log = log
    this.encrypted = info.secure
    this.#options = options
    this.#services = services
    this.#socket = socket
    this.framer = new ImapFramer(strangersLimits(services))
    this.#output = new Output(socket, clock, limits.stallTime, tap === undefined ? undefined : (octets) => tap.server(octets))
    this.#respond = new Responder(this.#output)
    this.#dialogue = new Dialogue(this, { services, registry, respond: this.#respond, tap, log })
    this.#strangerSince = this.#lastInput = clock.now()
  }

  get registry(): Registry {
    return this.#dialogue.registry
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

  get compressed(): boolean {
    return this.#compression !== undefined
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Greets, and listens from now on. */
  start(): void {
    this.#dialogue.greet()
    this.#output.flush()
    this.#listen()
    this.#watchTime()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** BYE and no further command, once the one that runs is answered; it is not waited for long. */
  goodbye(text: string, code?: string): void {
    if (this.#ended) return
    if (!this.#running || this.#reader !== undefined) {
      this.bye(text, code)
      return
    }
    this.#farewell ??= { text, code }
    this.#cutAfterLinger()
  }

  bye(text: string, code?: string): void {
    if (this.#ended) return
    this.#respond.bye(text, code)
    this.hangUp()
  }

  hangUp(): void {
    if (this.#ended) return
    this.#ended = true
    this.#output.flush()
    if (this.#compression === undefined) {
      this.#socket.end()
    } else {
      this.#compression.sink.end()
      this.#socket.unpipe(this.#compression.source)
    }
    // Read on, or the end of the client's side would never be seen; what it sends is dropped.
    this.#socket.resume()
    this.#reader?.reject(new ConnectionLost('the session is over'))
    this.#reader = undefined
    this.#cutAfterLinger()
  }

  admit(account: AccountId): boolean {
    return this.#options.admit(this, account)
  }

  leave(): void {
    this.#options.leave(this)
    this.#strangerSince = this.#services.clock.now()
    if (this.#ended || this.#farewell !== undefined) return
    this.#timer?.cancel()
    this.#watchTime()
  }

  readLine({ secret = false }: { readonly secret?: boolean } = {}): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#ended || this.#closed) {
        reject(new ConnectionLost('the client is gone'))
        return
      }
      this.#reader = { resolve, reject, secret }
      this.#feedReader()
      if (this.#reader === undefined) return
      if (this.#farewell !== undefined) this.bye(this.#farewell.text, this.#farewell.code)
      else if (this.#inputEnded) this.hangUp()
    })
  }

  listen(run: (() => void) | undefined): void {
    this.#dialogue.listener = run
  }

  wake(): void {
    this.#woken = true
    if (!this.#running && !this.#ended && !this.framer.inCommand) void this.#run()
  }

  async push(): Promise<void> {
    await this.#dialogue.tell()
    this.#output.flush()
    await this.#output.drain()
  }

  get #source(): Socket | InflateRaw {
    return this.#compression?.source ?? this.#socket
  }

  #listen(): void {
    const socket = this.#socket
    socket.setNoDelay(true)
    // Clients vanish behind NATs without a word; a push to them would otherwise be the first to notice.
    socket.setKeepAlive(true, this.#services.limits.stallTime)
    // What was sent before the end of input is still answered.
    socket.allowHalfOpen = true
    this.#read()
    socket.on('error', (error) => this.log.debug('imap: connection failed', { error: error.message }))
    socket.on('close', () => {
      if (socket === this.#socket) this.#onClose()
    })
    socket.resume()
  }

  #read(): void {
    this.#source.on('data', this.#take).on('end', this.#atEnd)
  }

  #onData(chunk: Buffer): void {
    if (this.#ended) return
    this.#lastInput = this.#services.clock.now()
    this.framer.push(chunk)
    if (this.#reader !== undefined) this.#feedReader()
    else if (!this.#running) void this.#run()
    else this.#arrived?.()
    if (this.framer.buffered > this.#services.limits.ahead && !this.#paused) {
      this.#paused = true
      this.#source.pause()
    }
  }

  /** The client sends no more. What it has sent before is still run; IDLE ends here. */
  #onEnd(): void {
    this.#inputEnded = true
    if (!this.#running || this.#reader !== undefined) this.hangUp()
  }

  #onClose(): void {
    if (this.#closed) return
    this.#closed = true
    this.#ended = true
    this.#timer?.cancel()
    this.#dialogue.end()
    this.#reader?.reject(new ConnectionLost('the client is gone'))
    this.#reader = undefined
    if (!this.#running) void this.#finish()
  }

  /** Nothing runs any more: gives back what a command that never came to its end has taken. */
  async #finish(): Promise<void> {
    this.framer.clear()
    await this.#dialogue.abandon()
    this.#options.tap?.close()
    this.#options.closed(this)
  }

  #feedReader(): void {
    const reader = this.#reader
    if (reader === undefined) return
    const line = this.framer.rawLine(this.#services.limits.continuation)
    if (line === undefined) {
      this.#resume()
      return
    }
    this.#reader = undefined
    if (line === 'too-long') {
      reader.reject(new ImapBad(TOO_LONG))
      return
    }
    this.#options.tap?.line(line, reader.secret)
    reader.resolve(line)
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#source.resume()
  }

  /** Runs what has arrived, to the last whole command. */
  async #run(): Promise<void> {
    this.#running = true
    try {
      for (;;) {
        const { underway } = this.#dialogue
        if (this.#farewell !== undefined && underway === undefined) this.bye(this.#farewell.text, this.#farewell.code)
        const event = this.#ended || this.#farewell !== undefined ? undefined : this.framer.next()
        if (event !== undefined) await this.#dialogue.take(event)
        else if (underway !== undefined) await this.#inputOr(underway)
        else if (this.#mayTellUnasked) await this.#tellUnasked()
        else break
        if (this.framer.buffered > 0) this.#output.flushSoon()
        // Backpressure: a client that pipelines but does not read gets no further.
        const behind = this.#output.drain()
        if (behind !== undefined) await behind
      }
    } catch (error) {
      if (!(error instanceof ConnectionLost)) {
        this.log.error('imap: connection loop failed', { error })
        this.bye('Internal error', 'SERVERBUG')
      }
      await this.#dialogue.underway?.catch(() => {})
    }
    this.#output.flush()
    this.#running = false
    if (this.#closed) void this.#finish()
    else if (this.#inputEnded) this.hangUp()
    else this.#resume()
  }

  /** Commands that wait for the store are answered, or more have come that can join them. */
  #inputOr(answered: Promise<void>): Promise<void> {
    this.#resume()
    return Promise.race([answered, new Promise<void>((resolve) => (this.#arrived = resolve))])
  }

  /** A command whose end is still to come may name sequence numbers. */
  get #mayTellUnasked(): boolean {
    return this.#woken && !this.#ended && !this.framer.inCommand
  }

  #tellUnasked(): Promise<void> {
    this.#woken = false
    return this.#dialogue.tellUnasked()
  }

  /** The reply is the last octet in clear; what was pipelined behind the command is forgotten (RFC 3501 section 6.2.1). */
  async startTls(goAhead: string): Promise<void> {
    const { tls } = this.#options
    if (tls === undefined) throw new ImapNo('TLS is not available')
    this.#output.flush()
    this.framer.clear()
    this.#options.tap?.server(Buffer.from(goAhead))
    const plain = this.#socket
    try {
      this.#socket = await upgradeToTls(plain, tls, { goAhead, clock: this.#services.clock })
    } catch (error) {
      this.log.info('imap: TLS handshake failed', { error: error instanceof Error ? error.message : String(error) })
      this.#ended = true
      plain.destroy()
      throw new ConnectionLost('the TLS handshake failed')
    }
    this.#output.socket = this.#socket
    this.encrypted = true
    this.#paused = false
    this.#listen()
  }

  /** RFC 4978 section 3: the client has sent nothing since, or it has broken the rule and is out of step. */
  compress(): void {
    this.#output.flush()
    this.framer.clear()
    this.#socket.off('data', this.#take).off('end', this.#atEnd)
    const compression = compress(this.#socket)
    this.#compression = compression
    this.#output.socket = compression.sink
    compression.source.on('error', (error) => {
      this.log.info('imap: what came cannot be inflated', { error: error.message })
      this.goodbye('What was sent is not DEFLATE')
    })
    this.#paused = false
    this.#read()
  }

  /** A command that does not end, or a peer that neither reads nor closes, is not waited for. */
  #cutAfterLinger(): void {
    this.#timer?.cancel()
    if (this.#closed) return
    this.#timer = this.#services.clock.after(LINGER, () => this.#socket.destroy())
  }

  /** One timer a connection, looked at now and then: input only notes its time. */
  #watchTime(): void {
    const { clock, limits } = this.#services
    const { loggedIn } = this.#dialogue
    const busy = this.#running && this.#reader === undefined && loggedIn
    const stalled = this.framer.inCommand && !this.#running
    const limit = !loggedIn ? limits.loginTime : stalled ? limits.stallTime : limits.idleTime
    const left = limit - (clock.now() - (loggedIn ? this.#lastInput : this.#strangerSince))
    if (left <= 0 && !busy) {
      this.log.info('imap: timed out', { loggedIn })
      this.goodbye(loggedIn ? 'Logged out for inactivity' : 'No login in time')
      return
    }
    this.#timer = clock.after(busy ? limits.stallTime : Math.min(left, limits.stallTime), () => {
      if (!this.#ended && this.#farewell === undefined) this.#watchTime()
    })
  }
}
