import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Clock, Logger, Timer } from '@mailstead/base'
import type { TlsFacts } from '@mailstead/delivery'
import { tlsChannel, upgradeToTls, type ConnectionInfo, type SessionTap, type TlsChannel, type TlsSource } from '@mailstead/net'
import { DotUnstuffer, formatReply } from '@mailstead/wire'
import { HALF_CLOSED, MAX_GATHERED, MAX_SWALLOWED_LINE } from '../limits.ts'
import { reply as makeReply, say, type SmtpReply } from '../replies.ts'
import { IdleTimer } from './idle-timer.ts'
import { CountedOctets } from './counted-octets.ts'
import { type Extent, type InputUser, SmtpInput } from './input.ts'
import { MessageTap, redacted } from './tap.ts'
import type { LineProblem, MessageEnd, MessageSink, OctetSink, Wire, WireUser } from './wire.ts'

export interface ConnectionOptions {
  readonly info: ConnectionInfo
  /** What the first line says behind 220. */
  readonly greeting: string
  readonly idleMs: number
  readonly clock: Clock
  readonly log: Logger
  readonly tap: SessionTap | undefined
}

const nothing = (): void => {}

/** One client's connection: its lines and messages go to the user, one at a time, and the user's replies to the client. */
export class Connection implements Wire, InputUser {
  readonly #options: ConnectionOptions
  readonly #idle: IdleTimer
  #socket: Socket
  #input = new SmtpInput(this)
  #user: WireUser | undefined
  /** A command is under way, or what is to become of a whole message: the client waits for us. */
  #pending = false
  /** The TLS handshake of STARTTLS goes on. */
  #upgrading = false
  /** Somebody else has it. */
  #reversed = false
  /** The last words were said. */
  #closing = false
  #closed = false
  /** Cuts who does not hang up. */
  #cut: Timer | undefined
  /** Asks the input for more. */
  #next: () => void = nothing
  /** What is said and not written yet. */
  #unsaid = ''
  /** Waits for the next line in the middle of a command. */
  #line: ((line: Uint8Array | LineProblem | 'closed') => void) | undefined
  /** Tells whoever waits for a line or a message that the connection is gone. */
  #lost: (() => void) | undefined

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.#idle = new IdleTimer(options.clock, options.idleMs, () => this.#idled())
    // A client may send its commands and then FIN: they are answered all the same.
    socket.allowHalfOpen = true
  }

  /** Greets after one turn of the event loop, in which what came before the greeting shows, or when the user lets it. */
  start(user: WireUser): void {
    this.#user = user
    const socket = this.#socket
    this.#attend(socket)
    socket.read(0)
    const greet = (): void => {
      if (socket.destroyed || this.#closing) return
      if (socket.readableLength > 0) user.spokeEarly(socket.readableLength)
      this.#listen(socket)
      this.reply(makeReply(220, undefined, this.#options.greeting))
    }
    setImmediate(() =>
      setImmediate(() => {
        const wait = user.beforeGreeting()
        if (wait === undefined) greet()
        else void wait.then(greet)
      }),
    )
  }

  #attend(socket: Socket): void {
    socket.on('error', this.#failed)
    socket.once('close', this.#gone)
  }

  #listen(socket: Socket): void {
    this.#idle.heard()
    this.#idle.start()
    socket.on('data', this.#read)
    socket.once('end', this.#readAll)
  }

  readonly #read = (chunk: Buffer): void => {
    if (!this.#input.push(chunk)) this.#socket.pause()
  }

  readonly #readAll = (): void => this.#input.end()

  room(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#close()
  }

  heard(): void {
    this.#idle.heard()
  }

  line(line: Buffer, next: () => void): void {
    this.#pending = true
    this.#next = next
    if (this.#line !== undefined) {
      this.#options.tap?.client('{redacted}')
      return this.#answerLine(line)
    }
    this.#options.tap?.client(redacted(line))
    // Never rejects.
    void this.#user?.command(line).then(this.#answered)
  }

  readonly #answered = (answer: SmtpReply | undefined): void => {
    if (answer !== undefined) this.reply(answer)
    this.#goOn()
  }

  problem(problem: LineProblem, next: () => void): void {
    if (this.#line !== undefined) {
      this.#pending = true
      this.#next = next
      return this.#answerLine(problem)
    }
    this.reply(say(problem))
    setImmediate(next)
  }

  /** A client that never reads our replies is read no more, or they would fill the memory. */
  #goOn(): void {
    this.#pending = false
    const socket = this.#socket
    if (socket.writableNeedDrain && !socket.destroyed) socket.once('drain', this.#next)
    else this.#next()
  }

  #answerLine(line: Uint8Array | LineProblem | 'closed'): void {
    const wanted = this.#line
    this.#line = undefined
    wanted?.(line)
  }

  readLine(): Promise<Uint8Array | LineProblem | 'closed'> {
    const { promise, resolve } = Promise.withResolvers<Uint8Array | LineProblem | 'closed'>()
    if (this.#closed) return Promise.resolve('closed')
    this.#lost = () => this.#answerLine('closed')
    this.#line = resolve
    this.#goOn()
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
    if (this.#closed) return Promise.resolve(false)
    this.#lost = () => resolve(false)
    this.#input.receive(sink, extent, (next) => {
      // From here on the client waits for us, and is not idle.
      this.#pending = true
      this.#next = next
      resolve(true)
    })
    this.#goOn()
    return promise
  }

  async startTls(goAhead: SmtpReply, source: TlsSource): Promise<TlsFacts | undefined> {
    const raw = this.#socket
    this.#retireInput(raw)
    this.#speak()
    this.#upgrading = true
    try {
      const text = this.#text(goAhead)
      this.#options.tap?.client('<starttls>')
      const socket = await upgradeToTls(raw, source, { goAhead: text, clock: this.#options.clock })
      this.#socket = socket
      this.#upgrading = false
      if (this.#closed) return undefined
      this.#attend(socket)
      this.#listen(socket)
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
    const dropped = this.#input.unread + raw.readableLength
    if (dropped > 0) this.#options.log.warn('octets in clear behind STARTTLS dropped', { octets: dropped })
    this.#stopReading(raw)
    this.#next = nothing
    this.#input = new SmtpInput(this)
  }

  #stopReading(socket: Socket): void {
    this.#input.close()
    socket.off('data', this.#read).off('end', this.#readAll)
  }

  reverse(goAhead: SmtpReply): Socket | undefined {
    const [socket, input] = [this.#socket, this.#input]
    if (socket.destroyed || !socket.writable || this.#closing) return undefined
    if (input.unread + socket.readableLength > 0) return undefined
    this.reply(goAhead)
    this.#speak()
    this.#reversed = true
    this.#stopReading(socket)
    socket.pause()
    this.#idle.stop()
    this.#options.tap?.client('<reversed>')
    return socket
  }

  /** Of the connection as it is now; `undefined` in clear. */
  tlsFacts(): TlsFacts | undefined {
    if (!(this.#socket instanceof TLSSocket)) return undefined
    return { version: this.#socket.getProtocol() ?? 'TLS', cipher: this.#socket.getCipher().standardName }
  }

  channel(): TlsChannel | undefined {
    return tlsChannel(this.#socket)
  }

  reply(wanted: SmtpReply): void {
    if (this.#reversed) return
    const answer = this.#user?.beforeReply(wanted) ?? wanted
    const socket = this.#socket
    // While a handshake runs, a reply would be octets in clear in the middle of it.
    if (!this.#upgrading && !socket.destroyed && socket.writable) this.#say(this.#text(answer))
    if (answer.code === 421 || answer.code === 221) this.#goodbye()
  }

  /** RFC 2920 section 3.2: while more commands are there already, replies go out together, once no command can be answered at once. */
  #say(text: string): void {
    const isFirst = this.#unsaid === ''
    this.#unsaid += text
    if (this.#input.unread === 0 || this.#unsaid.length > MAX_GATHERED) this.#speak()
    // Runs once all that goes on without waiting for a thread or the network has gone on.
    else if (isFirst) process.nextTick(this.#speak)
  }

  readonly #speak = (): void => {
    const [socket, text] = [this.#socket, this.#unsaid]
    this.#unsaid = ''
    if (text !== '' && !socket.destroyed && socket.writable) socket.write(text)
  }

  /** What still comes is read for a while, so that our last words are not lost to a reset; not what comes without end. */
  #goodbye(): void {
    this.#speak()
    if (this.#closing || this.#closed) return
    this.#close()
    const socket = this.#socket
    const enough = socket.bytesRead + MAX_SWALLOWED_LINE
    socket.on('data', () => {
      if (socket.bytesRead > enough) socket.pause()
    })
  }

  #close(): void {
    const socket = this.#socket
    if (!socket.destroyed && socket.writable) socket.end()
    if (this.#closing || this.#closed) return
    this.#closing = true
    // Nothing can be answered any more: a command behind QUIT must not run.
    this.#input.close()
    if (!this.#upgrading && !socket.destroyed) socket.resume()
    // From here on, whatever still comes: each octet would put an idle time-out off.
    this.#cut = this.#options.clock.after(HALF_CLOSED, () => socket.destroy())
  }

  #text({ code, enhanced, lines }: SmtpReply): string {
    const text = formatReply(code, enhanced, lines)
    this.#options.tap?.server(text.slice(0, -2))
    return text
  }

  #idled(): void {
    if (this.#closing) this.#socket.destroy()
    else if (!this.#pending) this.reply(say('idle'))
  }

  readonly #failed = (error: Error & { code?: string }): void => {
    // Whoever has it sees it end.
    if (this.#reversed) return
    this.#options.log.info('connection failed', { error: error.message, code: error.code })
    this.#close()
  }

  readonly #gone = (): void => {
    if (this.#closed) return
    this.#closed = true
    this.#closing = false
    this.#cut?.cancel()
    this.#input.close()
    this.#idle.stop()
    this.#lost?.()
    this.#user?.closed()
    this.#options.tap?.close()
  }

  /** Whether a shutdown has nothing to wait for here. */
  get idle(): boolean {
    return !this.#pending && !this.#reversed && (this.#user?.idle ?? true)
  }

  destroy(): void {
    this.#socket.destroy()
  }
}
