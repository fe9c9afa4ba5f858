import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  formatAddress,
  formatReply,
  parseBdat,
  parseCommandLine,
  parseEsmtpParameters,
  parseHeloName,
  parseMail,
  parseMailbox,
  parseRcpt,
  SmtpSyntaxError,
  type SmtpSyntaxCode,
} from '@mailstead/wire'

function codeOf(run: () => unknown): SmtpSyntaxCode | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    assert.ok(error instanceof SmtpSyntaxError, String(error))
    return error.code
  }
}

const mailboxes: [text: string, localPart: string, domain: string, formatted?: string][] = [
  ['ann@example.org', 'ann', 'example.org'],
  ['Ann+Tag@Example.ORG', 'Ann+Tag', 'Example.ORG'],
  ["!#$%&'*+-/=?^_`{|}~@x", "!#$%&'*+-/=?^_`{|}~", 'x'],
  ['"a b"@x', 'a b', 'x'],
  ['"a@b"@x', 'a@b', 'x'],
  ['"a>b"@x', 'a>b', 'x'],
  ['"a\\"b\\\\c"@x', 'a"b\\c', 'x'],
  ['"ann"@x', 'ann', 'x', 'ann@x'],
  ['""@x', '', 'x'],
  ['".a..b."@x', '.a..b.', 'x'],
  ['a@[127.0.0.1]', 'a', '[127.0.0.1]'],
  ['a@[IPv6:::1]', 'a', '[IPv6:::1]'],
  ['a@[IPv6:2001:db8::192.0.2.1]', 'a', '[IPv6:2001:db8::192.0.2.1]'],
  ['a@xn--bcher-kva.example', 'a', 'xn--bcher-kva.example'],
  ['a@under_score.example', 'a', 'under_score.example'],
  ['grün@bücher.example', 'grün', 'bücher.example'],
  [`${'l'.repeat(64)}@x`, 'l'.repeat(64), 'x'],
  [`${'ü'.repeat(32)}@x`, 'ü'.repeat(32), 'x'],
]

for (const [text, localPart, domain, formatted = text] of mailboxes) {
  test(`mailbox ${text}`, () => {
    assert.deepEqual(parseMailbox(text), { localPart, domain })
    assert.equal(formatAddress({ localPart, domain }), formatted)
  })
}

const badMailboxes: [text: string, code: SmtpSyntaxCode][] = [
  ['', 'bad-mailbox'],
  ['ann', 'bad-mailbox'],
  ['@x', 'bad-mailbox'],
  ['ann@', 'bad-mailbox'],
  ['.ann@x', 'bad-mailbox'],
  ['ann.@x', 'bad-mailbox'],
  ['a..b@x', 'bad-mailbox'],
  ['a b@x', 'bad-mailbox'],
  ['a@b@c', 'bad-mailbox'],
  ['"a"b@x', 'bad-mailbox'],
  ['"a@x', 'bad-mailbox'],
  ['"a\\"@x', 'bad-mailbox'],
  ['a@-x', 'bad-mailbox'],
  ['a@x-', 'bad-mailbox'],
  ['a@x..y', 'bad-mailbox'],
  ['a@x.', 'bad-mailbox'],
  ['a@[1.2.3]', 'bad-mailbox'],
  ['a@[1.2.3.256]', 'bad-mailbox'],
  ['a@[IPv6:1::2::3]', 'bad-mailbox'],
  ['a@[IPv6:1:2:3]', 'bad-mailbox'],
  ['a@[X-tag:y]', 'bad-mailbox'],
  [`a@${'d'.repeat(64)}`, 'bad-mailbox'],
  [`${'l'.repeat(65)}@x`, 'too-long'],
  [`${'ü'.repeat(33)}@x`, 'too-long'],
  [`"${'l'.repeat(65)}"@x`, 'too-long'],
  [`a@${'d.'.repeat(127)}dd`, 'too-long'],
]

for (const [text, code] of badMailboxes) {
  test(`mailbox refuses ${text.slice(0, 40)}`, () =>
    assert.equal(
      codeOf(() => parseMailbox(text)),
      code,
    ))
}

const BASE = new Set(['SIZE', '8BITMIME', 'SMTPUTF8'])
const NOTHING_MORE = { announced: BASE, smtpUtf8: false }

