import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Uid } from '@mailstead/store'
import { savedOf, setPieces, type ReturnItem } from '../src/search/return.ts'

const uids = (...numbers: number[]): Uid[] => numbers as Uid[]
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)

suite('sets in pieces', () => {
  const tables: [numbers: number[], set: string][] = [
    [[], ''],
    [[7], '7'],
    [[1, 2, 3, 5, 7, 8], '1:3,5,7:8'],
    [[3, 2, 1, 5, 6], '3,2,1,5:6'],
    [range(1, 100_000), '1:100000'],
    [[...range(1, 2500), ...range(2502, 9000), 4], '1:2500,2502:9000,4'],
  ]
  for (const [numbers, set] of tables) {
    test(set === '' ? 'none' : set, () => assert.equal([...setPieces(numbers)].join(''), set))
  }

  test('many numbers apart are many pieces, and the same set', () => {
    const numbers = range(1, 10_000).map((number) => number * 2)
    const pieces = [...setPieces(numbers)]
    assert.equal(pieces.length, 5)
    assert.equal(pieces.join(''), numbers.join(','))
  })
})

suite('what SAVE saves', () => {
  const save: ReturnItem = { name: 'SAVE', place: 0, saves: true }
  const first: ReturnItem = { name: 'MIN', place: 1, picks: (found) => found.slice(0, 1) }
  const last: ReturnItem = { name: 'MAX', place: 2, picks: (found) => found.slice(-1) }
  const count: ReturnItem = { name: 'COUNT', place: 3 }
  const found = uids(9, 4, 6)
  const table: [items: ReturnItem[], saved: Uid[]][] = [
    [[save], uids(4, 6, 9)],
    [[save, first], uids(9)],
    [[save, last], uids(6)],
    [[save, first, last], uids(6, 9)],
    [[save, first, last, count], uids(4, 6, 9)],
    [[save, count], uids(4, 6, 9)],
  ]
  for (const [items, saved] of table) {
    test(items.map(({ name }) => name).join(' '), () => assert.deepEqual(savedOf(items, found), saved))
  }
  test('one message once', () => assert.deepEqual(savedOf([save, first, last], uids(5)), uids(5)))
})
