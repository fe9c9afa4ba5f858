import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '@mailstead/testkit'

/** What may stand where something else stood. */
const PIECES: readonly string[] = [
  ...' |(|)|[|]|<|>|"|\\|{|}|{3}|{3+}|~{2}|*|%|&|&-|:|,|1|0|4294967295|1:*|.|-|+|=|@|$|\0|\x7f|\xff|\xc3\xa4|((((|'.split('|'),
  ...'NIL|INBOX|BODY|BODY[]|UID |NOT |OR |RETURN |FROM:<|TO:<|SIZE=|FLAGS|"a" "b"|,,|:::'.split('|'),
  'x'.repeat(300),
]

/** What clients send in the transcripts of a protocol, without line ends and, with `tagged`, without tags. */
export function transcriptLines(protocol: 'imap' | 'smtp' | 'pop3', tagged = false): string[] {
  const folder = join(import.meta.dirname, '..', protocol)
  const lines = globSync('*.txt', { cwd: folder }).flatMap((file) => readFileSync(join(folder, file), 'latin1').split('\n'))
  return lines.flatMap((line) => (tagged ? /^C\d*: \S+ ([A-Za-z].*)$/ : /^C\d*: (.*)$/).exec(line)?.[1] ?? [])
}

/** The line with up to three things put in, taken out or doubled; still one line. */
export function mangled(line: string, random: Random): string {
  let text = line
  for (let changes = random.int(4); changes > 0; changes--) {
    const at = random.int(text.length + 1)
    const cut = random.int(3) * random.int(4)
    const piece = random.chance(0.8) ? random.pick(PIECES) : random.pick(text.split(' '))
    text = text.slice(0, at) + piece + text.slice(at + cut)
  }
  return text.replaceAll(/[\r\n]/g, '')
}

/** Makes lines of any length of one by repeating a stretch of it, or a piece put into it. */
export function stretched(line: string, random: Random): (size: number) => string {
  const at = random.int(line.length + 1)
  const stretch = line.slice(at, at + 1 + random.int(8))
  const piece = random.chance(0.5) && stretch !== '' ? stretch : random.pick(PIECES) || ' '
  const tail = random.chance(0.5) ? line.slice(at) : ''
  return (size) => line.slice(0, at) + piece.repeat(Math.ceil(size / piece.length)) + tail
}

/** Any octets, with some structure at times. */
export function rubble(random: Random, lines: readonly string[]): Buffer {
  const parts: Buffer[] = []
  for (let left = 1 + random.int(12); left > 0; left--) {
    if (random.chance(0.3)) parts.push(random.bytes(random.int(random.pick([4, 40, 400]))))
    else parts.push(Buffer.from(`${mangled(random.pick(lines), random)}${random.pick(['\r\n', '\r\n', '\r\n', '\n', '\r', ''])}`, 'latin1'))
  }
  return Buffer.concat(parts)
}