test('MAIL with every parameter', () => {
  assert.deepEqual(parseMail('FROM:<a@x> SIZE=100 body=8bitmime SMTPUTF8', BASE), {
    reversePath: { localPart: 'a', domain: 'x' },
    size: 100,
    body: '8BITMIME',
    smtpUtf8: true,
  })
})

test('MAIL: null path, lower case, spaces behind the colon and at the end, a source route', () => {
  assert.equal(parseMail('from:<>', BASE).reversePath, undefined)
  assert.deepEqual(parseMail('From: <a@x>', BASE).reversePath, { localPart: 'a', domain: 'x' })
  assert.deepEqual(parseMail('FROM:<a@x>  SIZE=1 ', BASE).size, 1)
  assert.deepEqual(parseMail('FROM:<@relay.example,@b.example:a@x>', BASE).reversePath, { localPart: 'a', domain: 'x' })
})

const badMail: [argument: string, code: SmtpSyntaxCode][] = [
  ['', 'syntax'],
  ['FROM', 'syntax'],
  ['TO:<a@x>', 'syntax'],
  ['FROM:a@x', 'syntax'],
  ['FROM:<a@x', 'syntax'],
  ['FROM:<a@x>SIZE=1', 'syntax'],
  ['FROM:<a@x> =1', 'syntax'],
  ['FROM:<ä@x>', 'needs-smtputf8'],
  ['FROM:<a@ä.example>', 'needs-smtputf8'],
  ['FROM:<a@x> SIZE', 'bad-parameter'],
  ['FROM:<a@x> SIZE=', 'bad-parameter'],
  ['FROM:<a@x> SIZE=x', 'bad-parameter'],
  ['FROM:<a@x> SIZE=123456789012345678901', 'bad-parameter'],
  ['FROM:<a@x> BODY=7BIT BODY=8BITMIME', 'bad-parameter'],
  ['FROM:<a@x> BODY=BINARYMIME', 'bad-parameter'],
  ['FROM:<a@x> SMTPUTF8=yes', 'bad-parameter'],
  ['FROM:<a@x> FOO=1', 'unknown-parameter'],
  ['FROM:<a@x> RET=FULL', 'unknown-parameter'],
  ['FROM:<a@x> AUTH=<>', 'unknown-parameter'],
  ['FROM:<a@x> REQUIRETLS', 'unknown-parameter'],
]

for (const [argument, code] of badMail) {
  test(`MAIL ${argument} is refused`, () =>
    assert.equal(
      codeOf(() => parseMail(argument, BASE)),
      code,
    ))
}

test('AUTH= of MAIL where AUTH is announced', () => {
  assert.equal(
    codeOf(() => parseMail('FROM:<a@x> AUTH=<>', new Set([...BASE, 'AUTH']))),
    undefined,
  )
  assert.equal(
    codeOf(() => parseMail('FROM:<a@x> AUTH=e+3Dmc2@example.com', new Set([...BASE, 'AUTH']))),
    undefined,
  )
  assert.equal(
    codeOf(() => parseMail('FROM:<a@x> AUTH=a+b', new Set([...BASE, 'AUTH']))),
    'bad-parameter',
  )
  assert.equal(
    codeOf(() => parseMail('FROM:<a@x> AUTH', new Set([...BASE, 'AUTH']))),
    'bad-parameter',
  )
})

test('RCPT', () => {
  assert.deepEqual(parseRcpt('TO:<"a>b"@x>', NOTHING_MORE).forwardPath, { localPart: 'a>b', domain: 'x' })
  assert.deepEqual(parseRcpt('to:<PostMaster>', NOTHING_MORE).forwardPath, { localPart: 'PostMaster', domain: '' })
  assert.equal(
    codeOf(() => parseRcpt('TO:<>', NOTHING_MORE)),
    'bad-mailbox',
  )
  assert.equal(
    codeOf(() => parseRcpt('TO:<ann>', NOTHING_MORE)),
    'bad-mailbox',
  )
  assert.equal(
    codeOf(() => parseRcpt('TO:<a@x> NOTIFY=NEVER', NOTHING_MORE)),
    'unknown-parameter',
  )
  assert.equal(
    codeOf(() => parseRcpt('TO:<ä@x>', NOTHING_MORE)),
    'needs-smtputf8',
  )
  assert.equal(
    codeOf(() => parseRcpt('TO:<ä@x>', { announced: BASE, smtpUtf8: true })),
    undefined,
  )
})

