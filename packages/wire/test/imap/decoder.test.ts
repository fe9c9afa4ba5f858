import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatValue, ImapDecoder, ImapSyntaxError, type Frame } from '../../src/imap/index.ts'

const decode = (text: string): ImapDecoder => new ImapDecoder(Buffer.from(text, 'latin1'))

function refuses(text: string, read: (d: ImapDecoder) => unknown): void {
  assert.throws(() => {
    const d = decode(text)
    read(d)
    d.end()
  }, ImapSyntaxError)
}

const sets: [input: string, ranges: [number, number][]][] = [
  ['1', [[1, 1]]],
  ['2:4', [[2, 4]]],
  ['4:2', [[2, 4]]], // reversed range is the same range
  ['*', [[0, 0]]],
  ['5:*', [[5, 0]]],
  ['*:5', [[5, 0]]],
  [
    '1,3:5,7:*',
    [
      [1, 1],
      [3, 5],
      [7, 0],
    ],
  ],
  ['4294967295', [[4294967295, 4294967295]]],
]

for (const [input, ranges] of sets) {
  test(`sequence-set ${input}`, () => {
    assert.deepEqual(
      decode(input).sequenceSet(),
      ranges.map(([first, last]) => ({ first, last })),
    )
  })
}

for (const input of ['', '0', '1,', ',1', '1:', 'a', '4294967296', '-1', '99999999999999999999']) {
  test(`sequence-set rejects ${JSON.stringify(input)}`, () => refuses(input, (d) => d.sequenceSet()))
}

test('sequence-set $ is the saved result, and stands alone', () => {
  assert.equal(decode('$').sequenceSet(), '$')
  assert.ok(decode('$').atSequenceSet)
  for (const input of ['$,1', '1,$', '$:5', '5:$', '$$']) refuses(input, (d) => d.sequenceSet())
})

test('a value is NIL or any octets, and comes back as it was written', () => {
  for (const octets of ['', 'plain', 'quo"te\\', 'two\r\nlines', 'eight \xe4', 'nul\0', 'x'.repeat(2000)]) {
    const text = formatValue(Buffer.from(octets, 'latin1'))
    const { 1: announced = '', 2: size } = /^(~?\{(\d+)\})\r\n/.exec(text) ?? []
    const bytes = Buffer.from(text.slice(announced.length + 2), 'latin1')
    const literal = {
      at: announced.length,
      size: Number(size),
      binary: announced.startsWith('~'),
      value: { kind: 'memory', bytes },
    } as const
    const d = announced === '' ? decode(text) : new ImapDecoder({ line: Buffer.from(announced), literals: [literal] })
    assert.equal(Buffer.from(d.value() ?? []).toString('latin1'), octets)
    d.end()
  }
  assert.equal(decode(formatValue(undefined)).value(), undefined)
  refuses('NILS', (d) => d.value())
})

test('what is refused already is passed over', () => {
  const d = decode('all of ( this "')
  d.skipRest()
  d.end()
})

const astrings: [input: string, value: string][] = [
  ['abc', 'abc'],
  ['a]b', 'a]b'],
  ['"a b"', 'a b'],
  ['"a\\"b\\\\c"', 'a"b\\c'],
  ['""', ''],
  ['"gr\u00c3\u00bc\u00c3\u009fe"', 'grüße'],
]

for (const [input, value] of astrings) test(`astring ${input}`, () => assert.equal(decode(input).astring(), value))

for (const input of ['', '(', 'a(', '"a', '"a\\b"', '"a\r\n"', '"a\0"', 'a*', '{3}', '"\u00ff"', 'gr\u00c3\u00bc']) {
  test(`astring rejects ${JSON.stringify(input)}`, () => refuses(input, (d) => d.astring()))
}

test('a literal stands where it was announced', () => {
  const line = Buffer.from('LOGIN {3} {5+}')
  const frame: Frame = {
    line,
    literals: [
      { at: 9, size: 3, binary: false, value: { kind: 'memory', bytes: Buffer.from('a b') } },
      { at: 14, size: 5, binary: false, value: { kind: 'memory', bytes: Buffer.from('pass\n') } },
    ],
  }
  const d = new ImapDecoder(frame)
  assert.equal(d.commandName(), 'LOGIN')
  d.space()
  assert.equal(d.astring(), 'a b')
  d.space()
  assert.equal(d.astring(), 'pass\n')
  d.end()
})

