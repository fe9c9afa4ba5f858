import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'
import type { Clock, Logger } from '@mailstead/base'
import type { TlsFacts } from '@mailstead/delivery'
import { tlsChannel, upgradeToTls, type ConnectionInfo, type SessionTap, type TlsChannel, type TlsSource } from '@mailstead/net'
import { DotUnstuffer, formatReply } from '@mailstead/wire'
import { MAX_GATHERED, MAX_SWALLOWED_LINE } from '../limits.ts'
import { reply as makeReply, say, type SmtpReply } from '../replies.ts'
import { IdleTimer } from './idle-timer.ts'
import { CountedOctets } from './counted-octets.ts'
import { type Extent, SmtpInput } from './input.ts'
import type { LibraryServer } from './server.ts'
import { MessageTap, redacted } from './tap.ts'
import type { LineProblem, MessageEnd, MessageSink, OctetSink, Wire, WireUser } from './wire.ts'

export interface ConnectionOptions {
  readonly info: ConnectionInfo
  /** What the first line says behind 220. */
  readonly greeting: string
  /** To who has not said its name. */
  readonly nameFirst: SmtpReply
  readonly idleMs: number
  readonly clock: Clock
  readonly log: Logger
  readonly tap: SessionTap | undefined
}

/** What smtp-server itself still says; everything else is said by the session. */
const LIBRARY_REPLIES: Record<number, SmtpReply> = { 451: say('trouble'), 421: say('http') }

/**
 * smtp-server's connection with the parts replaced that this server does differently. What is left of it: the
 * dispatch of one command at a time, the change to TLS, and how a connection ends. Everything relied on has a test
 * in test/contract.test.ts.
 */
export class Connection extends SMTPConnection implements Wire {
  readonly #options: ConnectionOptions
  readonly #idle: IdleTimer
  #user: WireUser | undefined
  /** Somebody else has it. */
  #reversed = false
  /** Asks the input for the next line. */
  #resume: () => void = () => {}
  /** What is said and not written yet. */
  #unsaid = ''
  /** Tells whoever waits for a line or a message that the connection is gone. */
  #lost: (() => void) | undefined

  constructor(server: LibraryServer, socket: Socket, options: ConnectionOptions) {
    super(server.asLibrary, socket, { id: options.info.id })
    this.#options = options
    this.session.secure = this.secure = options.info.secure
    this.#idle = new IdleTimer(options.clock, options.idleMs, () => this._onTimeout())
    // A client may send its commands and then FIN: they are answered all the same.
    socket.allowHalfOpen = true
  }

  /** Greets after one turn of the event loop, in which what came before the greeting shows, or when the user lets it. */
  start(user: WireUser): void {
    this.#user = user
    const socket = this._socket
    const lost = (): void => this._onClose()
    socket.on('error', () => {})
    socket.once('close', lost)
    socket.read(0)
    const greet = (): void => {
      if (socket.destroyed || this._closing) return
      socket.off('close', lost)
      if (socket.readableLength > 0) user.spokeEarly(socket.readableLength)
      this._setListeners(() => this.connectionReady())
    }
    setImmediate(() =>
      setImmediate(() => {
        const wait = user.beforeGreeting()
        if (wait === undefined) greet()
        else void wait.then(greet)
      }),
    )
  }

