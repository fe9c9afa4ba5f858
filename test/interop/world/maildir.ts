import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A Maildir of somebody who runs as `nobody`. */
export class Maildir {
  readonly dir: string
  /** What is in a file never changes. */
  readonly #read = new Map<string, string>()

  constructor(dir: string) {
    this.dir = dir
    for (const folder of ['', 'new', 'cur', 'tmp']) mkdirSync(join(dir, folder))
  }

  /** Its messages with CRLF, an octet a character. */
  messages(): readonly string[] {
    const folder = join(this.dir, 'new')
    if (!existsSync(folder)) return []
    return readdirSync(folder).map((file) => {
      const text = this.#read.get(file) ?? readFileSync(join(folder, file), 'latin1').replaceAll('\n', '\r\n')
      this.#read.set(file, text)
      return text
    })
  }
}