test('NUL in a literal is no string', () => {
  const frame: Frame = {
    line: Buffer.from('{1}'),
    literals: [{ at: 3, size: 1, binary: false, value: { kind: 'memory', bytes: Buffer.from([0]) } }],
  }
  assert.throws(() => new ImapDecoder(frame).astring(), ImapSyntaxError)
})

test('offsets count from the first argument', () => {
  const d = decode('c MOVE 1')
  d.tag()
  d.space()
  assert.equal(d.commandName(), 'MOVE')
  d.setOrigin()
  d.space()
  d.sequenceSet()
  assert.throws(() => d.space(), { message: 'expected SP at offset 2', offset: 2 })
})

test('UID and its command are one name', () => {
  assert.equal(decode('uid fetch 1').commandName(), 'UID FETCH')
  assert.equal(decode('UID').commandName(), 'UID')
})

const dateTimes: [input: string, iso: string, zone: number][] = [
  ['"17-Jul-1996 02:44:25 -0700"', '1996-07-17T09:44:25.000Z', -420],
  ['" 1-jan-2024 00:00:00 +0530"', '2023-12-31T18:30:00.000Z', 330],
  ['"29-Feb-2024 23:59:60 +0000"', '2024-03-01T00:00:00.000Z', 0],
]

for (const [input, iso, zone] of dateTimes) {
  test(`date-time ${input}`, () => {
    const value = decode(input).dateTime()
    assert.equal(new Date(value.at).toISOString(), iso)
    assert.equal(value.zone, zone)
  })
}

for (const input of [
  '"31-Feb-2024 00:00:00 +0000"',
  '"1-Jan-2024 00:00:00 +0000"',
  '"01-Jan-2024 24:00:00 +0000"',
  '"01-Jan-2024 00:00:00"',
  '01-Jan-2024',
]) {
  test(`date-time rejects ${input}`, () => refuses(input, (d) => d.dateTime()))
}

test('date, quoted or not', () => {
  assert.equal(decode('1-Feb-2024').date(), Date.UTC(2024, 1, 1))
  assert.equal(decode('"01-Feb-2024"').date(), Date.UTC(2024, 1, 1))
  refuses('30-Feb-2024', (d) => d.date())
})

test('flags', () => {
  assert.deepEqual(decode('(\\Seen $Label1 Custom)').flagList(), ['\\Seen', '$Label1', 'Custom'])
  assert.deepEqual(decode('()').flagList(), [])
  refuses('(\\Recent)', (d) => d.flagList())
  refuses('(a  b)', (d) => d.flagList())
  refuses('(a ', (d) => d.flagList())
})

test('mailbox names are NFC, INBOX in capitals also above others', () => {
  assert.equal(decode('inBox').mailbox(), 'INBOX')
  assert.equal(decode('"inbox/Sub"').mailbox(), 'INBOX/Sub')
  assert.equal(decode('inboxes').mailbox(), 'inboxes')
  assert.equal(decode('"Gr&APwA3w-e"').mailbox(), 'Grüße')
  assert.equal(decode('"A&AwE-"').mailbox(), 'Á')
  assert.equal(new ImapDecoder(Buffer.from('"Grüße"'), { utf8Names: true }).mailbox(), 'Grüße')
  refuses('"R&D"', (d) => d.mailbox())
  assert.equal(decode('"Gr\u00c3\u00bc & co"').mailbox(), 'Grü & co')
  refuses('"Gr\u00fc"', (d) => d.mailbox())
})

test('a pattern takes wildcards; one that can match nothing is undefined', () => {
  assert.equal(decode('%/a*').listMailbox(), '%/a*')
  assert.equal(decode('"&"').listMailbox(), undefined)
})

test('a word is taken as a whole or not at all', () => {
  const d = decode('return (x')
  assert.equal(d.skipWord('RET'), false)
  assert.equal(d.skipWord('RETURN'), true)
})
