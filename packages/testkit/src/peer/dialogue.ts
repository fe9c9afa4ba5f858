import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { DotUnstuffer } from '@mailstead/wire'
import type { PeerAct, PeerMoment, PeerState } from './peer-state.ts'

const CODE: Partial<Record<PeerMoment, string>> = {
  CONNECT: '220 peer.example ESMTP',
  STARTTLS: '220 go ahead',
  AUTH: '235 2.7.0 welcome',
  DATA: '354 go on',
  QUIT: '221 bye',
}

/** One connection of a scripted peer. */
export class PeerDialogue {
  readonly #state: PeerState
  #socket: Socket
  readonly #number: number
  #input = Buffer.alloc(0)
  #mode: 'lines' | 'data' | 'chunk' | 'deaf' = 'lines'
  #unstuffer = new DotUnstuffer({ normalise: false, maxLine: 100_000 })
  #content: string[] = []
  #chunk = { left: 0, last: false }
  #mail = ''
  #recipients: string[] = []
  #secure: boolean
  /** Answers of a login under way. */
  #loggingIn = false

  constructor(state: PeerState, socket: Socket, number: number) {
    this.#state = state
    this.#socket = socket
    this.#number = number
    this.#secure = false
  }

  start(): void {
    if (this.#state.script.implicitTls === true) this.#encrypt()
    else this.#read()
    this.#do('CONNECT', '')
  }

  get #cuts(): boolean {
    return this.#number === 1 || this.#state.script.cutEvery === true
  }

