import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

/** A message of the corpus as it stands there, its line ends whatever they are. */
export interface CorpusMessage {
  /** Its path in the corpus; in an archive `path!member`, in a mailbox file `path#number`, counting from 1. */
  readonly name: string
  readonly octets: Buffer
}

/** The folder of public test mail, kept outside the repository; `undefined` where there is none. */
export function corpusFolder(): string | undefined {
  const folder = process.env['MAILSTEAD_CORPUS'] ?? fileURLToPath(new URL('../../../../shared/corpus', import.meta.url))
  return existsSync(folder) ? folder : undefined
}

/** What a test that reads the corpus skips for: `false` where there is one. */
export const NO_CORPUS: string | false = corpusFolder() === undefined ? 'no corpus: set MAILSTEAD_CORPUS' : false

const ARCHIVE = /\.(?:tar\.gz|tgz)$/

/**
 * Everything in the corpus, mail or not: a mail server takes any octets for a message. Mailbox files are taken apart, archives
 * too unless `archives` is false, which leaves about a third. Sorted by name.
 */
export function* corpusMessages(folder: string, { archives = true } = {}): Generator<CorpusMessage> {
  const files = globSync('**/*', { cwd: folder }).sort()
  for (const name of files) {
    const path = join(folder, name)
    if (!statSync(path).isFile() || (ARCHIVE.test(name) && !archives)) continue
    const octets = readFileSync(path)
    if (ARCHIVE.test(name)) yield* members(name, gunzipSync(octets))
    else if (/mbox/.test(name.slice(name.lastIndexOf('/') + 1))) yield* mailboxMessages(name, octets)
    else yield { name, octets: name.endsWith('.gz') ? gunzipSync(octets) : octets }
  }
}

const BLOCK = 512

/** The files of a tar archive (POSIX ustar). */
function* members(name: string, tar: Buffer): Generator<CorpusMessage> {
  const field = (at: number, length: number): string => tar.toString('latin1', at, at + length).replace(/[\0 ][^]*$/, '')
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0;) {
    const size = Number.parseInt(field(at + 124, 12), 8)
    const isFile = tar[at + 156] === 0 || tar[at + 156] === 0x30
    if (isFile) yield { name: `${name}!${field(at, 100)}`, octets: tar.subarray(at + BLOCK, at + BLOCK + size) }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
}

/** The messages of a mailbox file (RFC 4155), without the line that stands before each. */
function* mailboxMessages(name: string, octets: Buffer): Generator<CorpusMessage> {
  const text = octets.toString('latin1')
  const starts = [...text.matchAll(/(?<=^|\n\r?\n)From [^\n]*\n/g)]
  if (starts.length === 0) yield { name, octets }
  for (const [index, match] of starts.entries()) {
    yield {
      name: `${name}#${index + 1}`,
      octets: octets.subarray(match.index + match[0].length, starts[index + 1]?.index ?? octets.length),
    }
  }
}
