import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Random, withSeed } from '@mailstead/testkit'
import { asLines, CannotReencode, findPart, reencode, transferDecoder } from '../src/index.ts'
import { LineCheck } from '../src/octet-check.ts'
import { allParts, scan, structureOf } from './scan.ts'

/** What becomes of a binary message; `same`: nothing has to be written anew. */
async function lines(message: Buffer, step = 1000): Promise<Buffer | 'same'> {
  const read = (offset: number, length: number): Promise<Buffer> =>
    Promise.resolve(message.subarray(offset, offset + Math.min(length, step)))
  const octets = await reencode({
    source: { size: message.length, read },
    root: structureOf(scan(message)),
    rule: asLines(998),
    pause: () => undefined,
  })
  if (octets === undefined) return 'same'
  const pieces: Uint8Array[] = []
  for await (const piece of octets) pieces.push(piece)
  return Buffer.concat(pieces)
}

function contentOf(message: Buffer, numbers: readonly number[]): Buffer {
  const part = findPart(structureOf(scan(message)), numbers) ?? assert.fail()
  const decoder = transferDecoder(part.encoding)
  return Buffer.concat([decoder.write(message.subarray(part.body, part.end)), decoder.end()])
}

const octets = (text: string): Buffer => Buffer.from(text, 'latin1')
const BINARY = 'Content-Transfer-Encoding: binary\r\n'
const MIXED = 'Content-Type: multipart/mixed; boundary=b\r\n'

const written: [what: string, message: string, becomes: string][] = [
  ['a whole message', `Subject: x\r\n${BINARY}\r\na\nb\0`, `Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\n${btoa('a\nb\0')}\r\n`],
  ['what calls itself binary and is text', `${BINARY}\r\nabc\r\n`, `Content-Transfer-Encoding: base64\r\n\r\n${btoa('abc\r\n')}\r\n`],
  [
    'a part, and the labels around it',
    `${MIXED}${BINARY}\r\n--b\r\n\r\ntext\r\n--b\r\n${BINARY}X: y\r\n\r\n\r\r\n--b--\r\n`,
    `${MIXED}Content-Transfer-Encoding: 8bit\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Transfer-Encoding: base64\r\nX: y\r\n\r\n${btoa('\r')}\r\n--b--\r\n`,
  ],
  [
    'a part of a message within, whatever it calls itself',
    `${MIXED}\r\n--b\r\nContent-Type: message/rfc822\r\n${BINARY}\r\nSubject: y\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\n\r\n--b--\r\n`,
    `${MIXED}\r\n--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSubject: y\r\nContent-Transfer-Encoding: base64\r\n\r\n${btoa('\n')}\r\n--b--\r\n`,
  ],
  [
    'a label alone',
    `${MIXED}${BINARY}\r\n--b\r\n\r\ntext\r\n--b--\r\n`,
    `${MIXED}Content-Transfer-Encoding: 8bit\r\n\r\n--b\r\n\r\ntext\r\n--b--\r\n`,
  ],
  [
    'a line too long',
    `X: y\r\n\r\n${'x'.repeat(999)}`,
    `X: y\r\nContent-Transfer-Encoding: base64\r\n\r\n${btoa('x'.repeat(999)).replace(/.{76}/g, '$&\r\n')}\r\n`,
  ],
  ['what has no field', '\r\n\0', `Content-Transfer-Encoding: base64\r\n\r\n${btoa('\0')}\r\n`],
  ['nothing in it', `X: y\r\n${BINARY}\r\n`, 'X: y\r\nContent-Transfer-Encoding: base64\r\n\r\n\r\n'],
]

for (const [what, message, becomes] of written) {
  test(`written anew: ${what}`, async () => assert.equal(String(await lines(octets(message))), becomes))
}

