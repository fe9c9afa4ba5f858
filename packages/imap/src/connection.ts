import type { Socket } from 'node:net'
import type { Logger, Timer } from '@mailstead/base'
import { upgradeToTls, type ConnectionInfo, type TlsSource } from '@mailstead/net'
import type { AccountId } from '@mailstead/store'
import { ImapDecoder, ImapFramer, type Frame, type FramerEvent } from '@mailstead/wire'
import type { CommandContext, LiteralSink, Peer, Registry, Result, Services, TableEntry } from './command.ts'
import { ConnectionLost, ImapBad, ImapNo, LoginRefused, toFailure, type Failure } from './errors.ts'
import { LiteralReader } from './literal-reader.ts'
import { Output } from './output.ts'
import { Responder } from './responses.ts'
import { deselect, utf8Names, type Session } from './session.ts'
import type { Sync } from './view.ts'
import { ConnectionTap } from './tap.ts'

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
  readonly closed: (connection: Connection) => void
}

interface LineReader {
  readonly resolve: (line: Buffer) => void
  readonly reject: (error: Error) => void
  readonly secret: boolean
}

const TOO_LONG = 'The line is too long'

/**
 * One client: octets in, commands one at a time, answers out. Commands that arrive while one runs wait in the framer,
 * and when too much waits the client is not read from. Nothing but the session and a timer lives while a client is idle.
 */
export class Connection implements Peer {
  readonly info: ConnectionInfo
  readonly log: Logger
  registry: Registry
  encrypted: boolean

