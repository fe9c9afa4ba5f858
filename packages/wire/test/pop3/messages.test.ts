import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSeed } from '@mailstead/testkit'
import { DotStuffer, TopCutter } from '../../src/pop3/index.ts'

/** As it goes to the client. */
function stuff(pieces: Iterable<Uint8Array>): string {
  const stuffer = new DotStuffer()
  const out: Uint8Array[] = []
  for (const piece of pieces) out.push(stuffer.push(piece))
  return Buffer.concat(out).toString('latin1') + stuffer.end()
}

/** What TOP sends of it. */
function top(lines: number, pieces: Iterable<Uint8Array>): string {
  const cutter = new TopCutter(lines)
  const out: Uint8Array[] = []
  for (const piece of pieces) {
    out.push(piece.subarray(0, cutter.push(piece)))
    if (cutter.done) break
  }
  return Buffer.concat(out).toString('latin1')
}

const octetByOctet = (octets: Uint8Array): Uint8Array[] => Array.from(octets, (octet) => Buffer.from([octet]))

const stuffing: [message: string, sent: string][] = [
  ['', '.\r\n'],
  ['x', 'x\r\n.\r\n'],
  ['x\r\n', 'x\r\n.\r\n'],
  ['x\r', 'x\r\r\n.\r\n'],
  ['x\n', 'x\n\r\n.\r\n'],
  ['\n', '\n\r\n.\r\n'],
  ['.', '..\r\n.\r\n'],
  ['.\r\n', '..\r\n.\r\n'],
  ['..\r\n.x\r\n', '...\r\n..x\r\n.\r\n'],
  ['a.\r\n.b\r\nc.', 'a.\r\n..b\r\nc.\r\n.\r\n'],
  ['a\r.b\r\n', 'a\r.b\r\n.\r\n'],
  ['a\n.\nb\r\n', 'a\n..\nb\r\n.\r\n'],
  ['.\n'.repeat(1000), `${'..\n'.repeat(1000)}\r\n.\r\n`],
  ['.\n.', '..\n..\r\n.\r\n'],
  ['.\r\n'.repeat(1000), `${'..\r\n'.repeat(1000)}.\r\n`],
]

for (const [message, sent] of stuffing) {
  test(`stuffing ${JSON.stringify(message.slice(0, 20))}`, () => {
    assert.equal(stuff([Buffer.from(message)]), sent)
    assert.equal(stuff(octetByOctet(Buffer.from(message))), sent)
  })
}

test('stuffing: a message without dots is not copied', () => {
  const octets = Buffer.from('a.b\r\nc\r\n')
  assert.equal(new DotStuffer().push(octets), octets)
})

const MESSAGE = 'A: 1\r\nB: 2\r\n\r\none\r\n\r\nthree'

const tops: [lines: number, message: string, sent: string][] = [
  [0, MESSAGE, 'A: 1\r\nB: 2\r\n\r\n'],
  [1, MESSAGE, 'A: 1\r\nB: 2\r\n\r\none\r\n'],
  [2, MESSAGE, 'A: 1\r\nB: 2\r\n\r\none\r\n\r\n'],
  [3, MESSAGE, MESSAGE],
  [9, MESSAGE, MESSAGE],
  [0, 'A: 1', 'A: 1'],
  [0, '\r\nbody', '\r\n'],
  [0, '\nbody', '\n'],
  [1, 'A: 1\n\nbody\nmore\n', 'A: 1\n\nbody\n'],
  [0, 'A: 1\r\n\r \r\n\r\nbody', 'A: 1\r\n\r \r\n\r\n'],
  [0, '', ''],
]

for (const [lines, message, sent] of tops) {
  test(`top ${lines} of ${JSON.stringify(message)}`, () => {
    assert.equal(top(lines, [Buffer.from(message)]), sent)
    assert.equal(top(lines, octetByOctet(Buffer.from(message))), sent)
  })
}

test('any slicing gives the same message, and a client gets it back', () =>
  withSeed((random) => {
    for (let round = 0; round < 300; round++) {
      const text = Array.from({ length: random.int(60) }, () =>
        random.pick(['.', '..', '\r\n', '\r\n.', '\r', '\n', 'x', 'line\r\n', '\xff']),
      ).join('')
      const octets = Buffer.from(text, 'latin1')
      const sent = stuff(random.split(octets, 1 + random.int(9)))
      assert.equal(sent, stuff([octets]), JSON.stringify(text))
      assert.ok(sent.endsWith('\r\n.\r\n') || sent === '.\r\n')
      // As clients read it that take LF for the end of a line.
      const got = sent.slice(0, -3).replaceAll(/(^|\n)\.\./g, '$1.')
      assert.equal(got, text === '' || text.endsWith('\r\n') ? text : `${text}\r\n`, JSON.stringify(text))
      const lines = random.int(5)
      assert.equal(top(lines, random.split(octets, 1 + random.int(9))), top(lines, [octets]), JSON.stringify(text))
    }
  }))
