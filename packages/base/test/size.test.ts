import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatSize, parseSize } from '../src/index.ts'

for (const [text, octets] of [
  ['0', 0],
  ['1000', 1000],
  ['2G', 2 ** 31],
  ['1.5k', 1536],
  ['10 MiB', 10 * 2 ** 20],
  ['', undefined],
  ['-1', undefined],
  ['2X', undefined],
  ['99999999T', undefined],
] as const) {
  test(`size ${JSON.stringify(text)}`, () => assert.equal(parseSize(text), octets))
}

test('sizes for people', () => assert.deepEqual([0, 1536, 2 ** 31].map(formatSize), ['0', '1.5K', '2G']))