  readonly #options: ConnectionOptions
  readonly #services: Services
  readonly #framer: ImapFramer
  readonly #output: Output
  readonly #respond: Responder
  readonly #literals: LiteralReader
  readonly #startedAt: number
  #socket: Socket
  #session: Session = { state: 'not-authenticated' }
  #timer: Timer | undefined
  #lastInput: number
  #running = false
  #reader: LineReader | undefined
  #paused = false
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
    this.registry = options.registry
    this.encrypted = info.secure
    this.#options = options
    this.#services = services
    this.#socket = socket
    this.#framer = new ImapFramer({ line: limits.lineBeforeLogin, memory: limits.literalsBeforeLogin, count: limits.literalCount })
    this.#output = new Output(socket, clock, limits.stallTime, tap === undefined ? undefined : (octets) => tap.server(octets))
    this.#respond = new Responder(this.#output)
    this.#literals = new LiteralReader(this.#framer, tap)
    this.#startedAt = this.#lastInput = clock.now()
  }

  get secure(): boolean {
    return this.encrypted || this.#options.plaintext
  }

  get canStartTls(): boolean {
    return this.#options.tls !== undefined
  }

  /** Greets, and listens from now on. */
  start(): void {
    this.#respond.ok(this.registry.capabilities(this.#session, this), `${this.#services.hostName} is ready`)
    this.#output.flush()
    this.#listen()
    this.#watchTime()
  }

  /** Says goodbye now, or once the command that runs is answered. */
  drain(): void {
    this.#draining = true
    if (!this.#running || this.#reader !== undefined) this.goodbye('The server is shutting down', 'UNAVAILABLE')
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** BYE, and no further command. */
  goodbye(text: string, code?: string): void {
    if (this.#ended) return
    this.#respond.bye(text, code)
    this.#hangUp()
  }

  admit(account: AccountId): boolean {
    return this.#options.admit(this, account)
  }

  readLine({ secret = false }: { readonly secret?: boolean } = {}): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#ended || this.#closed) {
        reject(new ConnectionLost('the client is gone'))
        return
      }
      this.#reader = { resolve, reject, secret }
      this.#feedReader()
      if (this.#draining && this.#reader !== undefined) this.drain()
    })
  }

  async push(): Promise<void> {
    await this.#sync('everything')
    this.#output.flush()
    await this.#output.drain()
  }

  #listen(): void {
    const socket = this.#socket
    socket.setNoDelay(true)
    // Clients vanish behind NATs without a word; a push to them would otherwise be the first to notice.
    socket.setKeepAlive(true, this.#services.limits.stallTime)
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('error', (error) => this.log.debug('imap: connection failed', { error: error.message }))
    socket.on('close', () => {
      if (socket === this.#socket) this.#onClose()
    })
    socket.on('end', () => this.#onEnd())
    socket.resume()
  }

  #onData(chunk: Buffer): void {
    if (this.#ended) return
    this.#lastInput = this.#services.clock.now()
    this.#framer.push(chunk)
    if (this.#reader !== undefined) this.#feedReader()
    else if (!this.#running) void this.#run()
    if (this.#framer.buffered > this.#services.limits.ahead && !this.#paused) {
      this.#paused = true
      this.#socket.pause()
    }
  }

  /** The client sends no more. What it has sent before is still run; IDLE ends here. */
  #onEnd(): void {
    if (!this.#running || this.#reader !== undefined) this.#hangUp()
    else this.#draining = true
  }

  #onClose(): void {
    if (this.#closed) return
    this.#closed = true
    this.#ended = true
    this.#timer?.cancel()
    this.#become({ state: 'not-authenticated' })
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
    const line = this.#framer.rawLine(this.#services.limits.continuation)
    if (reader === undefined) return
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
    this.#socket.resume()
  }

  /** Runs what has arrived, to the last whole command. */
  async #run(): Promise<void> {
    this.#running = true
    try {
      for (;;) {
        const event = this.#ended ? undefined : this.#framer.next()
        if (event === undefined) break
        await this.#take(event)
        // Backpressure: a client that pipelines but does not read gets no further.
        await this.#output.drain()
      }
    } catch (error) {
      if (!(error instanceof ConnectionLost)) {
        this.log.error('imap: connection loop failed', { error })
        this.goodbye('Internal error', 'SERVERBUG')
      }
    }
    this.#output.flush()
    this.#running = false
    if (this.#closed) this.#finish()
    else if (this.#draining) this.goodbye('The server is shutting down', 'UNAVAILABLE')
    else this.#resume()
  }

  async #take(event: FramerEvent): Promise<void> {
    switch (event.kind) {
      case 'literal':
        return this.#takeLiteral(event)
      case 'data':
        return this.#literals.data(event.bytes)
      case 'streamed':
        return this.#literals.streamed()
      case 'command':
        return this.#takeCommand(event.frame)
      default:
        return this.#refuse(event)
    }
  }

  /** The command at whose literal we stand decides what becomes of it. */
  async #takeLiteral({ literal, prefix, fits }: FramerEvent & { kind: 'literal' }): Promise<void> {
    const { entry, decoder } = this.#lookUp(prefix)
    this.#options.tap?.command(prefix, entry?.secret ?? false)
    if (this.#session.state === 'not-authenticated' && !literal.sync && !fits) {
      // RFC 7888 section 4: a stranger's octets are not read just to be thrown away.
      this.goodbye('The literal is too big', 'TOOBIG')
      return
    }
    const ask = async (): Promise<LiteralSink | undefined> => {
      if (entry?.literal === undefined || decoder === undefined) return undefined
      this.#checkState(entry)
      return entry.literal(this.#context(), decoder, literal)
    }
    if ((await this.#literals.announce(fits, ask)) && literal.sync) this.#respond.continue('OK')
  }

  async #refuse(event: FramerEvent & { kind: 'refused' | 'too-long' }): Promise<void> {
    const tag = tagOf(event.prefix)
    const error = event.kind === 'too-long' ? new ImapBad(TOO_LONG) : this.#literals.failure
    if (event.kind === 'too-long') this.#options.tap?.command(event.prefix, true)
    this.#options.tap?.endCommand()
    await this.#literals.abort()
    this.#fail(tag, error)
  }

  async #takeCommand(frame: Frame): Promise<void> {
    const { tag, entry, decoder, error } = this.#lookUp(frame)
    this.#options.tap?.command(frame, entry?.secret ?? false)
    this.#options.tap?.endCommand()
    try {
      if (error !== undefined) throw error
      if (entry === undefined || decoder === undefined) throw new ImapBad('No such command')
      this.#checkState(entry)
      await this.#execute(tag, entry, decoder)
      this.#bad = 0
    } catch (error) {
      if (error instanceof ConnectionLost) throw error
      this.#fail(tag, error)
    } finally {
      await this.#literals.abort()
    }
    if (this.#draining) this.goodbye('The server is shutting down', 'UNAVAILABLE')
  }

  /** Tag, name and entry, as far as they can be read. */
  #lookUp(frame: Frame): { tag: string; entry?: TableEntry; decoder?: ImapDecoder; error?: unknown } {
    const decoder = new ImapDecoder(frame, { utf8Names: utf8Names(this.#session) })
    let tag = '*'
    try {
      tag = decoder.tag()
      decoder.space()
      const entry = this.registry.command(decoder.commandName())
      decoder.setOrigin()
      return { tag, decoder, ...(entry === undefined ? {} : { entry }) }
    } catch (error) {
      return { tag, error }
    }
  }

  #checkState({ state }: TableEntry): void {
    const now = this.#session.state
    if (state === 'any' || state === now || (state === 'authenticated' && now === 'selected')) return
    if (now === 'not-authenticated') throw new ImapBad('Log in first')
    throw new ImapBad(state === 'selected' ? 'Select a mailbox first' : 'Logged in already')
  }

  #context(): CommandContext {
    return { session: this.#session, respond: this.#respond, services: this.#services, peer: this }
  }

  async #execute(tag: string, entry: TableEntry, decoder: ImapDecoder): Promise<void> {
    const args = entry.parse(decoder, this.registry)
    decoder.end()
    if (entry.deselects === true && this.#session.state === 'selected') this.#become(deselect(this.#session))
    let result: Result
    try {
      result = await entry.run(this.#context(), args)
    } catch (error) {
      if (error instanceof ConnectionLost) throw error
      await this.#sync(entry.sync)
      throw error
    }
    if (result.session !== undefined) this.#become(result.session)
    await this.#sync(entry.sync)
    if (result.after === 'start-tls') {
      await this.#startTls(`${tag} OK ${result.text}\r\n`)
      return
    }
    this.#respond.tagged(tag, 'OK', result.code, result.text)
    if (result.after === 'close') this.#hangUp()
  }

  #fail(tag: string, error: unknown): void {
    const failure = toFailure(error)
    if (failure.bug) this.log.error('imap: command failed', { error })
    else this.log.debug('imap: command refused', { status: failure.status, code: failure.code, text: failure.text })
    this.#respond.tagged(tag, failure.status, failure.code, oneLine(failure))
    if (error instanceof LoginRefused && ++this.#failedLogins >= this.#services.limits.failedLogins) this.goodbye('Too many failed logins')
    // An HTTP client, a scanner: every line of it is another error.
    if (failure.status === 'BAD' && ++this.#bad >= this.#services.limits.badCommands) this.goodbye('Too many bad commands')
    if (failure.status === 'NO') this.#bad = 0
  }

  /** Leaves the old session behind: its view is closed, and login widens the limits. */
  #become(next: Session): void {
    const before = this.#session
    if (before.state === 'selected' && !(next.state === 'selected' && next.view === before.view)) {
      before.view.close()
      this.#services.indexes.release(before.view.index)
    }
    if (before.state === 'not-authenticated' && next.state !== 'not-authenticated') {
      const { line, literals, literalCount } = this.#services.limits
      this.#framer.limits = { line, memory: literals, count: literalCount }
    }
    this.#session = next
    if (this.#closed && next.state === 'selected') this.#become({ state: 'not-authenticated' })
  }

  async #sync(allowed: Sync): Promise<void> {
    const session = this.#session
    if (session.state !== 'selected') return
    const { view, store } = session
    if (view.gone) {
      // Deleting a mailbox ends the selection of all who have it selected. The code is RFC 7162's.
      this.#become(deselect(session))
      this.#respond.ok('CLOSED', 'The mailbox was deleted, none is selected now')
      return
    }
    await view.sync(allowed, this.#respond)
    if (view.takeClaim()) {
      store
        .recent(view.mailbox.id, true)
        .catch((error: unknown) => this.log.warn('imap: cannot note what is recent', { error: String(error) }))
    }
  }

  /** The reply is the last octet in clear; what was pipelined behind the command is forgotten (RFC 3501 section 6.2.1). */
  async #startTls(goAhead: string): Promise<void> {
    const { tls } = this.#options
    if (tls === undefined) throw new ImapNo('TLS is not available')
    this.#output.flush()
    this.#framer.clear()
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

  #hangUp(): void {
    if (this.#ended) return
    this.#ended = true
    this.#output.flush()
    this.#socket.end()
    this.#reader?.reject(new ConnectionLost('the session is over'))
    this.#reader = undefined
    // A peer that neither reads nor closes is not waited for.
    this.#timer?.cancel()
    this.#timer = this.#services.clock.after(LINGER, () => this.#socket.destroy())
  }

  /** One timer a connection, looked at now and then: input only notes its time. */
  #watchTime(): void {
    const { clock, limits } = this.#services
    const now = clock.now()
    const loggedIn = this.#session.state !== 'not-authenticated'
    const busy = this.#running && this.#reader === undefined && loggedIn
    const stalled = this.#framer.inCommand && !this.#running
    const limit = !loggedIn ? limits.loginTime : stalled ? limits.stallTime : limits.idleTime
    const left = limit - (now - (loggedIn ? this.#lastInput : this.#startedAt))
    if (left <= 0 && !busy) {
      this.log.info('imap: timed out', { state: this.#session.state })
      this.goodbye(loggedIn ? 'Logged out for inactivity' : 'No login in time')
      return
    }
    const wait = busy ? limits.stallTime : Math.min(left, limits.stallTime)
    this.#timer = clock.after(wait, () => {
      if (!this.#ended) this.#watchTime()
    })
  }
}

/** How long a goodbye may take to be read. Milliseconds. */
const LINGER = 10_000

function tagOf({ line }: Frame): string {
  try {
    return new ImapDecoder(line).tag()
  } catch {
    return '*'
  }
}

/** A message that came from elsewhere must not break the line. */
function oneLine({ text }: Failure): string {
  return text.replace(/[^\x20-\x7e]+/g, ' ')
}
