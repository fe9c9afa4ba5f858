import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeMailboxName, encodeMailboxName, formatDateTime, formatNumbers, formatSet, formatString } from '../../src/imap/index.ts'

const names: [name: string, encoded: string][] = [
  ['INBOX', 'INBOX'],
  ['', ''],
  ['~peter/mail/台北/日本語', '~peter/mail/&U,BTFw-/&ZeVnLIqe-'], // RFC 3501 section 5.1.3
  ['R&D', 'R&-D'],
  ['&&', '&-&-'],
  ['Grüße', 'Gr&APwA3w-e'],
  ['☺!', '&Jjo-!'],
  ['😀', '&2D3eAA-'],
  ['ä&ö', '&AOQ-&-&APY-'],
  ['a\tb', 'a&AAk-b'],
]

for (const [name, encoded] of names) {
  test(`modified UTF-7 of ${JSON.stringify(name)}`, () => {
    assert.equal(encodeMailboxName(name), encoded)
    assert.equal(decodeMailboxName(encoded), name)
  })
}

const wrong: [encoded: string, why: string][] = [
  ['&', 'shift without an end'],
  ['&AOQ', 'shift without an end'],
  ['&Jjo!', 'no end before the next character (RFC 3501)'],
  ['&U,BTFw-&ZeVnLIqe-', 'superfluous shift (RFC 3501)'],
  ['&AGE-', 'printable character encoded'],
  ['&A-', 'no whole unit'],
  ['&AOR-', 'bits left over'],
  ['&AOQA-', 'six or more bits left over'],
  ['&AO/-', '/ is not of the alphabet'],
  ['&2D0-', 'half a surrogate pair'],
  ['ü', 'raw octet'],
  ['a\u0001', 'raw control character'],
]

for (const [encoded, why] of wrong) {
  test(`modified UTF-7 rejects ${JSON.stringify(encoded)}: ${why}`, () => assert.equal(decodeMailboxName(encoded), undefined))
}

test('sets join runs', () => {
  assert.equal(formatSet([]), '')
  assert.equal(formatSet([1, 2, 3, 5, 9, 10]), '1:3,5,9:10')
  assert.equal(formatSet(Uint32Array.of(4294967294, 4294967295)), '4294967294:4294967295')
})

test('numbers stand behind a blank each', () => {
  const numbers = [0, 1, 9, 10, 99, 100, 12345, 999999999, 1000000000, 4294967295]
  assert.equal(Buffer.from(formatNumbers(numbers)).toString(), numbers.map((number) => ` ${number}`).join(''))
  assert.equal(formatNumbers([]).length, 0)
})

test('strings are quoted or literal', () => {
  assert.equal(formatString('a "b" \\'), '"a \\"b\\" \\\\"')
  assert.equal(formatString('ü'), '{2}\r\n\u00c3\u00bc')
  assert.equal(formatString('a\r\nb'), '{4}\r\na\r\nb')
})

test('date-time keeps its zone', () => {
  assert.equal(formatDateTime(Date.UTC(1996, 6, 17, 9, 44, 25), -420), '"17-Jul-1996 02:44:25 -0700"')
  assert.equal(formatDateTime(Date.UTC(2023, 11, 31, 18, 30), 330), '" 1-Jan-2024 00:00:00 +0530"')
})
