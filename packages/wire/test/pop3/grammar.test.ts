import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatPop3Reply, messageNumber, parsePop3Command, Pop3SyntaxError, words } from '../../src/pop3/index.ts'

const commands: [line: string, keyword: string, argument: string][] = [
  ['STAT', 'STAT', ''],
  ['stat', 'STAT', ''],
  ['LIST 1', 'LIST', '1'],
  ['LIST ', 'LIST', ''],
  ['PASS  two  spaces ', 'PASS', ' two  spaces '],
  ['USER änn', 'USER', 'änn'],
  ['', '', ''],
  [' STAT', '', 'STAT'],
  ['PASS \t', 'PASS', '\t'],
]

for (const [line, keyword, argument] of commands) {
  test(`command ${JSON.stringify(line)}`, () => assert.deepEqual(parsePop3Command(Buffer.from(line)), { keyword, argument }))
}

for (const line of ['STAT\0', 'ST\rAT', 'USER \xff', 'USER \xc3']) {
  test(`no command: ${JSON.stringify(line)}`, () => assert.throws(() => parsePop3Command(Buffer.from(line, 'latin1')), Pop3SyntaxError))
}

test('words', () => {
  assert.deepEqual(words(''), [])
  assert.deepEqual(words('1'), ['1'])
  assert.deepEqual(words(' 1  2 '), ['1', '2'])
})

test('numbers', () => {
  assert.deepEqual(['0', '1', '007', '4294967296'].map(messageNumber), [0, 1, 7, 4294967296])
  assert.equal(messageNumber('9'.repeat(400)), Number.MAX_SAFE_INTEGER)
  for (const word of ['', '-1', '+1', '1.0', '1e3', '0x1', 'one', '１']) assert.throws(() => messageNumber(word), Pop3SyntaxError, word)
})

test('replies', () => {
  assert.equal(formatPop3Reply('+OK', undefined, ''), '+OK\r\n')
  assert.equal(formatPop3Reply('+OK', undefined, '2 320'), '+OK 2 320\r\n')
  assert.equal(formatPop3Reply('-ERR', 'IN-USE', 'Later'), '-ERR [IN-USE] Later\r\n')
  // No text from elsewhere splits the line, passes for a response code or makes it too long.
  assert.equal(formatPop3Reply('-ERR', undefined, 'a\r\n+OK b'), '-ERR a +OK b\r\n')
  assert.equal(formatPop3Reply('-ERR', undefined, '[AUTH] x'), '-ERR (AUTH] x\r\n')
  assert.ok(formatPop3Reply('-ERR', 'SYS/TEMP', 'x'.repeat(1000)).length <= 512)
})
