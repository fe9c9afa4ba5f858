import { formatPop3Reply, type Pop3ResponseCode } from '@mailstead/wire'
import { LINES_A_STEP } from './limits.ts'
import type { Output } from '@mailstead/net'

/** Responses, RFC 1939 section 3. */
export class Responder {
  readonly #output: Output

  constructor(output: Output) {
    this.#output = output
  }

  ok(text: string): void {
    this.#output.write(formatPop3Reply('+OK', undefined, text))
  }

  error(text: string, code?: Pop3ResponseCode): void {
    this.#output.write(formatPop3Reply('-ERR', code, text))
  }

  /** RFC 5034 section 4: `+`, a space, base64. */
  challenge(base64: string): void {
    this.#output.write(`+ ${base64}\r\n`)
    this.#output.flush()
  }

  /** A multi-line response of lines that begin with no dot. Long ones let others run in between. */
  async listing(text: string, lines: Iterable<string>): Promise<void> {
    this.ok(text)
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

  /** Octets of a message, stuffed. Waits while the client is behind; throws `ConnectionLost`. */
  bytes(octets: Uint8Array): Promise<void> | undefined {
    this.#output.bytes(octets)
    return this.#output.drain()
  }
}
