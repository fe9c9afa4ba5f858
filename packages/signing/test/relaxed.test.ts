import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { readHeader } from '@mailstead/mime'
import { withSeed } from '@mailstead/testkit'
import { MessageDigest } from '../src/index.ts'
import { RelaxedBody, relaxedField, type Taker } from '../src/relaxed.ts'

class Gathered implements Taker<Gathered> {
  readonly #pieces: Buffer[]

  constructor(pieces: readonly Buffer[] = []) {
    this.#pieces = [...pieces]
  }

  update(octets: Uint8Array): void {
    this.#pieces.push(Buffer.from(octets))
  }

  copy(): Gathered {
    return new Gathered(this.#pieces)
  }

  get text(): string {
    return Buffer.concat(this.#pieces).toString('latin1')
  }
}

function relaxedBody(pieces: readonly Uint8Array[]): string {
  const body = new RelaxedBody(new Gathered())
  for (const piece of pieces) body.write(piece)
  return body.finish().text
}

/** The rules of RFC 6376 section 3.4.4 one after the other, on a body that is all there. */
function reference(body: string): string {
  const lines = body.split('\r\n').map((line) => line.replaceAll(/[ \t]+/g, ' ').replace(/ $/, ''))
  while (lines.at(-1) === '') lines.pop()
  return lines.map((line) => `${line}\r\n`).join('')
}

function field(text: string): string {
  const [first] = readHeader(Buffer.from(text, 'latin1'))
  assert.ok(first)
  return relaxedField(first)
}

test('header fields in the relaxed form', () => {
  const table: readonly [string, string][] = [
    // RFC 6376 section 3.4.5, example 1.
    ['A: X\r\n', 'a:X'],
    ['B : Y\t\r\n\tZ  \r\n', 'b:Y Z'],
    // Section 3.4.2.
    ['SUBject: AbC\r\n', 'subject:AbC'],
    ['Subject:a\r\n', 'subject:a'],
    ['Subject:\r\n', 'subject:'],
    ['Subject: \t \r\n', 'subject:'],
    ['Subject:\r\n\ta\r\n  b\r\n', 'subject:a b'],
    ['Subject: a\r\n \r\n', 'subject:a'],
    ['Subject: a: b :c\r\n', 'subject:a: b :c'],
    ['Subject: a\rb\r\n', 'subject:a\rb'],
    ['Subject: \u00e9\r\n', 'subject:\u00e9'],
    ['Subject: a', 'subject:a'],
  ]
  for (const [given, wanted] of table) assert.equal(field(given), wanted, JSON.stringify(given))
})

test('bodies in the relaxed form, whole and octet by octet', () => {
  const table: readonly [string, string][] = [
    // RFC 6376 section 3.4.5, example 1.
    [' C \r\nD \t E\r\n\r\n\r\n', ' C\r\nD E\r\n'],
    ['', ''],
    ['\r\n\r\n', ''],
    [' \t\r\n \r\n', ''],
    ['  ', ''],
    ['a', 'a\r\n'],
    ['a \t', 'a\r\n'],
    ['a\r\n', 'a\r\n'],
    ['\r\n\r\na', '\r\n\r\na\r\n'],
    ['a\r\n \r\n\tb', 'a\r\n\r\n b\r\n'],
    ['a\rb', 'a\rb\r\n'],
    ['a \r b', 'a \r b\r\n'],
    ['a\nb\n', 'a\nb\n\r\n'],
    ['a\r\r\n', 'a\r\r\n'],
    ['a\r', 'a\r\r\n'],
    ['\u0000\u00ff', '\u0000\u00ff\r\n'],
  ]
  for (const [given, wanted] of table) {
    const octets = Buffer.from(given, 'latin1')
    assert.equal(relaxedBody([octets]), wanted, JSON.stringify(given))
    assert.equal(relaxedBody(Array.from(octets, (octet) => Uint8Array.of(octet))), wanted, JSON.stringify(given))
    assert.equal(reference(given), wanted, JSON.stringify(given))
  }
})

test('bodies of any octets in any slices are what the rules say', async () => {
  await withSeed((random) => {
    for (let round = 0; round < 2000; round++) {
      const length = random.int(round % 100 === 0 ? 40_000 : 60)
      const body = Array.from({ length }, () => random.pick(['\r\n', '\r\n', '\r', '\n', ' ', '\t', '  ', 'a', '\u00e9', 'word'])).join('')
      const pieces = random.split(Buffer.from(body, 'latin1'), 1 + random.int(50))
      assert.equal(relaxedBody(pieces), reference(body), JSON.stringify(body))
    }
  })
})

test('thousands of empty lines are an end or none, by what comes behind them', () => {
  const lines = '\r\n'.repeat(20_000)
  for (const text of [lines, `a${lines}`, `a${lines}b`, `${lines}a`, `a${lines} ${lines}b ${lines}`, `a${lines}\r`, `a${lines} `])
    for (const size of [1, 777, 16_384, 1_000_000]) {
      const octets = Buffer.from(text)
      const pieces = Array.from({ length: Math.ceil(octets.length / size) }, (_, at) => octets.subarray(at * size, (at + 1) * size))
      assert.ok(relaxedBody(pieces) === reference(text), `${text.replaceAll(lines, '…')} in pieces of ${size}`)
    }
})

test('as much as can wait goes before as much as comes at once', () => {
  for (const lines of [8191, 8192, 8193])
    for (const more of ['', ' ', '\r', ' \r']) {
      const pieces = [`a${'\r\n'.repeat(lines)}${more}`, 'b'.repeat(16_384), ' c']
      assert.ok(relaxedBody(pieces.map((piece) => Buffer.from(piece))) === reference(pieces.join('')), `${lines} ${JSON.stringify(more)}`)
    }
})

test('what a body of empty lines hashes to stands in RFC 6376 section 3.4.4', () => {
  for (const text of ['', 'A: b', 'A: b\r\n', 'A: b\r\n\r\n', 'A: b\r\n\r\n\r\n \r\n']) {
    const digest = new MessageDigest()
    digest.write(Buffer.from(text))
    assert.equal(digest.finish()?.bodyHash, '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', JSON.stringify(text))
  }
})

test('a message is digested in any slices; one with too much header is not', async () => {
  await withSeed((random) => {
    const message = Buffer.from(`From: a@example.org\r\nSubject: x\r\n y\r\n\r\n${'text \t text\r\n\r\n'.repeat(20)}`)
    for (let round = 0; round < 200; round++) {
      const digest = new MessageDigest()
      for (const piece of random.split(message, 1 + random.int(80))) digest.write(piece)
      const found = digest.finish()
      assert.deepEqual(
        found?.fields.map(({ name, value }) => [name, value]),
        [
          ['From', 'a@example.org'],
          ['Subject', 'x y'],
        ],
      )
      const body = reference('text \t text\r\n\r\n'.repeat(20))
      assert.equal(found?.bodyHash, createHash('sha256').update(body).digest('base64'))
    }
  })
  const digest = new MessageDigest()
  for (let i = 0; i < 300; i++) digest.write(Buffer.from(`X-${'a'.repeat(1000)}: b\r\n`))
  digest.write(Buffer.from('\r\nbody'))
  assert.equal(digest.finish(), undefined)
})