  override _sendGreeting(): void {
    this.reply(makeReply(220, undefined, this.#options.greeting))
  }

  /** Runs inside of the constructor above: nothing of this class is there yet. */
  override _createParser(): ReturnType<SMTPConnection['_createParser']> {
    const input = new SmtpInput()
    input.oncommand = (line, next) => this._onCommand(line, next)
    input.onproblem = (problem, next) => this.#problem(problem, next)
    input.onactivity = () => this.#idle.heard()
    input.on('finish', () => this.close())
    return input as unknown as ReturnType<SMTPConnection['_createParser']>
  }

  get #input(): SmtpInput | undefined {
    return this._parser === false ? undefined : (this._parser as unknown as SmtpInput)
  }

  /** All commands go to the session: smtp-server's own handlers, its jokes among them, are never found. */
  override _getHandler(): (this: SMTPConnection, line: Buffer, next: () => void) => void {
    return (line, next) => this.#command(line, next)
  }

  #command(line: Buffer, next: () => void): void {
    this.#options.tap?.client(redacted(line))
    this.#resume = next
    // Never rejects.
    void this.#user?.command(line).then((answer) => {
      if (answer !== undefined) this.reply(answer)
      this.#resume()
    })
  }

  #problem(problem: LineProblem, next: () => void): void {
    // The line before was the last that smtp-server saw; it keeps no count of its own here.
    if (this._nextHandler !== false) {
      this._nextHandler = false
      this.#resume = next
      this.#resolveLine?.(problem)
      return
    }
    this.reply(say(problem))
    setImmediate(next)
  }

  #resolveLine: ((line: Uint8Array | LineProblem | 'closed') => void) | undefined

  readLine(): Promise<Uint8Array | LineProblem | 'closed'> {
    const { promise, resolve } = Promise.withResolvers<Uint8Array | LineProblem | 'closed'>()
    if (this._closed) return Promise.resolve('closed')
    this.#lost = () => resolve('closed')
    this.#resolveLine = resolve
    this._nextHandler = (line, next) => {
      this.#options.tap?.client('{redacted}')
      this.#resume = next
      resolve(line)
    }
    this.#resume()
    return promise
  }

  async receive(sink: MessageSink): Promise<MessageEnd> {
    const tap = this.#options.tap === undefined ? undefined : new MessageTap(this.#options.tap)
    const write = (piece: Uint8Array): Promise<void> | undefined => (tap?.write(piece), sink.write(piece))
    const unstuffer = new DotUnstuffer(sink)
    if (!(await this.#take({ write }, unstuffer))) return { kind: 'lost' }
    tap?.end()
    return { kind: 'complete', defect: unstuffer.defect }
  }

  receiveChunk(size: number, sink: OctetSink): Promise<boolean> {
    this.#options.tap?.client(`<${size} octets>`)
    return this.#take(sink, new CountedOctets(size))
  }

  /** False: the connection was lost before the end. */
  #take(sink: OctetSink, extent: Extent): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const input = this.#input
    if (input === undefined) return Promise.resolve(false)
    this.#lost = () => resolve(false)
    input.receive(sink, extent, (next) => {
      // From here on the client waits for us, and is not idle.
      this._handlerPending = true
      this.#resume = () => {
        this._handlerPending = false
        this._whenWritable(next)
      }
      resolve(true)
    })
    this.#resume()
    return promise
  }

  /** smtp-server's own upgrade takes every listener off the socket, those of our connection limits among them. */
  async startTls(goAhead: SmtpReply, source: TlsSource): Promise<TlsFacts | undefined> {
    const raw = this._socket
    this.#retireInput(raw)
    this.#speak()
    this._upgrading = true
    try {
      const text = this.#text(goAhead)
      this.#options.tap?.client('<starttls>')
      const socket = await upgradeToTls(raw, source, { goAhead: text, clock: this.#options.clock })
      this._socket = socket
      this.session.secure = this.secure = true
      this.hostNameAppearsAs = false
      this._upgrading = false
      if (this._closed) return undefined
      this._setListeners(() => {})
      return this.tlsFacts()
    } catch (error) {
      this.#options.log.info('TLS handshake failed', { error: String(error) })
      raw.destroy()
      return undefined
    }
  }

  /**
   * What the client sent behind STARTTLS came in clear, and must never run inside of TLS: the input that holds it
   * drops it and dispatches no more, the octets behind the handshake get a new one.
   */
  #retireInput(raw: Socket): void {
    const input = this.#input
    if (input === undefined) return
    raw.unpipe(input)
    const dropped = input.unread + raw.readableLength
    if (dropped > 0) this.#options.log.warn('octets in clear behind STARTTLS dropped', { octets: dropped })
    input.isClosed = true
    setImmediate(this.#resume)
    this.#resume = () => {}
    this._parser = this._createParser()
  }

  reverse(goAhead: SmtpReply): Socket | undefined {
    const [socket, input] = [this._socket, this.#input]
    if (input === undefined || socket.destroyed || !socket.writable || this._closing) return undefined
    if (input.unread + socket.readableLength > 0) return undefined
    this.reply(goAhead)
    this.#speak()
    this.#reversed = true
    input.isClosed = true
    socket.unpipe(input).pause()
    this.#idle.stop()
    this.#options.tap?.client('<reversed>')
    return socket
  }

  /** Of the connection as it is now; `undefined` in clear. */
  tlsFacts(): TlsFacts | undefined {
    if (!(this._socket instanceof TLSSocket)) return undefined
    return { version: this._socket.getProtocol() ?? 'TLS', cipher: this._socket.getCipher().standardName }
  }

  channel(): TlsChannel | undefined {
    return tlsChannel(this._socket)
  }

  greeted(name: string): void {
    this.hostNameAppearsAs = name
  }

  /** smtp-server's own words become ours. */
  override send(code: number): void {
    this.reply(code === 503 ? this.#options.nameFirst : (LIBRARY_REPLIES[code] ?? say('trouble')))
  }

  reply(wanted: SmtpReply): void {
    if (this.#reversed) return
    const answer = this.#user?.beforeReply(wanted) ?? wanted
    const socket = this._socket
    // While a handshake runs, a reply would be octets in clear in the middle of it.
    if (!this._upgrading && !socket.destroyed && socket.writable) this.#say(this.#text(answer))
    if (answer.code === 421 || answer.code === 221) this.#goodbye()
  }

  /** RFC 2920 section 3.2: while more commands are there already, replies go out together, once no command can be answered at once. */
  #say(text: string): void {
    const isFirst = this.#unsaid === ''
    this.#unsaid += text
    if ((this.#input?.unread ?? 0) === 0 || this.#unsaid.length > MAX_GATHERED) this.#speak()
    // Runs once all that goes on without waiting for a thread or the network has gone on.
    else if (isFirst) process.nextTick(this.#speak)
  }

  readonly #speak = (): void => {
    const [socket, text] = [this._socket, this.#unsaid]
    this.#unsaid = ''
    if (text !== '' && !socket.destroyed && socket.writable) socket.write(text)
  }

  /** smtp-server reads on for five seconds, so that our last words are not lost to a reset; not what comes without end. */
  #goodbye(): void {
    this.#speak()
    if (this._closing || this._closed) return
    this.close()
    const socket = this._socket
    const enough = socket.bytesRead + MAX_SWALLOWED_LINE
    socket.on('data', () => {
      if (socket.bytesRead > enough) socket.pause()
    })
  }

  #text({ code, enhanced, lines }: SmtpReply): string {
    const text = formatReply(code, enhanced, lines)
    this.#options.tap?.server(text.slice(0, -2))
    return text
  }

  override _armTimeout(): void {
    this.#idle.heard()
    this.#idle.start()
  }

  override _onTimeout(): void {
    if (this._closing) this._socket.destroy()
    else if (!this._handlerPending) this.reply(say('idle'))
  }

  override _onError(error: Error & { code?: string }): void {
    // Whoever has it sees it end.
    if (this.#reversed) return
    this.#options.log.info('connection failed', { error: error.message, code: error.code })
    this.close()
  }

  override _onClose(): void {
    const first = !this._closed
    super._onClose()
    if (!first) return
    this.#idle.stop()
    this.#lost?.()
    this.#user?.closed()
    this.#options.tap?.close()
  }

  /** Whether a shutdown has nothing to wait for here. */
  get idle(): boolean {
    return !this._handlerPending && !this.#reversed && (this.#user?.idle ?? true)
  }

  destroy(): void {
    this._socket.destroy()
  }
}
