import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSeed } from '@mailstead/testkit'
import {
  decodeStructure,
  decodeWords,
  downgradeField,
  fieldRanges,
  MAX_DOWNGRADED_FIELD,
  MessageDowngrader,
  MessageScanner,
  parseAddressList,
  readHeader,
} from '../src/index.ts'

/** A field as given, in UTF-8, and as RFC 6857 has it. */
const fields: [what: string, field: string, downgraded: string][] = [
  ['ASCII as it is, oddities and all', 'subject :  a\r\n\t b ', 'subject :  a\r\n\t b '],
  ['unstructured (3.1.1)', 'Subject: Übung macht', 'Subject: =?UTF-8?Q?=C3=9Cbung?= macht'],
  ['words in a row together', 'Subject: re: привет всем now', 'Subject: re: =?UTF-8?B?0L/RgNC40LLQtdGCINCy0YHQtdC8?= now'],
  ['beside an encoded word', 'Subject: =?UTF-8?Q?a?= ü =?UTF-8?Q?b?=', 'Subject: =?UTF-8?Q?a?= =?UTF-8?Q?_=C3=BC_?= =?UTF-8?Q?b?='],
  ['any other field (3.2.8)', 'X-Unknown: ü', 'X-Unknown: =?UTF-8?B?w7w=?='],
  ['keywords (3.2.7)', 'Keywords: a, ü, b', 'Keywords: a, =?UTF-8?B?w7ws?= b'],
  ['a display name (3.1.5)', 'From: Jürgen <j@a.example>', 'From: =?UTF-8?Q?J=C3=BCrgen?= <j@a.example>'],
  ['a quoted one', 'From: "Jürgen, B" <j@a.example>', 'From: =?UTF-8?Q?J=C3=BCrgen=2C?= B <j@a.example>'],
  ['a comment for a name', 'From: j@a.example (Jürgen)', 'From: =?UTF-8?Q?J=C3=BCrgen?= <j@a.example>'],
  ['an ASCII name beside', 'To: "B, A" <a@a.example>, Jü <j@a.example>', 'To: "B, A" <a@a.example>, =?UTF-8?B?SsO8?= <j@a.example>'],
  ['a domain (3.1.6)', 'To: Ann <ann@bücher.example>', 'To: Ann <ann@xn--bcher-kva.example>'],
  ['a local part (3.1.8)', 'To: Ann <änn@a.example>', 'To: Ann =?UTF-8?Q?=C3=A4nn=40a=2Eexample?= :;'],
  ['a bare local part', 'Cc: änn@a.example, b@a.example', 'Cc: =?UTF-8?Q?=C3=A4nn=40a=2Eexample?= :;, b@a.example'],
  ['a group (3.1.7)', 'To: Jü: a@a.example, b@bücher.example;', 'To: =?UTF-8?B?SsO8?=: a@a.example, b@xn--bcher-kva.example;'],
  ['a group with a local part', 'To: us: a@b.example, ä@b.example;', 'To: us =?UTF-8?Q?a=40b=2Eexample=2C_=C3=A4=40b=2Eexample?= :;'],
  ['a group without an end', 'To: ü:', 'To: =?UTF-8?B?w7w=?=: ;'],
  ['Return-Path', 'Return-Path: <a@bücher.example>', 'Return-Path: <a@xn--bcher-kva.example>'],
  ['what is no address', 'To: ü, two wörds', 'To: =?UTF-8?B?w7w=?=, two =?UTF-8?Q?w=C3=B6rds?='],
  [
    'a comment of a date (3.2.2)',
    'Date: 1 Jan 2026 00:00 +0100 (Mitteleuropäisch)',
    'Date: 1 Jan 2026 00:00 +0100 (=?UTF-8?Q?Mitteleurop=C3=A4isch?=)',
  ],
  ['a comment within', 'MIME-Version: 1.0 (a (b ü) c)', 'MIME-Version: 1.0 (=?UTF-8?Q?a_=28b_=C3=BC=29_c?=)'],
  ['a date that is none', 'Date: gestern früh', 'Date: gestern =?UTF-8?Q?fr=C3=BCh?='],
  ['ids (3.2.3)', 'Message-Id: <ü@a.example>', 'Downgraded-Message-Id: =?UTF-8?Q?=3C=C3=BC=40a=2Eexample=3E?='],
  ['ids with a comment', 'References: <a@b.example> (ü)', 'References: <a@b.example> (=?UTF-8?B?w7w=?=)'],
  [
    'Received (3.2.4)',
    'Received: from bücher.example (größe) by b.example with UTF8SMTP id 1 for <änn@a.example>; Thu, 1 Jan 2026',
    'Received: from xn--bcher-kva.example (=?UTF-8?B?Z3LDtsOfZQ==?=) by b.example\r\n with UTF8SMTP id 1 ; Thu, 1 Jan 2026',
  ],
  [
    'letters that end in A0 and 85',
    'Received: from à.example (Å) by b.example',
    'Received: from xn--0ca.example (=?UTF-8?B?w4U=?=) by b.example',
  ],
  ['raw octets in an encoded word', 'Subject: =?utf-8?q?Grüße?= x', 'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= x'],
  ['one in a name', 'To: A =?utf-8?q?ü.?= <a@b.example>', 'To: A =?utf-8?q?=C3=BC.?= <a@b.example>'],
  ['an encoded word with a dot', 'To: =?utf-8?q?J._x?= <ü@b.example>', 'To: =?utf-8?q?J._x?= =?UTF-8?Q?_=C3=BC=40b=2Eexample?= :;'],
  ['specials beside', 'To: "A. B" C ü <a@b.example>', 'To: =?UTF-8?Q?A=2E_B_C_=C3=BC?= <a@b.example>'],
  ['an id of Received', 'Received: by b.example id ü7; Thu', 'Received: by b.example ; Thu'],
  [
    'a parameter (3.1.4)',
    'Content-Type: text/plain; name="ü x.txt"; charset=utf-8',
    "Content-Type: text/plain; name*=UTF-8''%C3%BC%20x.txt; charset=utf-8",
  ],
  [
    'an unquoted one',
    'Content-Disposition: attachment; filename=ü;size=1',
    "Content-Disposition: attachment; filename*=UTF-8''%C3%BC; size=1",
  ],
  [
    'a long one',
    `Content-Disposition: attachment; filename="${'ü'.repeat(12)}"; x="a\\"b"`,
    `Content-Disposition: attachment;\r\n filename*0*=UTF-8''${'%C3%BC'.repeat(8)}%C3;\r\n filename*1*=%BC${'%C3%BC'.repeat(3)}; x="a\\"b"`,
  ],
  ['an extended one, unescaped', "Content-Type: a/b; name*=utf-8''ü%20", "Content-Type: a/b; name*=utf-8''%C3%BC%20"],
  ['a type that is none', 'Content-Type: tëxt', 'Content-Type: =?UTF-8?Q?t=C3=ABxt?='],
  ['a recipient of a report (3.1.9)', 'Final-Recipient: utf-8; jü+x@a.example', 'Final-Recipient: utf-8; j\\x{FC}\\x{2B}x@a.example'],
  ['of another kind', 'Final-Recipient: x; jü', 'Downgraded-Final-Recipient: x; =?UTF-8?B?asO8?='],
  ['no field', 'Übung', '??bung'],
  ['no field name', 'Ü: x', '??: x'],
  ['nothing before the colon', ': ü', ': ??'],
]

