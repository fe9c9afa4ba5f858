import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import type { ReadStream, WriteStream } from 'node:tty'
import { UsageError } from '../src/errors.ts'
import { promptSecret, readSecret } from '../src/prompt.ts'

const secrets: [input: string, secret: string | undefined][] = [
  ['secret', 'secret'],
  ['secret\n', 'secret'],
  ['secret\r\n', 'secret'],
  [' two words \n', ' two words '],
  ['line\nline\n', 'line\nline'],
  ['пароль\n', 'пароль'],
  ['', undefined],
  ['\n', undefined],
  ['x'.repeat(4097), undefined],
]

for (const [input, secret] of secrets) {
  test(`password on standard input ${JSON.stringify(input.slice(0, 20))}`, async () => {
    const reading = readSecret(PassThrough.from([Buffer.from(input)]))
    if (secret === undefined) await assert.rejects(reading, UsageError)
    else assert.equal(await reading, secret)
  })
}

/** A terminal that types `keys` when a question stands there. */
function terminal(...keys: string[]): { input: ReadStream; output: WriteStream; shown: () => string; raw: () => boolean } {
  const input = new PassThrough() as unknown as ReadStream
  const output = new PassThrough() as unknown as WriteStream
  let shown = ''
  let raw = false
  input.setRawMode = (mode) => {
    raw = mode
    return input
  }
  ;(output as unknown as PassThrough).on('data', (chunk: Buffer) => {
    shown += chunk.toString()
    if (chunk.toString().endsWith(': ')) (input as unknown as PassThrough).write(keys.shift() ?? '\u0003')
  })
  return { input, output, shown: () => shown, raw: () => raw }
}

const typed: [keys: string[], secret: string | undefined, shown: RegExp][] = [
  [['secret\r', 'secret\r'], 'secret', /^Password: \nOnce more: \n$/],
  [['secrex\u007Ft\r', 'secret\r'], 'secret', /./],
  [['wrong\u0015secret\n', 'secret\n'], 'secret', /./],
  [['one\r', 'two\r', 'one\r', 'one\r'], 'one', /They differ\./],
  [['\r', 'one\r', 'one\r'], 'one', /An empty password is not possible\./],
  [['sec\u0003'], undefined, /./],
]

for (const [keys, secret, shown] of typed) {
  test(`typed ${JSON.stringify(keys)}`, async () => {
    const { input, output, shown: seen, raw } = terminal(...keys)
    const asking = promptSecret('Password: ', input, output)
    if (secret === undefined) await assert.rejects(asking, UsageError)
    else assert.equal(await asking, secret)
    assert.match(seen(), shown)
    assert.equal(raw(), false)
    assert.doesNotMatch(seen(), /sec|one|two/)
  })
}
