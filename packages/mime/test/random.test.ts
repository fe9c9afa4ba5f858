import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSeed } from '@mailstead/testkit'
import { findPart, sectionRange, type Part } from '../src/index.ts'
import { fuzzReaders, fuzzScanner } from './fuzz.ts'
import { scan, structureOf } from './scan.ts'
import { growMessage, type Expected } from './tree.ts'

const ROUNDS = 300

function compare(part: Part | undefined, expected: Expected, where: string): void {
  assert.ok(part, where)
  const type = `${part.type}/${part.subtype}`
  assert.deepEqual(
    [type, part.header, part.body, part.end, part.children.length],
    [expected.type, expected.header, expected.body, expected.end, expected.children.length],
    where,
  )
  expected.children.forEach((child, index) => compare(part.children[index], child, `${where}.${index + 1}`))
}

test('random messages come apart as they were put together', () =>
  withSeed((random) => {
    for (let round = 0; round < ROUNDS; round++) {
      const { octets, root } = growMessage(random)
      compare(structureOf(scan(octets)), root, `round ${round}`)
    }
  }))

/** Fetches every part by its number and puts the message together again. */
function reassemble(octets: Buffer, root: Part): Buffer {
  const cut = (numbers: readonly number[], what: 'header' | 'text' | 'mime' | undefined): Buffer => {
    const range = sectionRange(root, numbers, what)
    assert.ok(range, `${numbers.join('.')} ${what}`)
    return octets.subarray(range.start, range.end)
  }
  /** The body of the part at `numbers`, put together from its parts where it has some. */
  const body = (part: Part, numbers: readonly number[]): Buffer => {
    if (part.kind === 'message') {
      const inner = part.children[0]
      assert.ok(inner)
      const whole = inner.kind === 'multipart' ? body(inner, numbers) : body(inner, [...numbers, 1])
      assert.deepEqual(cut(numbers, 'text'), whole)
      return Buffer.concat([cut(numbers, 'header'), whole])
    }
    if (part.kind !== 'multipart') return cut(numbers, undefined)
    const pieces: Buffer[] = []
    let at = part.body
    part.children.forEach((child, index) => {
      const number = [...numbers, index + 1]
      assert.equal(findPart(root, number), child)
      pieces.push(octets.subarray(at, child.header), cut(number, 'mime'), body(child, number))
      at = child.end
    })
    return Buffer.concat([...pieces, octets.subarray(at, part.end)])
  }
  return Buffer.concat([cut([], 'header'), body(root, root.kind === 'multipart' ? [] : [1])])
}

test('parts fetched by number make the message again', () =>
  withSeed((random) => {
    for (let round = 0; round < ROUNDS; round++) {
      const { octets } = growMessage(random)
      assert.deepEqual(reassemble(octets, structureOf(scan(octets))), octets, `round ${round}`)
    }
  }))

test('the slices do not matter', () =>
  withSeed((random) => {
    for (let round = 0; round < 40; round++) {
      const { octets } = growMessage(random)
      const whole = scan(octets)
      for (const step of [1, 2, 3, 4, 5, 7, 11, 64, 513]) {
        assert.deepEqual(scan(octets, step), whole, `round ${round} step ${step}`)
      }
    }
  }))

test('any octets are a message', () =>
  withSeed((random) => {
    for (let round = 0; round < 3_000; round++) fuzzScanner(random)
  }))

test('any octets can be read, and their slices do not matter', () =>
  withSeed((random) => {
    for (let round = 0; round < 2_000; round++) fuzzReaders(random)
  }))