const SIGNED = 'Content-Type: multipart/signed; boundary=s\r\n'
const refused: [what: string, message: string, reason: CannotReencode['reason']][] = [
  ['inside of what is signed', `${SIGNED}\r\n--s\r\n\r\na\nb\r\n--s--\r\n`, 'sealed'],
  ['a label inside of what is signed', `${SIGNED}\r\n--s\r\n${BINARY}\r\nab\r\n--s--\r\n`, 'sealed'],
  ['inside of what is encrypted', `${SIGNED.replace('signed', 'encrypted')}\r\n--s\r\n\r\n\0\r\n--s--\r\n`, 'sealed'],
  ['deeper inside', `${SIGNED}\r\n--s\r\n${MIXED}\r\n--b\r\n\r\n\r\n\r\n\0\r\n--b--\r\n--s--\r\n`, 'sealed'],
  ['a bare LF in a header', `Subject: x\nX: y\r\n${BINARY}\r\n\0`, 'malformed'],
  ['NUL in a header', `Subject: x\0\r\n\r\nabc\r\n`, 'malformed'],
  ['NUL between parts', `${MIXED}\r\npre\0\r\n--b\r\n\r\ntext\r\n--b--\r\n`, 'malformed'],
  ['NUL behind the parts', `${MIXED}\r\n--b\r\n${BINARY}\r\nx\r\n--b--\r\n\0\r\n`, 'malformed'],
  ['NUL in base64', `Content-Transfer-Encoding: base64\r\n\r\nYWJj\0\r\n`, 'malformed'],
  ['a delimiter that ends with a bare LF', `${MIXED}\r\n--b\n${BINARY}\r\nx\r\n--b--\r\n`, 'malformed'],
]

for (const [what, message, reason] of refused) {
  test(`refused: ${what}`, () =>
    assert.rejects(lines(octets(message)), (error) => error instanceof CannotReencode && error.reason === reason))
}

test('what is as it should be stays', async () => {
  for (const message of [
    '',
    'Subject: x\r\n\r\ntext\r\n',
    `${SIGNED}${BINARY}\r\n--s\r\n\r\ntext\r\n--s--\r\n`.replace(BINARY, ''),
    `${MIXED}\r\n--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xe4\r\n--b--\r\n`,
  ])
    assert.equal(await lines(octets(message)), 'same')
})

test('a signed multipart may call itself binary where nothing in it is', async () =>
  assert.equal(
    String(await lines(octets(`${SIGNED}${BINARY}\r\n--s\r\n\r\ntext\r\n--s--\r\n`))),
    `${SIGNED}Content-Transfer-Encoding: 8bit\r\n\r\n--s\r\n\r\ntext\r\n--s--\r\n`,
  ))

/** What cannot make a delimiter. */
const content = (random: Random, size: number): Buffer =>
  Buffer.from(Array.from({ length: size }, () => random.pick([0, 10, 13, 0x61, 0x80, 0xff, 0x2e, 0x3d])))

test('binary parts have the same octets afterwards, however they come', () =>
  withSeed(async (random) => {
    for (let round = 0; round < 60; round++) {
      const contents = Array.from({ length: 1 + random.int(4) }, () =>
        content(random, random.pick([0, 1, 56, 57, 58, 2000, random.int(500)])),
      )
      const parts = contents.flatMap((each) => [octets(`--b\r\nContent-Type: application/x\r\n${BINARY}\r\n`), each, octets('\r\n')])
      const message = Buffer.concat([octets(`${MIXED}\r\n`), ...parts, octets('--b--\r\n')])
      const becomes = await lines(message, 1 + random.int(300))
      assert.ok(becomes !== 'same')
      const check = new LineCheck(76)
      check.push(becomes)
      assert.ok(!check.broken)
      for (const [index, each] of contents.entries()) assert.ok(contentOf(becomes, [index + 1]).equals(each), `part ${index + 1}`)
      for (const part of allParts(structureOf(scan(becomes)))) assert.notEqual(part.encoding, 'binary')
      assert.equal(await lines(becomes), 'same')
    }
  }))

test('lines, in slices', () =>
  withSeed((random) => {
    for (let round = 0; round < 2000; round++) {
      const text = Buffer.from(Array.from({ length: random.int(12) }, () => random.pick([0, 10, 13, 9, 0x61, 13, 10])))
      const expected = /^(?:[\t\x61]{0,4}\r\n)*[\t\x61]{0,4}$/.test(text.toString('latin1'))
      const check = new LineCheck(4)
      for (const piece of random.split(text, 4)) check.push(piece)
      assert.equal(check.broken, !expected, JSON.stringify(text.toString('latin1')))
    }
  }))
