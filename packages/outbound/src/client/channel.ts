import type { Socket } from 'node:net'
import type { Clock } from '@mailstead/base'
import { SmtpReplyParser, type PeerReply } from '@mailstead/wire'
import { BLOCK_TIME, MAX_UNREAD } from '../limits.ts'
import { PeerLost, type LossReason, type Step } from './errors.ts'

/** A connection as lines out and replies in. One reply is waited for at a time; a failure is kept for who asks next. */
export class Channel {
  #socket: Socket
  readonly #clock: Clock
  #parser = new SmtpReplyParser()
  #wake: (() => void) | undefined
  #lost: { readonly reason: LossReason; readonly text: string } | undefined
  #release: () => void

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
    this.#release = this.#listen(socket)
  }

  get socket(): Socket {
    return this.#socket
  }

  /** The peer is there, and has said nothing that it was not asked for. */
  get quiet(): boolean {
    return this.#lost === undefined && this.#parser.idle
  }

  /** Gathers commands until the next `flush` or wait, so that they travel together. */
  send(text: string): void {
    if (this.#socket.writableCorked === 0) this.#socket.cork()
    this.#socket.write(text)
  }

  flush(): void {
    while (this.#socket.writableCorked > 0) this.#socket.uncork()
  }

  /** Octets of a message. Waits while the peer is behind; throws PeerLost. */
  async write(octets: Uint8Array | string, step: Step): Promise<void> {
    this.#check(step)
    if (octets.length > 0) this.#socket.write(octets)
    this.flush()
    if (!this.#socket.writableNeedDrain) return
    const timer = this.#clock.after(BLOCK_TIME, () => this.#fail('timeout', 'The peer stopped reading'))
    try {
      while (this.#socket.writableNeedDrain && this.#lost === undefined) await this.#woken()
    } finally {
      timer.cancel()
    }
    this.#check(step)
  }

  /** The next reply, within `ms` of now. Throws PeerLost. */
  async reply(step: Step, ms: number): Promise<PeerReply> {
    this.flush()
    let reply = this.#next()
    if (reply !== undefined) return reply
    const timer = this.#clock.after(ms, () => this.#fail('timeout', `No answer within ${ms / 1000} s`))
    try {
      while (reply === undefined) {
        this.#check(step)
        this.#socket.resume()
        await this.#woken()
        reply = this.#next()
      }
      return reply
    } finally {
      timer.cancel()
    }
  }

  /** What the peer said before it went, or without being asked. */
  said(): PeerReply | undefined {
    return this.#next()
  }

  /** Takes the socket out for a handshake; `take` puts one in. Throws PeerLost when the peer said more than it should: it would be read as encrypted. */
  give(): Socket {
    this.flush()
    if (!this.#parser.idle) this.#fail('not-smtp', 'The peer went on talking before TLS')
    this.#check('starttls')
    this.#release()
    // A reset before the handshake has begun is the handshake's to report.
    this.#socket.pause().on('error', () => {})
    return this.#socket
  }

  take(socket: Socket): void {
    this.#socket = socket
    this.#parser = new SmtpReplyParser()
    this.#release = this.#listen(socket)
  }

  /** Ends the connection at once; who waits gets a PeerLost. */
  destroy(reason: LossReason = 'closed', text = 'The connection was given up'): void {
    this.#fail(reason, text)
  }

  #next(): PeerReply | undefined {
    try {
      return this.#parser.next()
    } catch (error) {
      this.#fail('not-smtp', error instanceof Error ? error.message : String(error))
      return undefined
    }
  }

  #check(step: Step): void {
    if (this.#lost !== undefined) throw new PeerLost(this.#lost.reason, step, this.#lost.text)
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }

  #fail(reason: LossReason, text: string): void {
    this.#lost ??= { reason, text }
    this.#socket.destroy()
    this.#wake?.()
  }

  #listen(socket: Socket): () => void {
    const onData = (chunk: Buffer): void => {
      this.#parser.push(chunk)
      if (this.#parser.buffered > MAX_UNREAD) socket.pause()
      this.#wake?.()
    }
    const onEnd = (): void => this.#fail('closed', 'The peer closed the connection')
    const onError = (error: Error): void => this.#fail('closed', error.message)
    const onDrain = (): void => this.#wake?.()
    socket.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onError).on('drain', onDrain)
    return () => void socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onError).off('drain', onDrain)
  }
}
