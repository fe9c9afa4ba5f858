import { Writable } from 'node:stream'
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

/**
 * Stands where smtp-server puts its SMTPStream: cuts what the client sends into command lines and messages. Unlike
 * that one it takes only CRLF for the end of a line, finds only CRLF.CRLF as the end of a message, holds the client
 * back while a message's octets are written, drops a last line without CRLF, and costs the same for every content.
 */
export class SmtpInput extends Writable {
  /** smtp-server sets it: nothing is dispatched any more. */
  isClosed = false
  /** smtp-server's dispatcher. `next` asks for the next line. */
  oncommand: (line: Buffer, next: Next) => void = (_, next) => next()
  onproblem: (problem: LineProblem, next: Next) => void = (_, next) => next()
  onactivity: () => void = () => {}
  #rest: Buffer = EMPTY
  #written: Next = () => {}
  #message: Message | undefined
  /** A bare LF was seen in a line that has not ended yet: the rest of it is no command either. */
  #tainted = false
  /** Octets dropped of a line that is too long and has not ended yet. */
  #dropped = 0
  #running = false
  #again = false

  constructor() {
    super({ highWaterMark: INPUT_AHEAD })
  }

  /** The octets that follow are a message. */
  receive(sink: OctetSink, extent: Extent, ended: Message['ended']): void {
    this.#message = { sink, extent, ended }
  }

  /** Octets that came and were not looked at yet. */
  get unread(): number {
    return this.#rest.length
  }

  override _write(chunk: Buffer, _encoding: string, written: Next): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    this.#written = written
    this.#pump()
  }

  /** RFC 5321 section 4.1.1.4 knows no command without CRLF: what is left at the end is dropped. */
  override _final(done: Next): void {
    this.#rest = EMPTY
    done()
  }

  /** Called when a command or message is answered; in a loop rather than deeper and deeper when that was at once. */
  readonly #next = (): void => {
    if (this.#running) this.#again = true
    else if (this.#rest.length === 0) this.#pump()
    else inTurn(() => this.#pump())
  }

  #pump(): void {
    this.#running = true
    try {
      do this.#again = false
      while (this.#step() || this.#again)
    } finally {
      this.#running = false
    }
  }

  /** True: there is more to do at once. */
  #step(): boolean {
    if (this.isClosed) this.#rest = EMPTY
    // A chunk may be empty, and end without an octet.
    if (this.#message?.extent.done === true) return this.#end(this.#message)
    if (this.#rest.length === 0) {
      const written = this.#written
      this.#written = () => {}
      written()
      return false
    }
    return this.#message === undefined ? this.#line() : this.#body(this.#message)
  }

  #line(): boolean {
    const lf = this.#rest.indexOf(LF)
    if (lf < 0) return this.#partialLine()
    const end = lf > 0 && this.#rest[lf - 1] === CR ? lf - 1 : lf
    const line = this.#rest.subarray(0, end)
    this.#rest = this.#rest.subarray(lf + 1)
    const problem = this.#problem(line, end === lf)
    this.onactivity()
    if (problem === undefined) this.oncommand(line, this.#next)
    else this.onproblem(problem, this.#next)
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
      this.onproblem('line-endless', this.#next)
      return false
    }
    const written = this.#written
    this.#written = () => {}
    written()
    return false
  }

  #body(message: Message): boolean {
    const pieces: Uint8Array[] = []
    const used = message.extent.push(this.#rest, (piece) => pieces.push(piece))
    this.#rest = this.#rest.subarray(used)
    this.onactivity()
    return this.#feed(message, pieces)
  }

  /** True: all is kept. Else it goes on once it is. */
  #feed(message: Message, pieces: readonly Uint8Array[]): boolean {
    for (const [at, piece] of pieces.entries()) {
      const kept = message.sink.write(piece)
      if (kept === undefined) continue
      void kept.then(() => this.#feed(message, pieces.slice(at + 1)) && this.#next())
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
