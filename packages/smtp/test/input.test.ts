import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CountedOctets } from '../src/connection/counted-octets.ts'
import { SmtpInput } from '../src/connection/input.ts'
import { INPUT_AHEAD } from '../src/limits.ts'

/** Long enough for the next line, whatever else is under way. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

/** An input whose lines wait for `answer`, and what it has said so far. */
function listening(): { readonly input: SmtpInput; readonly said: string[]; readonly answer: () => Promise<void> } {
  const said: string[] = []
  const waiting: (() => void)[] = []
  const input = new SmtpInput({
    line: (line, next) => {
      said.push(line.toString())
      waiting.push(next)
    },
    problem: (problem, next) => {
      said.push(problem)
      waiting.push(next)
    },
    heard: () => {},
    room: () => said.push('room'),
    end: () => said.push('end'),
  })
  const answer = (): Promise<void> => (waiting.shift()?.(), turn())
  return { input, said, answer }
}

test('one line at a time, however they come', async () => {
  const { input, said, answer } = listening()
  for (const chunk of ['ON', 'E\r', '\nTWO\r\nTHR', 'EE\r\n']) input.push(Buffer.from(chunk))
  assert.deepEqual(said, ['ONE'])
  await answer()
  assert.deepEqual(said, ['ONE', 'TWO'])
  await answer()
  assert.deepEqual(said, ['ONE', 'TWO', 'THREE'])
})

test('what came before the end is answered before the end is told, and a line without its end is none', async () => {
  const { input, said, answer } = listening()
  input.push(Buffer.from('ONE\r\nTWO\r\nTHREE'))
  input.end()
  await answer()
  assert.deepEqual(said, ['ONE', 'TWO'])
  await answer()
  assert.deepEqual(said, ['ONE', 'TWO', 'end'])
})

test('while a command is under way so many octets wait and no more, until some were taken', async () => {
  const { input, said, answer } = listening()
  const lines = Buffer.from('NOOP\r\n'.repeat(1000))
  assert.equal(input.push(Buffer.from('ONE\r\n')), true)
  let pushes = 1
  while (input.push(lines)) pushes++
  assert.equal(pushes, Math.ceil(INPUT_AHEAD / lines.length))
  await answer()
  assert.deepEqual(said, ['ONE', 'room', 'NOOP'])
})

test('closed, it hears nothing any more, neither what came nor what comes', async () => {
  const { input, said, answer } = listening()
  input.push(Buffer.from('QUIT\r\nNOOP\r\n'))
  input.push(Buffer.from('NOOP\r\n'))
  input.close()
  assert.equal(input.push(Buffer.from('NOOP\r\n')), true)
  await answer()
  input.end()
  assert.deepEqual([said, input.unread], [['QUIT'], 0])
})

test('a message waits for its sink, and the line behind it for the message', async () => {
  const { input, said, answer } = listening()
  const written = Promise.withResolvers<void>()
  const kept: string[] = []
  const sink = { write: (piece: Uint8Array) => (kept.push(Buffer.from(piece).toString()), written.promise) }
  input.push(Buffer.from('BDAT\r\n12345NOOP\r\n'))
  input.receive(sink, new CountedOctets(5), (next) => {
    said.push('whole')
    next()
  })
  await answer()
  assert.deepEqual([said, kept], [['BDAT'], ['12345']])
  written.resolve()
  await turn()
  assert.deepEqual(said, ['BDAT', 'whole', 'NOOP'])
})
