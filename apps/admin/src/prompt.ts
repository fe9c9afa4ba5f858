import { createInterface } from 'node:readline/promises'
import type { ReadStream, WriteStream } from 'node:tty'
import { UsageError } from './errors.ts'

/** Longest password that is read, in octets; a wrong file on standard input ends here. */
const MAX_PASSWORD = 4096

/** All of standard input but one line end at its end. */
export async function readSecret(input: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of input) {
    const piece = Buffer.from(chunk)
    size += piece.length
    if (size > MAX_PASSWORD) throw new UsageError(`the password on standard input has more than ${MAX_PASSWORD} octets`)
    chunks.push(piece)
  }
  const text = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
  if (text === '') throw new UsageError('there is no password on standard input')
  return text
}

/** Asks on the terminal without showing what is typed, twice, until both agree. */
export async function promptSecret(question: string, input: ReadStream, output: WriteStream): Promise<string> {
  for (;;) {
    const first = await readHidden(question, input, output)
    if (first === '') {
      output.write('An empty password is not possible.\n')
      continue
    }
    if ((await readHidden('Once more: ', input, output)) === first) return first
    output.write('They differ.\n')
  }
}

/** One line in raw mode: the terminal echoes nothing. Ctrl-C and Ctrl-D give up. */
function readHidden(question: string, input: ReadStream, output: WriteStream): Promise<string> {
  output.write(question)
  input.setRawMode(true)
  input.setEncoding('utf8')
  input.resume()
  return new Promise((resolve, reject) => {
    let typed: string[] = []
    const finish = (settle: () => void): void => {
      input.off('data', onData)
      input.setRawMode(false)
      input.pause()
      output.write('\n')
      settle()
    }
    const onData = (text: string): void => {
      for (const char of text) {
        if (char === '\r' || char === '\n') return finish(() => resolve(typed.join('')))
        if (char === '\u0003' || char === '\u0004') return finish(() => reject(new UsageError('given up')))
        if (char === '\u007F' || char === '\b') typed.pop()
        else if (char === '\u0015') typed = []
        else typed.push(char)
      }
    }
    input.on('data', onData)
  })
}

/** True when the answer begins with y. */
export async function promptYes(question: string, input: ReadStream, output: WriteStream): Promise<boolean> {
  const lines = createInterface({ input, output })
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim())
  } finally {
    lines.close()
  }
}
