import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pop3Framer } from '../../src/pop3/index.ts'
import { withSeed } from '@mailstead/testkit'

const LIMIT = 12

/** The lines of `pieces` in words, and nothing left over. */
function lines(pieces: Iterable<Uint8Array>): string[] {
  const framer = new Pop3Framer(LIMIT)
  const said: string[] = []
  for (const piece of pieces) {
    framer.push(piece)
    for (let line = framer.next(); line !== undefined; line = framer.next()) {
      said.push(line.kind === 'line' ? Buffer.from(line.octets).toString('latin1') : '<too long>')
    }
    assert.equal(framer.buffered, 0)
  }
  return said
}

const table: [what: string, input: string, said: string[]][] = [
  ['nothing', '', []],
  ['a line', 'STAT\r\n', ['STAT']],
  ['several', 'STAT\r\nLIST 1\r\n', ['STAT', 'LIST 1']],
  ['LF alone', 'STAT\nLIST\n', ['STAT', 'LIST']],
  ['an end that has not come', 'STAT\r', []],
  ['a carriage return inside', 'ST\rAT\r\n', ['ST\rAT']],
  ['two carriage returns', 'STAT\r\r\n', ['STAT\r']],
  ['empty lines', '\r\n\n', ['', '']],
  ['octets that are no text', 'A\0\xff\r\n', ['A\0\xff']],
  ['the longest line', `${'x'.repeat(12)}\r\n`, ['x'.repeat(12)]],
  ['the longest line, LF alone', `${'x'.repeat(12)}\n`, ['x'.repeat(12)]],
  ['one octet more', `${'x'.repeat(13)}\r\nSTAT\r\n`, ['<too long>', 'STAT']],
  ['one octet more, LF alone', `${'x'.repeat(13)}\nSTAT\n`, ['<too long>', 'STAT']],
  ['very much more', `${'x'.repeat(5000)}\r\nSTAT\r\n`, ['<too long>', 'STAT']],
  ['a long line without its end', 'x'.repeat(5000), []],
]

for (const [what, input, said] of table) {
  test(`framer: ${what}`, () => {
    const octets = Buffer.from(input, 'latin1')
    assert.deepEqual(lines([octets]), said)
    assert.deepEqual(lines(Array.from(octets, (octet) => Buffer.from([octet]))), said)
  })
}

test('framer: any slicing gives the same lines', () =>
  withSeed((random) => {
    for (let round = 0; round < 300; round++) {
      const text = Array.from({ length: 1 + random.int(80) }, () =>
        random.pick(['STAT', ' ', '\r\n', '\n', '\r', 'x'.repeat(11), '\0', '.']),
      ).join('')
      const octets = Buffer.from(text)
      assert.deepEqual(lines(random.split(octets, 1 + random.int(20))), lines([octets]), JSON.stringify(text))
    }
  }))

test('framer: lines come in their order, however many are read between two pieces', () =>
  withSeed((random) => {
    for (let round = 0; round < 300; round++) {
      const framer = new Pop3Framer(LIMIT)
      const sent = Array.from({ length: 1 + random.int(20) }, (_, n) => `LINE ${n}`)
      const read: string[] = []
      const readOne = (): boolean => {
        const line = framer.next()
        if (line?.kind === 'line') read.push(Buffer.from(line.octets).toString('latin1'))
        return line !== undefined
      }
      // Pieces that end where a line ends are those of a client that pipelines.
      const pieces = random.chance(0.5)
        ? sent.map((line) => Buffer.from(`${line}\r\n`))
        : random.split(Buffer.from(`${sent.join('\n')}\n`), 9)
      for (const piece of pieces) {
        framer.push(piece)
        if (random.chance(0.4)) readOne()
      }
      while (readOne());
      assert.deepEqual(read, sent)
    }
  }))

test('framer: what is forgotten is not run', () => {
  const framer = new Pop3Framer(LIMIT)
  framer.push(Buffer.from('STLS\r\nUSER x\r\nPA'))
  assert.equal(framer.next()?.kind, 'line')
  framer.clear()
  assert.equal(framer.buffered, 0)
  framer.push(Buffer.from('SS y\r\n'))
  const line = framer.next()
  assert.equal(line?.kind === 'line' && Buffer.from(line.octets).toString(), 'SS y')
  framer.push(Buffer.from('open'))
  assert.equal(framer.next(), undefined)
  framer.clear()
  framer.push(Buffer.from('\r\n'))
  const empty = framer.next()
  assert.equal(empty?.kind === 'line' && empty.octets.length, 0)
})
