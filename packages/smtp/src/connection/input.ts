import { INPUT_AHEAD, MAX_AUTH_LINE, MAX_SWALLOWED_LINE } from '../limits.ts'
import { inTurn } from './turns.ts'
import type { LineProblem, OctetSink } from './wire.ts'

const LF = 0x0a
const CR = 0x0d
const EMPTY = Buffer.alloc(0)

type Next = () => void

/** Knows which octets belong to a message, or to a part of it, and where it ends. */
export interface Extent {
  /** The end was found. */
  readonly done: boolean
  /** Gives octets to `emit` and returns how many of `chunk` were used: all of it until the end is found. */
  push(chunk: Uint8Array, emit: (piece: Uint8Array) => void): number
}

interface Message {
  readonly sink: OctetSink
  readonly extent: Extent
  readonly ended: (next: Next) => void
}

/** Who is told what came. `next` asks for more. */
export interface InputUser {
  line(line: Buffer, next: Next): void
  problem(problem: LineProblem, next: Next): void
  /** A line, or octets of a message. */
  heard(): void
  /** There is room again, behind a `push` that said that there is none. */
  room(): void
  /** The client says no more, and everything was answered. */
  end(): void
}

/**
 * Cuts what the client sends into command lines and messages, one at a time. Takes only CRLF for the end of a line, finds only CRLF.CRLF as
 * the end of a message, holds the client back while a message's octets are written, drops a last line without CRLF (RFC 5321 section
 * 4.1.1.4 knows no such command), and costs the same for every content.
 */
export class SmtpInput {
  readonly #user: InputUser
  #closed = false
  /** No more octets come. */
  #ended = false
  #rest: Buffer = EMPTY
  /** What came while a command or a piece of a message was under way. */
  #waiting: Buffer[] = []
  #waitingSize = 0
  #full = false
  /** Until `next` is called. */
  #busy = false
  #message: Message | undefined
  /** A bare LF was seen in a line that has not ended yet: the rest of it is no command either. */
  #tainted = false
  /** Octets dropped of a line that is too long and has not ended yet. */
  #dropped = 0
  #running = false
  #again = false

  constructor(user: InputUser) {
    this.#user = user
  }

  /** The octets that follow are a message. */
  receive(sink: OctetSink, extent: Extent, ended: Message['ended']): void {
    this.#message = { sink, extent, ended }
  }

  /** Octets that came and were not looked at yet. */
  get unread(): number {
    return this.#rest.length + this.#waitingSize
  }

  /** False: there is no room for more until `room` is called. */
  push(chunk: Buffer): boolean {
    if (this.#closed) return true
    if (this.#busy) {
      this.#waiting.push(chunk)
      this.#waitingSize += chunk.length
      this.#full = this.#waitingSize >= INPUT_AHEAD
      return !this.#full
    }
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    this.#pump()
    return true
  }

  end(): void {
    this.#ended = true
    if (!this.#busy && !this.#closed) this.#user.end()
  }

  /** Nothing is heard any more, neither what came nor what comes. */
  close(): void {
    this.#closed = true
    this.#rest = EMPTY
    this.#waiting = []
    this.#waitingSize = 0
  }

  /** Called when a command or message is answered; in a loop rather than deeper and deeper when that was at once. */
  readonly #next = (): void => {
    if (this.#running) this.#again = true
    else if (this.unread === 0) this.#pump()
    else inTurn(() => this.#pump())
  }

  #pump(): void {
    this.#running = true
    this.#busy = true
    try {
      do this.#again = false
      while (this.#step() || this.#again)
    } finally {
      this.#running = false
    }
  }

  /** True: there is more to do at once. */
  #step(): boolean {
    if (this.#closed) return this.#wait()
    // A chunk may be empty, and end without an octet.
    if (this.#message?.extent.done === true) return this.#end(this.#message)
    if (this.#rest.length === 0) return this.#more() || this.#wait()
    return this.#message === undefined ? this.#line() : this.#body(this.#message)
  }

  /** Takes what has come meanwhile; false: nothing. */
  #more(): boolean {
    const chunk = this.#waiting.shift()
    if (chunk === undefined) return false
    this.#waitingSize -= chunk.length
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    if (this.#full && this.#waitingSize < INPUT_AHEAD) {
      this.#full = false
      this.#user.room()
    }
    return true
  }

  #wait(): false {
    this.#busy = false
    if (this.#ended && !this.#closed) this.#user.end()
    return false
  }

  #line(): boolean {
    const lf = this.#rest.indexOf(LF)
    if (lf < 0) return this.#partialLine()
    const end = lf > 0 && this.#rest[lf - 1] === CR ? lf - 1 : lf
    const line = this.#rest.subarray(0, end)
    this.#rest = lf + 1 === this.#rest.length ? EMPTY : this.#rest.subarray(lf + 1)
    const problem = this.#problem(line, end === lf)
    this.#user.heard()
    if (problem === undefined) this.#user.line(line, this.#next)
    else this.#user.problem(problem, this.#next)
    return false
  }

  #problem(line: Buffer, bare: boolean): LineProblem | undefined {
    const tooLong = this.#dropped > 0 || line.length > MAX_AUTH_LINE
    const tainted = this.#tainted || bare
    this.#dropped = 0
    this.#tainted = bare
    if (tooLong) return 'line-too-long'
    return tainted ? 'bare-lf' : undefined
  }

  #partialLine(): boolean {
    const rest = this.#rest
    if (rest.length > MAX_AUTH_LINE) {
      this.#dropped += rest.length
      this.#rest = EMPTY
    }
    if (this.#dropped > MAX_SWALLOWED_LINE) {
      this.#user.problem('line-endless', this.#next)
      return false
    }
    return this.#more() || this.#wait()
  }

  #body(message: Message): boolean {
    const pieces: Uint8Array[] = []
    const used = message.extent.push(this.#rest, (piece) => pieces.push(piece))
    this.#rest = used === this.#rest.length ? EMPTY : this.#rest.subarray(used)
    this.#user.heard()
    return this.#feed(message.sink, pieces)
  }

  /** True: all is kept. Else it goes on once it is. */
  #feed(sink: OctetSink, pieces: readonly Uint8Array[]): boolean {
    for (const [at, piece] of pieces.entries()) {
      const kept = sink.write(piece)
      if (kept === undefined) continue
      void kept.then(() => this.#feed(sink, pieces.slice(at + 1)) && this.#next())
      return false
    }
    return true
  }

  #end(message: Message): boolean {
    this.#message = undefined
    message.ended(this.#next)
    return false
  }
}
