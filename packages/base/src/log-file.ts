import { mkdirSync, openSync, write, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Octets of lines that wait for a slow disk; further lines are dropped. */
const MAX_WAITING = 8 * 1024 * 1024

/** ms in which lines gather: each write is a task for another thread; one a line was 8 % of what mail that leaves costs. */
const GATHERING_MS = 10
/** ms after which a pipe whose reader is behind is tried again. */
const FULL_PIPE_MS = 20

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
  const fd = openSync(path, 'a')
  return untilTheEnd(new AppendedFile(fd, (reason) => process.stderr.write(`${path} takes no more log lines: ${reason}\n`)))
}

let standard: LogFile | undefined

/** The same on standard error, which may be a file, too, or a pipe that nobody reads. Nobody is told of its trouble. */
export function standardError(): LogFile {
  return (standard ??= untilTheEnd(new AppendedFile(2, () => {})))
}

function untilTheEnd(file: AppendedFile): LogFile {
  process.once('exit', () => file.last())
  return file
}

class AppendedFile implements LogFile {
  readonly #fd: number
  readonly #tell: (reason: string) => void
  #waiting: string[] = []
  #octets = 0
  /** Or about to. */
  #writing = false
  #troubled = false

  constructor(fd: number, tell: (reason: string) => void) {
    this.#fd = fd
    this.#tell = tell
  }

  write(line: string): void {
    if (this.#octets > MAX_WAITING) return
    this.#waiting.push(line)
    this.#octets += line.length
    if (this.#writing) return
    this.#writing = true
    this.#gather()
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

  #gather(): void {
    setTimeout(() => this.#next(this.#take()), GATHERING_MS).unref()
  }

  #next(text: Buffer): void {
    write(this.#fd, text, (error, written) => {
      if (error?.code === 'EAGAIN') return void setTimeout(() => this.#next(text), FULL_PIPE_MS).unref()
      if (error !== null) this.#trouble(error)
      // A disk that is nearly full takes a part first and says why with the rest.
      else if (written < text.length) return this.#next(text.subarray(written))
      this.#writing = this.#waiting.length > 0
      if (this.#writing) this.#gather()
    })
  }

  #trouble(error: unknown): void {
    if (!this.#troubled) this.#tell(error instanceof Error ? error.message : String(error))
    this.#troubled = true
  }
}
