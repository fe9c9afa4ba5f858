import { formatPop3Reply, type Pop3ResponseCode } from '@mailstead/wire'
import type { Choices } from './choices.ts'
import { LINES_A_STEP } from './limits.ts'
import type { Output } from '@mailstead/net'
import type { Say } from './texts.ts'

/** Responses, RFC 1939 section 3, in the language of the client's choice. */
export class Responder {
  readonly #output: Output
  readonly #choices: Choices

  constructor(output: Output, choices: Choices) {
    this.#output = output
    this.#choices = choices
  }

  ok(say: Say): void {
    this.#output.write(formatPop3Reply('+OK', undefined, say(this.#choices.texts)))
  }

  error(say: Say, code?: Pop3ResponseCode): void {
    this.#output.write(formatPop3Reply('-ERR', code, say(this.#choices.texts)))
  }

  /** RFC 5034 section 4: `+`, a space, base64. */
  challenge(base64: string): void {
    this.#output.write(`+ ${base64}\r\n`)
    this.#output.flush()
  }

  /** A multi-line response of lines that begin with no dot. Long ones let others run in between. */
  async listing(say: Say, lines: Iterable<string>): Promise<void> {
    this.ok(say)
    let count = 0
    for (const line of lines) {
      this.#output.write(`${line}\r\n`)
      if (++count % LINES_A_STEP !== 0) continue
      await this.#output.drain()
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.text('.\r\n')
  }

  /** A part of a response that is formatted already. */
  text(text: string): void {
    this.#output.write(text)
  }

  /** Calls back when all that is written so far has left. */
  whenSent(action: () => void): void {
    this.#output.whenSent(action)
  }

  /** Octets of a message, stuffed: so many as the session holds anyway. */
  put(octets: Uint8Array): void {
    this.#output.bytes(octets)
  }

  /** Octets of a message, stuffed. Waits while the client is behind; throws `ConnectionLost`. */
  bytes(octets: Uint8Array): Promise<void> | undefined {
    this.#output.bytes(octets)
    return this.#output.drain()
  }
}