for (const [what, field, downgraded] of fields) {
  test(`downgraded: ${what}`, () => {
    for (const end of ['\r\n', '']) {
      const made = Buffer.from(downgradeField(Buffer.from(field + end))).toString('latin1')
      assert.equal(made, downgraded + end)
      assert.match(made, /^[\x00-\x7f]*$/)
    }
  })
}

test('octets that are no UTF-8 keep their values, in the charset that nobody knows', () => {
  const field = (text: string): string => Buffer.from(downgradeField(Buffer.from(text, 'latin1'))).toString('latin1')
  assert.equal(field('Subject: \xf0\xd2\xc9\xd7\xc5\xd4'), 'Subject: =?unknown-8bit?B?8NLJ18XU?=')
  assert.equal(field('From: \xe9t\xe9 <a@b.example>'), 'From: =?unknown-8bit?B?6XTp?= <a@b.example>')
  assert.equal(field('Content-Type: a/b; name=\xe9'), "Content-Type: a/b; name*=unknown-8bit''%E9")
  assert.equal(field('To: a@\xe9.example'), 'To: =?unknown-8bit?Q?a=40=E9=2Eexample?= :;')
})

test('long texts fold between encoded words of at most 75 octets, and read as before', () =>
  withSeed((random) => {
    for (let round = 0; round < 200; round++) {
      const word = (): string =>
        Array.from({ length: 1 + random.int(30) }, () => random.pick(['a', 'ü', 'я', '語', '😀', '=', '?', '_'])).join('')
      const text = Array.from({ length: 1 + random.int(12) }, word).join(' ')
      const made = Buffer.from(downgradeField(Buffer.from(`Subject: ${text}\r\n`)))
      for (const line of made.toString('latin1').split('\r\n')) assert.ok(line.length <= 78 || !line.trim().includes(' '), line)
      const value = readHeader(made)[0]?.value ?? ''
      for (const [encoded] of value.matchAll(/=\?UTF-8\?.*?\?=/g)) assert.ok(encoded.length <= 75)
      assert.equal(decodeWords(value), text)
    }
  }))

