import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hasEmptyLine, makeField, parseParameterized, readHeader, selectHeaderFields, writeHeader } from '../src/index.ts'
import { text } from './scan.ts'

const BLOCK = 'From: a@b\r\nX-Y : 1\r\n 2\r\nbroken\r\nTO: c\nempty:\r\n:odd\r\n\r\nbody: x\r\n'

test('fields come with name, unfolded value and their octets', () => {
  const fields = readHeader(Buffer.from(BLOCK)).map(({ name, value, raw }) => [name, value, text(raw)])
  assert.deepEqual(fields, [
    ['From', 'a@b', 'From: a@b\r\n'],
    ['X-Y', '1 2', 'X-Y : 1\r\n 2\r\n'],
    ['', 'broken', 'broken\r\n'],
    ['TO', 'c', 'TO: c\n'],
    ['empty', '', 'empty:\r\n'],
    ['', 'odd', ':odd\r\n'],
  ])
})

test('a name ends on its line', () => {
  const fields = readHeader(Buffer.from('From\r\n : a@b\r\nFrom\t : c@d\r\nTo\n\t:\n')).map(({ name, value }) => [name, value])
  assert.deepEqual(fields, [
    ['', 'From : a@b'],
    ['From', 'c@d'],
    ['', 'To\t:'],
  ])
})

test('what was read is written as it was', () => {
  const written = writeHeader([makeField('Received', 'from x\r\n\tby y'), ...readHeader(Buffer.from(BLOCK))])
  assert.equal(text(written), `Received: from x\r\n\tby y\r\n${BLOCK.slice(0, BLOCK.indexOf('\r\n\r\n') + 2)}`)
})

const selections: [names: string[], not: boolean, fields: string][] = [
  [['from', 'to'], false, 'From: a@b\r\nTO: c\n'],
  [['x-y'], false, 'X-Y : 1\r\n 2\r\n'],
  [['body'], false, ''],
  [[], false, ''],
  [['from', 'x-y', 'empty'], true, 'broken\r\nTO: c\n:odd\r\n'],
  [[], true, BLOCK.slice(0, BLOCK.indexOf('\r\n\r\n') + 2)],
]
describe('selectHeaderFields', () => {
  for (const [names, not, fields] of selections) {
    test(`${not ? 'not ' : ''}${names.join(' ')}`, () => {
      assert.equal(text(selectHeaderFields(Buffer.from(BLOCK), new Set(names), not)), fields)
    })
  }
})

test('hasEmptyLine', () => {
  for (const block of ['\r\n', '\n', 'A: b\r\n\r\n', 'A: b\n\n', 'A: b\n\r\n'])
    assert.ok(hasEmptyLine(Buffer.from(block)), JSON.stringify(block))
  for (const block of ['', '\r', 'A: b', 'A: b\r\n', 'A: b\n', 'A: b\r\n\r'])
    assert.ok(!hasEmptyLine(Buffer.from(block)), JSON.stringify(block))
})

const values: [text: string, value: string, parameters: [string, string][]][] = [
  ['', '', []],
  ['text/plain', 'text/plain', []],
  [
    '(c) text/plain (d) ; (e) a (f) = (g) b (h) ; c=d',
    'text/plain',
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    'a/b; name="x; y=z"; q=1',
    'a/b',
    [
      ['name', 'x; y=z'],
      ['q', '1'],
    ],
  ],
  [
    'a/b; name=my file.pdf; q=1',
    'a/b',
    [
      ['name', 'my file.pdf'],
      ['q', '1'],
    ],
  ],
  ['a/b; x="open', 'a/b', [['x', 'open']]],
  ['a/b;;; x=1;;', 'a/b', [['x', '1']]],
  ['; x=1', '', [['x', '1']]],
  ['a/b; "x"=1; )y=2; z=3', 'a/b', [['z', '3']]],
]
describe('parseParameterized', () => {
  for (const [source, value, parameters] of values) {
    test(JSON.stringify(source), () => {
      assert.deepEqual(parseParameterized(source), { value, parameters: parameters.map(([name, text]) => ({ name, value: text })) })
    })
  }
})
