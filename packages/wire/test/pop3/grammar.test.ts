import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatPop3Reply, lookUpLanguage, messageNumber, parsePop3Command, Pop3SyntaxError, words } from '../../src/pop3/index.ts'

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
  assert.equal(formatPop3Reply('-ERR', undefined, 'a\u2028\u0085\ud800b'), '-ERR a b\r\n')
})

test('replies in UTF-8 are cut between letters', () => {
  assert.equal(Buffer.from(formatPop3Reply('+OK', undefined, 'Язык'), 'latin1').toString(), '+OK Язык\r\n')
  for (const letter of ['я', '語', '😀']) {
    for (let shift = 0; shift < 4; shift++) {
      const reply = Buffer.from(formatPop3Reply('-ERR', 'SYS/TEMP', 'x'.repeat(shift) + letter.repeat(500)), 'latin1')
      assert.ok(reply.length <= 512)
      assert.match(reply.toString(), new RegExp(`^-ERR \\[SYS/TEMP\\] x*${letter}+\r\n$`, 'u'))
    }
  }
})

const languages: [range: string, tag: string | undefined][] = [
  ['en', 'en'],
  ['EN', 'en'],
  ['en-GB', 'en'],
  ['zh-hant-TW', 'zh-Hant'],
  ['zh-Hant-x-private', 'zh-Hant'],
  ['zh', undefined],
  ['de', undefined],
  ['*', undefined],
  ['', undefined],
  ['e', undefined],
  ['en_GB', undefined],
  ['en-', undefined],
  ['en--GB', undefined],
  ['englishes', undefined],
  ['en-abcdefghi', undefined],
  ['1n', undefined],
]

for (const [range, tag] of languages) {
  test(`language range ${JSON.stringify(range)}`, () => assert.equal(lookUpLanguage(range, ['en', 'zh-Hant']), tag))
}
