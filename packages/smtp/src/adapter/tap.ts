import type { SessionTap } from '@mailstead/net'

/** A command as it may be written down: what follows the mechanism of AUTH is a secret. */
export function redacted(line: Uint8Array): string {
  const text = Buffer.from(line).toString('utf8')
  return text.replace(/^(AUTH +[^ ]+ +).*/is, '$1{redacted}')
}

/** Writes a message down as the client sent it, line by line, dots and all. */
export class MessageTap {
  readonly #tap: SessionTap
  #open = Buffer.alloc(0)

  constructor(tap: SessionTap) {
    this.#tap = tap
  }

  write(piece: Uint8Array): void {
    let rest = Buffer.concat([this.#open, piece])
    for (;;) {
      const end = rest.indexOf('\r\n')
      if (end < 0) break
      const line = rest.subarray(0, end).toString('utf8')
      this.#tap.client(line.startsWith('.') ? `.${line}` : line)
      rest = rest.subarray(end + 2)
    }
    this.#open = Buffer.from(rest)
  }

  end(): void {
    this.#tap.client('.')
  }
}
