import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSeed } from '@mailstead/testkit'
import { listMatcher } from '../src/list-pattern.ts'

const NAMES = ['INBOX', 'INBOX/a', 'INBOXES', 'inbox/a', 'a', 'b', 'a/b', 'a/b/a', 'ab', 'aab', 'a.b', 'Ä/b', 'a/INBOX', '/', 'a/']

/** The same by a regular expression, whose cost nobody bounds. */
function expected(pattern: string, name: string): boolean {
  const source = (text: string): string =>
    Array.from(text, (char) => (char === '*' ? '.*' : char === '%' ? '[^/]*' : char.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))).join('')
  if (new RegExp(`^${source(pattern)}$`, 's').test(name)) return true
  if (name !== 'INBOX' && !name.startsWith('INBOX/')) return false
  // Any case of INBOX, and of nothing else.
  return ['INBOX', 'inbox', 'InBoX', 'inBOX'].some((inbox) => new RegExp(`^${source(pattern)}$`, 's').test(inbox + name.slice(5)))
}

test('patterns match what RFC 3501 says they do', () => {
  const patterns = [
    '*',
    '%',
    '',
    'a',
    'a*',
    'a%',
    'a/%',
    '*b',
    '%b',
    '%/%',
    '*/*',
    'a*a',
    '%%',
    '**',
    '*%',
    'inbox',
    'InBoX/%',
    'in%',
    'inb*',
    '%x',
    '*box*',
    'ÄB',
    '/',
  ]
  for (const pattern of patterns) {
    const matches = listMatcher(pattern)
    for (const name of NAMES) assert.equal(matches(name), expected(pattern, name), `"${pattern}" and ${name}`)
  }
})

test('so do patterns that nobody wrote', () =>
  withSeed((random) => {
    const draw = (from: string, most: number): string =>
      Array.from({ length: random.int(most + 1) }, () => random.pick(Array.from(from))).join('')
    for (let round = 0; round < 3000; round++) {
      const pattern = draw('ab/*%', 6)
      const matches = listMatcher(pattern)
      for (let n = 0; n < 5; n++) {
        const name = draw('ab/', 7)
        assert.equal(matches(name), expected(pattern, name), `"${pattern}" and "${name}"`)
      }
    }
  }))

test('a pattern costs no more than its length times the name', () => {
  assert.equal(listMatcher(`${'*a'.repeat(500)}b`)('a'.repeat(1000)), false)
})
