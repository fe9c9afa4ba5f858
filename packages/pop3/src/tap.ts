import type { SessionTap } from '@mailstead/net'

/** A variable of the transcript player: give the secret as `redacted` to play the session again. */
const HIDDEN = '{redacted}'

/** Writes a session down for the administrator who asked for it, line by line and without passwords. */
export class ConnectionTap {
  readonly #tap: SessionTap
  /** Of ours, the line whose end has not been sent. */
  #open = Buffer.alloc(0)

  constructor(tap: SessionTap) {
    this.#tap = tap
  }

  /** A command line, as far as it is no secret. */
  command(line: Uint8Array): void {
    this.#tap.client(textOf(line).replace(/^(AUTH +\S+ +|PASS |APOP +\S+ +).+/is, `$1${HIDDEN}`))
  }

  /** A response of AUTH. */
  response(): void {
    this.#tap.client(HIDDEN)
  }

  /** Our octets, in whatever pieces. */
  server(octets: Uint8Array): void {
    let rest = Buffer.concat([this.#open, octets])
    for (;;) {
      const end = rest.indexOf('\r\n')
      if (end === -1) break
      this.#tap.server(textOf(rest.subarray(0, end)))
      rest = rest.subarray(end + 2)
    }
    this.#open = Buffer.from(rest)
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
