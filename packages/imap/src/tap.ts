import type { SessionTap } from '@mailstead/net'
import { ImapFramer, type Frame } from '@mailstead/wire'

/** A variable of the transcript player: give the secret as `redacted` to play the session again. */
const HIDDEN = '{redacted}'
const LIMITS = { line: 1 << 20, memory: 0, count: 1 << 20 }

/**
 * Writes a session down for the administrator who asked for it: what the client sent in lines and literals, without
 * passwords, and what it was answered, in their order.
 */
export class ConnectionTap {
  readonly #tap: SessionTap
  readonly #answers = new ImapFramer(LIMITS)
  /** A literal goes on one line with what stands behind it, as in the transcripts that people write. */
  #ours = ''
  #theirs = ''
  #answered = 0
  #lineDone = 0
  #literalsDone = 0
  #streamed = ''

  constructor(tap: SessionTap) {
    this.#tap = tap
  }

  /** A command, or its beginning at a literal. Called for each with what has become known since. `secret`: only tag and name are shown. */
  command(frame: Frame, secret: boolean): void {
    for (const literal of frame.literals.slice(this.#literalsDone)) {
      if (literal.value.kind === 'announced') break
      this.#literalsDone++
      this.#theirs = literal.value.kind === 'memory' ? textOf(literal.value.bytes) : this.#streamed
      this.#streamed = ''
    }
    const line = textOf(frame.line.subarray(this.#lineDone))
    const [tag = '', name = ''] = line.split(' ')
    this.#tap.client(!secret ? this.#theirs + line : this.#lineDone === 0 ? `${tag} ${name} ${HIDDEN}` : HIDDEN)
    this.#theirs = ''
    this.#lineDone = frame.line.length
  }

  /** The command is read to its end. */
  endCommand(): void {
    this.#lineDone = 0
    this.#literalsDone = 0
    this.#streamed = ''
  }

  /** Octets of a literal that goes to a sink. */
  streamed(octets: Uint8Array): void {
    this.#streamed += textOf(octets)
  }

  /** A line outside commands: DONE, or a response of AUTHENTICATE. */
  line(octets: Uint8Array, secret: boolean): void {
    this.#tap.client(secret ? HIDDEN : textOf(octets))
  }

  /** Our octets, in whatever pieces. What we send is lines and literals, like what we get. */
  server(octets: Uint8Array): void {
    this.#answers.push(octets)
    for (let event = this.#answers.next(); event !== undefined; event = this.#answers.next()) {
      if (event.kind === 'data') {
        this.#ours += textOf(event.bytes)
      } else if (event.kind === 'streamed') {
        this.#answers.finish(undefined)
      } else {
        const line = event.kind === 'command' ? event.frame.line : event.prefix.line
        this.#tap.server(this.#ours + textOf(line.subarray(this.#answered)))
        this.#ours = ''
        this.#answered = event.kind === 'literal' ? line.length : 0
        if (event.kind === 'literal') this.#answers.decide('stream')
      }
    }
  }

  close(): void {
    this.#tap.close()
  }
}

/** UTF-8 as text; anything else stands as it came, an octet a character. */
function textOf(octets: Uint8Array): string {
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.length)
  const text = buffer.toString('utf8')
  return text.includes('\ufffd') ? buffer.toString('latin1') : text
}