  #read(): void {
    this.#socket.on('data', (chunk: Buffer) => this.#came(chunk))
  }

  #came(chunk: Buffer): void {
    const { cutAfterReceived = Number.POSITIVE_INFINITY } = this.#state.script
    const left = this.#cuts ? cutAfterReceived - this.#state.received : Number.POSITIVE_INFINITY
    if (this.#number === 1) this.#state.received += chunk.length
    if (chunk.length >= left) {
      this.#input = Buffer.concat([this.#input, chunk.subarray(0, left)])
      while (this.#input.length > 0 && this.#step());
      this.#socket.destroy()
      return
    }
    this.#input = Buffer.concat([this.#input, chunk])
    while (this.#input.length > 0 && this.#step());
  }

  /** False: more octets are needed. */
  #step(): boolean {
    if (this.#mode === 'deaf') return false
    if (this.#mode === 'data') return this.#data()
    if (this.#mode === 'chunk') return this.#chunked()
    const end = this.#input.indexOf('\r\n')
    if (end < 0) return false
    const line = this.#input.toString('utf8', 0, end)
    this.#input = this.#input.subarray(end + 2)
    this.#line(line)
    return true
  }

  #line(line: string): void {
    this.#state.lines.push(line)
    const verb = this.#loggingIn ? 'AUTH' : (line.split(' ')[0] ?? '').toUpperCase()
    const known = ['EHLO', 'HELO', 'LHLO', 'STARTTLS', 'AUTH', 'MAIL', 'RCPT', 'DATA', 'BDAT', 'RSET', 'QUIT'] as const
    const moment = known.find((each) => each === verb)
    if (moment === undefined) this.#say('500 5.5.1 what?')
    else if (moment === 'BDAT') this.#bdat(line)
    else this.#do(moment, line)
  }

  #do(moment: PeerMoment, line: string): void {
    const otherwise = moment === 'EHLO' || moment === 'LHLO' ? this.#hello() : this.#usual(moment)
    const act = this.#state.act(moment, line, otherwise)
    this.#perform(act)
    const positive = typeof act === 'string' && /^[23]/.test(act)
    if (moment === 'AUTH') this.#loggingIn = typeof act === 'string' && act.startsWith('334')
    if (!positive) return
    if (moment === 'MAIL') [this.#mail, this.#recipients] = [line, []]
    else if (moment === 'RCPT') this.#recipients.push(line)
    else if (moment === 'RSET') [this.#mail, this.#recipients] = ['', []]
    else if (moment === 'QUIT') this.#socket.end()
    else if (moment === 'STARTTLS') this.#encrypt()
    else if (moment === 'DATA' && (act as string).startsWith('3')) {
      this.#mode = 'data'
      this.#unstuffer = new DotUnstuffer({ normalise: false, maxLine: 100_000 })
      this.#content = []
    }
  }

  /** In the right order only, as servers are. */
  #usual(moment: PeerMoment): PeerAct {
    if (moment === 'RCPT' && this.#mail === '') return '503 5.5.1 MAIL first'
    if (moment === 'DATA' && this.#recipients.length === 0) return '503 5.5.1 no recipients'
    if (moment === 'END' || moment === 'CHUNK') return this.#recipients.length === 0 ? '554 5.5.1 no recipients' : '250 2.0.0 taken'
    return CODE[moment] ?? '250 2.0.0 fine'
  }

  #hello(): string {
    const {
      tls,
      offers = ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'DSN', 'SIZE', 'ENHANCEDSTATUSCODES'],
      offersInTls = offers,
    } = this.#state.script
    const lines = ['peer.example', ...(this.#secure ? offersInTls : offers), ...(tls !== undefined && !this.#secure ? ['STARTTLS'] : [])]
    return lines.map((line, at) => `250${at < lines.length - 1 ? '-' : ' '}${line}`).join('\n')
  }

  #data(): boolean {
    const used = this.#unstuffer.push(this.#input, (piece) => this.#content.push(Buffer.from(piece).toString('latin1')))
    this.#input = this.#input.subarray(used)
    if (!this.#unstuffer.done) return false
    this.#state.lines.push('.')
    this.#finish('END')
    return true
  }

  #bdat(line: string): void {
    const [, size = '', last] = line.split(' ')
    this.#chunk = { left: Number(size), last: last?.toUpperCase() === 'LAST' }
    this.#content = []
    this.#mode = 'chunk'
    if (this.#chunk.left === 0) this.#finish('CHUNK')
  }

  #chunked(): boolean {
    const piece = this.#input.subarray(0, this.#chunk.left)
    this.#content.push(piece.toString('latin1'))
    this.#input = this.#input.subarray(piece.length)
    this.#chunk.left -= piece.length
    if (this.#chunk.left === 0) this.#finish('CHUNK')
    return this.#input.length > 0
  }

  #finish(moment: 'END' | 'CHUNK'): void {
    this.#mode = 'lines'
    const taken: string[] = []
    for (const recipient of this.#state.script.lmtp === true ? this.#recipients : ['']) {
      const act = this.#state.act(moment, recipient, this.#usual(moment))
      if (typeof act === 'string' && act.startsWith('2')) taken.push(...(recipient === '' ? this.#recipients : [recipient]))
      // What is taken is taken, whether the sender hears of it or not.
      else if (typeof act === 'object' && 'drop' in act && act.reply?.startsWith('2') === true) taken.push(...this.#recipients)
      if (this.#mode === 'lines') this.#perform(act)
    }
    if (taken.length > 0) {
      this.#state.messages.push({
        mail: this.#mail,
        recipients: taken,
        content: this.#content.join(''),
        secure: this.#secure,
        connection: this.#number,
      })
    }
    ;[this.#mail, this.#recipients] = ['', []]
  }

  #perform(act: PeerAct): void {
    if (typeof act === 'string') return this.#say(act)
    this.#mode = 'deaf'
    if (!('drop' in act)) {
      if (act.reply === undefined) return
      this.#say(act.reply)
      this.#socket.pause()
      return
    }
    if (act.reply === undefined) this.#socket.destroy()
    else this.#say(act.reply, () => this.#socket.end())
  }

  #say(text: string, then?: () => void): void {
    let octets = Buffer.from(`${text.replaceAll('\n', '\r\n')}\r\n`)
    const { cutAfterSent = Number.POSITIVE_INFINITY } = this.#state.script
    const left = this.#cuts ? cutAfterSent - this.#state.sent : Number.POSITIVE_INFINITY
    const cut = octets.length >= left
    if (cut) octets = octets.subarray(0, left)
    if (this.#number === 1) this.#state.sent += octets.length
    if (!this.#socket.writable) return
    if (!cut) this.#socket.write(octets, then)
    else {
      this.#mode = 'deaf'
      this.#socket.write(octets, () => this.#socket.destroy())
    }
  }

  #encrypt(): void {
    const { tls } = this.#state.script
    this.#socket.removeAllListeners('data')
    this.#input = Buffer.alloc(0)
    if (tls === undefined || typeof tls === 'string') {
      this.#mode = 'deaf'
      if (tls === 'silent') return void this.#socket.resume()
      this.#socket.once('data', () => this.#socket.end('this is no TLS at all\r\n'))
      return
    }
    this.#secure = true
    this.#socket = new TLSSocket(this.#socket, { isServer: true, secureContext: tls })
    this.#socket.on('error', () => {})
    this.#read()
  }
}