test('names survive', () => {
  const made = Buffer.from(downgradeField(Buffer.from('To: "Ünal, \\"Q\\"" <u@a.example>, =?UTF-8?Q?x?= <x@ü.example>\r\n')))
  const list = parseAddressList(readHeader(made)[0]?.value ?? '')
  assert.deepEqual(
    list.map((item) => (item.kind === 'mailbox' ? [decodeWords(item.name ?? ''), `${item.local}@${item.domain}`] : [])),
    [
      ['Ünal, "Q"', 'u@a.example'],
      ['x', 'x@xn--tda.example'],
    ],
  )
})

const MESSAGE = `Subject: ü
Content-Type: multipart/mixed; boundary=b

prëamble
--b
Content-Type: text/plain; name=ü
Content-Transfer-Encoding: 8bit

Subject: ünchanged
--b
Content-Type: message/rfc822

From: ö <o@a.example>

ïnner
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; a.example

Final-Recipient: utf-8; ü@a.example
--b--
`.replaceAll('\n', '\r\n')

const DOWNGRADED = MESSAGE.replace('Subject: ü\r', 'Subject: =?UTF-8?B?w7w=?=\r')
  .replace('name=ü', "name*=UTF-8''%C3%BC")
  .replace('From: ö <', 'From: =?UTF-8?B?w7Y=?= <')
  .replace('utf-8; ü@', 'utf-8; \\x{FC}@')

function downgrade(octets: Buffer, pieces: readonly Uint8Array[]): Buffer {
  const scanner = new MessageScanner()
  scanner.push(octets)
  const root = decodeStructure(scanner.end().structure)
  assert.ok(root)
  const downgrader = new MessageDowngrader(fieldRanges(root))
  return Buffer.concat([...pieces.map((piece) => downgrader.push(piece)), downgrader.end()])
}

test('a message, its parts and its reports, in any slicing', () =>
  withSeed((random) => {
    const octets = Buffer.from(MESSAGE)
    assert.equal(downgrade(octets, [octets]).toString(), DOWNGRADED)
    for (let round = 0; round < 100; round++)
      assert.equal(downgrade(octets, random.split(octets, 1 + random.int(60))).toString(), DOWNGRADED)
    assert.equal(
      downgrade(
        octets,
        Array.from(octets, (octet) => Buffer.of(octet)),
      ).toString(),
      DOWNGRADED,
    )
  }))

test('messages that end within their header', () => {
  for (const [text, expected] of [
    ['', ''],
    ['Subject: ü', 'Subject: =?UTF-8?B?w7w=?='],
    ['Subject: ü\r\n', 'Subject: =?UTF-8?B?w7w=?=\r\n'],
    ['Subject: ü\r\n\r\n', 'Subject: =?UTF-8?B?w7w=?=\r\n\r\n'],
    ['\r\nü\r\n', '\r\nü\r\n'],
    ['A: b\n ü\nC: d\n\nü', 'A: b =?UTF-8?B?w7w=?=\nC: d\n\nü'],
  ] as const) {
    const octets = Buffer.from(text)
    assert.equal(downgrade(octets, [octets]).toString(), expected)
  }
})

test('a field without end is not held', () => {
  const octets = Buffer.concat([Buffer.from('Subject: '), Buffer.alloc(4 * MAX_DOWNGRADED_FIELD, 'ü'), Buffer.from('\r\nX: ü\r\n\r\nü')])
  const pieces = Array.from({ length: Math.ceil(octets.length / 65_536) }, (_, index) =>
    octets.subarray(index * 65_536, (index + 1) * 65_536),
  )
  const downgrader = new MessageDowngrader([{ start: 0, end: octets.length - 2 }])
  const made = Buffer.concat([...pieces.map((piece) => downgrader.push(piece)), downgrader.end()])
  assert.equal(made.length, octets.length + '=?UTF-8?B?w7w=?='.length - 2)
  assert.match(made.subarray(-40).toString(), /\?\r\nX: =\?UTF-8\?B\?w7w=\?=\r\n\r\nü$/)
})
