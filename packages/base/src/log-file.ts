import { mkdirSync, openSync, write, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Octets of lines that wait for a slow disk; further lines are dropped. */
const MAX_WAITING = 8 * 1024 * 1024

/** Where log lines go. `write` takes whole lines, never waits and never throws. */
export interface LogFile {
  write(line: string): void
}

/**
 * Opens a log file, and its folder, for appending; throws when it cannot. Afterwards a disk in trouble costs lines,
 * said once on standard error, and never the process: neither while it runs nor when it ends.
 */
export function openLogFile(path: string): LogFile {
  mkdirSync(dirname(path), { recursive: true })
  const file = new AppendedFile(openSync(path, 'a'), path)
  process.once('exit', () => file.last())
  return file
}

class AppendedFile implements LogFile {
  readonly #fd: number
  readonly #path: string
  #waiting: string[] = []
  #octets = 0
  #writing = false
  #troubled = false

  constructor(fd: number, path: string) {
    this.#fd = fd
    this.#path = path
  }

  write(line: string): void {
    if (this.#octets > MAX_WAITING) return
    this.#waiting.push(line)
    this.#octets += line.length
    if (!this.#writing) this.#next(this.#take())
  }

  /** What still waits when the process ends. */
  last(): void {
    try {
      writeSync(this.#fd, this.#take())
    } catch (error) {
      this.#trouble(error)
    }
  }

  #take(): Buffer {
    const text = Buffer.from(this.#waiting.join(''))
    this.#waiting = []
    this.#octets = 0
    return text
  }

  #next(text: Buffer): void {
    this.#writing = true
    write(this.#fd, text, (error, written) => {
      this.#writing = false
      if (error !== null) this.#trouble(error)
      // A disk that is nearly full takes a part first and says why with the rest.
      else if (written < text.length) return this.#next(text.subarray(written))
      if (this.#waiting.length > 0) this.#next(this.#take())
    })
  }

  #trouble(error: unknown): void {
    if (!this.#troubled)
      process.stderr.write(`${this.#path} takes no more log lines: ${error instanceof Error ? error.message : String(error)}\n`)
    this.#troubled = true
  }
}