test('parameters keep their values as sent', () => {
  assert.deepEqual(
    [...parseEsmtpParameters(' x-a=1+2B B')],
    [
      ['X-A', '1+2B'],
      ['B', undefined],
    ],
  )
})

test('command lines', () => {
  assert.deepEqual(parseCommandLine(Buffer.from('mail FROM:<a@x> ')), { verb: 'MAIL', argument: 'FROM:<a@x>' })
  assert.deepEqual(parseCommandLine(Buffer.from('QUIT')), { verb: 'QUIT', argument: '' })
  for (const bad of ['NO\tOP', 'NO\0OP', 'NOOP \u007f', 'NOOP \u0085', 'A\rB']) {
    assert.equal(
      codeOf(() => parseCommandLine(Buffer.from(bad))),
      'syntax',
      JSON.stringify(bad),
    )
  }
  assert.equal(
    codeOf(() => parseCommandLine(Buffer.from([0x41, 0xff]))),
    'syntax',
  )
})

test('EHLO names', () => {
  assert.deepEqual(parseHeloName('mx.example.org'), { name: 'mx.example.org', valid: true })
  assert.deepEqual(parseHeloName('[192.0.2.1]'), { name: '[192.0.2.1]', valid: true })
  assert.deepEqual(parseHeloName('MY(PC)'), { name: 'MY(PC)', valid: false })
  assert.deepEqual(parseHeloName('x y'), { name: 'x', valid: true })
  assert.equal(parseHeloName(''), undefined)
  assert.equal(parseHeloName('x'.repeat(256)), undefined)
})

test('replies', () => {
  assert.equal(formatReply(250, undefined, ['a', 'b']), '250-a\r\n250 b\r\n')
  assert.equal(formatReply(550, '5.1.1', ['No such\r\n250 mailbox']), '550 5.1.1 No such  250 mailbox\r\n')
})

test('no line makes the grammar throw anything else (seeded)', () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  let state = seed
  const next = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >> 8) % below
  }
  const atoms = [
    'FROM:',
    'TO:',
    '<',
    '>',
    '@',
    '"',
    '\\',
    'a',
    'ä',
    '.',
    ' ',
    'SIZE=',
    '9',
    '[',
    ']',
    'IPv6:',
    ':',
    ',',
    'BODY=8BITMIME',
    '+',
    '=',
    '\r',
    '\n',
    '\0',
  ]
  for (let round = 0; round < 5000; round++) {
    const text = Array.from({ length: next(14) }, () => atoms[next(atoms.length)]).join('')
    for (const run of [
      () => parseMail(`FROM:<${text}`, new Set([...BASE, 'AUTH'])),
      () => parseRcpt(`TO:<${text}>`, { announced: BASE, smtpUtf8: true }),
      () => parseCommandLine(Buffer.from(text)),
      () => {
        const address = parseMailbox(text)
        assert.deepEqual(parseMailbox(formatAddress(address)), address)
      },
    ]) {
      try {
        run()
      } catch (error) {
        assert.ok(error instanceof SmtpSyntaxError, `seed ${seed}, round ${round}, ${JSON.stringify(text)}: ${String(error)}`)
      }
    }
  }
})

const chunks: [argument: string, size: number | undefined, last: boolean][] = [
  ['0', 0, false],
  ['86 LAST', 86, true],
  ['86  last', 86, true],
  ['000000000000086', 86, false],
  ['', undefined, false],
  ['LAST', undefined, false],
  ['-1', undefined, false],
  ['1e3 LAST', undefined, false],
  ['0x10', undefined, false],
  ['1 LAST LAST', undefined, false],
  ['1 2', undefined, false],
  ['9999999999999999', undefined, false],
]

for (const [argument, size, last] of chunks) {
  test(`BDAT ${argument}`, () => assert.deepEqual(parseBdat(argument), size === undefined ? undefined : { size, last }))
}
