import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decodeUnitext,
  decodeXtext,
  encodeUnitext,
  type MailParameters,
  parseEnvid,
  parseMail,
  parseOrcpt,
  parseRcpt,
  type RcptParameters,
  SmtpSyntaxError,
} from '@mailstead/wire'

const ALL = ['SIZE', '8BITMIME', 'BINARYMIME', 'SMTPUTF8', 'DSN', 'REQUIRETLS', 'FUTURERELEASE', 'DELIVERBY', 'MT-PRIORITY']
const EVERYTHING = new Set(ALL)

function refusal(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    assert.ok(error instanceof SmtpSyntaxError, String(error))
    return error.code
  }
}

const mail: [parameters: string, read: MailParameters | 'bad-parameter'][] = [
  // RFC 3461 sections 4.3 and 4.4
  ['RET=HDRS ENVID=QQ314159', { ret: 'HDRS', envid: 'QQ314159' }],
  ['ret=full', { ret: 'FULL' }],
  ['RET=BODY', 'bad-parameter'],
  ['RET', 'bad-parameter'],
  ['RET=FULL RET=FULL', 'bad-parameter'],
  ['ENVID=a+20b+2Bc', { envid: 'a+20b+2Bc' }],
  [`ENVID=${'e'.repeat(100)}`, { envid: 'e'.repeat(100) }],
  [`ENVID=${'e'.repeat(101)}`, 'bad-parameter'],
  ['ENVID', 'bad-parameter'],
  ['ENVID=a+2b', 'bad-parameter'],
  ['ENVID=a+0Ab', 'bad-parameter'],
  ['ENVID=a+80', 'bad-parameter'],
  ['ENVID=ä', 'bad-parameter'],
  // RFC 8689
  ['REQUIRETLS', { requireTls: true }],
  ['REQUIRETLS=yes', 'bad-parameter'],
  // RFC 6152, RFC 3030
  ['BODY=7bit', { body: '7BIT' }],
  ['BODY=BINARYMIME', { body: 'BINARYMIME' }],
  ['BODY=16BIT', 'bad-parameter'],
  // RFC 4865 section 3
  ['HOLDFOR=1', { hold: { request: 'for;1', seconds: 1 } }],
  ['HOLDFOR=999999999', { hold: { request: 'for;999999999', seconds: 999_999_999 } }],
  ['HOLDFOR=0', 'bad-parameter'],
  ['HOLDFOR=01', 'bad-parameter'],
  ['HOLDFOR=1000000000', 'bad-parameter'],
  ['HOLDFOR=-1', 'bad-parameter'],
  ['HOLDFOR', 'bad-parameter'],
  ['HOLDUNTIL=2030-02-28T12:00:00Z', { hold: { request: 'until;2030-02-28T12:00:00Z', until: Date.UTC(2030, 1, 28, 12) } }],
  ['HOLDUNTIL=2030-02-28t12:00:00.5z', { hold: { request: 'until;2030-02-28t12:00:00.5z', until: Date.UTC(2030, 1, 28, 12, 0, 0, 500) } }],
  ['HOLDUNTIL=2030-02-30T12:00:00Z', 'bad-parameter'],
  ['HOLDUNTIL=2030-02-28T25:00:00Z', 'bad-parameter'],
  ['HOLDUNTIL=2030-02-28T12:00:00+01:00', 'bad-parameter'],
  ['HOLDUNTIL=2030-02-28', 'bad-parameter'],
  ['HOLDFOR=1 HOLDFOR=1', 'bad-parameter'],
  ['HOLDFOR=1 HOLDUNTIL=2030-02-28T12:00:00Z', 'bad-parameter'],
  // RFC 2852 section 4
  ['BY=120;R', { by: { seconds: 120, mode: 'return', trace: false } }],
  ['by=+98;rt', { by: { seconds: 98, mode: 'return', trace: true } }],
  ['BY=-5;N', { by: { seconds: -5, mode: 'notify', trace: false } }],
  ['BY=0;NT', { by: { seconds: 0, mode: 'notify', trace: true } }],
  ['BY=0;R', 'bad-parameter'],
  ['BY=-1;R', 'bad-parameter'],
  ['BY=1000000000;N', 'bad-parameter'],
  ['BY=5', 'bad-parameter'],
  ['BY=5;', 'bad-parameter'],
  ['BY=5;T', 'bad-parameter'],
  ['BY=5;RN', 'bad-parameter'],
  ['BY', 'bad-parameter'],
  // RFC 6710 section 7
  ['MT-PRIORITY=3', { priority: 3 }],
  ['mt-priority=-9', { priority: -9 }],
  ['MT-PRIORITY=0', { priority: 0 }],
  ['MT-PRIORITY=-0', 'bad-parameter'],
  ['MT-PRIORITY=+3', 'bad-parameter'],
  ['MT-PRIORITY=10', 'bad-parameter'],
  ['MT-PRIORITY=03', 'bad-parameter'],
  ['MT-PRIORITY', 'bad-parameter'],
  ['MT-PRIORITY=1 MT-PRIORITY=1', 'bad-parameter'],
]

for (const [parameters, read] of mail) {
  test(`MAIL ${parameters.slice(0, 50)}`, () => {
    const parse = (): unknown => parseMail(`FROM:<a@x> ${parameters}`, EVERYTHING)
    if (typeof read === 'string') assert.equal(refusal(parse), read)
    else assert.deepEqual(parse(), { reversePath: { localPart: 'a', domain: 'x' }, ...read })
  })
}

const rcpt: [parameters: string, read: RcptParameters | 'bad-parameter' | 'needs-smtputf8', smtpUtf8?: boolean][] = [
  // RFC 3461 section 4.1
  ['NOTIFY=NEVER', { notify: ['NEVER'] }],
  ['notify=success,Failure,DELAY', { notify: ['SUCCESS', 'FAILURE', 'DELAY'] }],
  ['NOTIFY=DELAY,DELAY', { notify: ['DELAY'] }],
  ['NOTIFY=NEVER,NEVER', 'bad-parameter'],
  ['NOTIFY=NEVER,SUCCESS', 'bad-parameter'],
  ['NOTIFY=SUCCESS,', 'bad-parameter'],
  ['NOTIFY=ALWAYS', 'bad-parameter'],
  ['NOTIFY', 'bad-parameter'],
  ['NOTIFY=DELAY NOTIFY=DELAY', 'bad-parameter'],
  // Section 4.2: kept as it came, in every letter.
  ['ORCPT=rfc822;Bob@Example.COM', { orcpt: 'rfc822;Bob@Example.COM' }],
  ['ORCPT=RFC822;a+2Bb+3Dc@x', { orcpt: 'RFC822;a+2Bb+3Dc@x' }],
  ['ORCPT=x400;', { orcpt: 'x400;' }],
  [`ORCPT=x;${'r'.repeat(498)}`, { orcpt: `x;${'r'.repeat(498)}` }],
  [`ORCPT=x;${'r'.repeat(499)}`, 'bad-parameter'],
  ['ORCPT=Bob@Example.COM', 'bad-parameter'],
  ['ORCPT=;Bob@Example.COM', 'bad-parameter'],
  ['ORCPT=a@b;Bob@Example.COM', 'bad-parameter'],
  ['ORCPT=rfc822;a+0D+0Ab@x', 'bad-parameter'],
  ['ORCPT=rfc822;a+FF@x', 'bad-parameter'],
  ['ORCPT=rfc822;a+2b@x', 'bad-parameter'],
  // Postfix 3.7, for jörg@x.
  ['ORCPT=rfc822;j+C3+B6rg@x', { orcpt: 'rfc822;j+C3+B6rg@x' }],
  ['ORCPT=rfc822;j+C3+85+C2+85@x', 'bad-parameter'],
  ['ORCPT=x400;j+C3+B6rg@x', 'bad-parameter'],
  ['ORCPT', 'bad-parameter'],
  // RFC 6533 section 3
  ['ORCPT=utf-8;j\\x{F6}rg@x', { orcpt: 'utf-8;j\\x{F6}rg@x' }],
  ['ORCPT=UTF-8;jörg@x', { orcpt: 'UTF-8;jörg@x' }, true],
  ['ORCPT=utf-8;jörg@x', 'needs-smtputf8'],
  ['ORCPT=rfc822;jörg@x', 'bad-parameter', true],
  ['ORCPT=utf-8;a+2Bb@x', 'bad-parameter'],
  ['ORCPT=utf-8;a\\b@x', 'bad-parameter'],
  ['ORCPT=utf-8;a\\x{41}@x', 'bad-parameter'],
  ['ORCPT=utf-8;', 'bad-parameter'],
]

for (const [parameters, read, smtpUtf8 = false] of rcpt) {
  test(`RCPT ${parameters.slice(0, 50)}${smtpUtf8 ? ' with SMTPUTF8' : ''}`, () => {
    const parse = (): unknown => parseRcpt(`TO:<a@x> ${parameters}`, { announced: EVERYTHING, smtpUtf8 })
    if (typeof read === 'string') assert.equal(refusal(parse), read)
    else assert.deepEqual(parse(), { forwardPath: { localPart: 'a', domain: 'x' }, ...read })
  })
}

const needs: [extension: string, parameters: string, code: string][] = [
  ['SIZE', 'SIZE=1', 'unknown-parameter'],
  ['8BITMIME', 'BODY=7BIT', 'unknown-parameter'],
  ['BINARYMIME', 'BODY=BINARYMIME', 'bad-parameter'],
  ['SMTPUTF8', 'SMTPUTF8', 'unknown-parameter'],
  ['DSN', 'RET=FULL', 'unknown-parameter'],
  ['DSN', 'ENVID=x', 'unknown-parameter'],
  ['DSN', 'NOTIFY=NEVER', 'unknown-parameter'],
  ['DSN', 'ORCPT=rfc822;a@x', 'unknown-parameter'],
  ['REQUIRETLS', 'REQUIRETLS', 'unknown-parameter'],
  ['FUTURERELEASE', 'HOLDFOR=1', 'unknown-parameter'],
  ['FUTURERELEASE', 'HOLDUNTIL=2030-02-28T12:00:00Z', 'unknown-parameter'],
  ['DELIVERBY', 'BY=1;N', 'unknown-parameter'],
  ['MT-PRIORITY', 'MT-PRIORITY=1', 'unknown-parameter'],
]

for (const [extension, parameters, code] of needs) {
  test(`${parameters} is taken only where ${extension} is announced`, () => {
    const parse = (announced: ReadonlySet<string>): unknown =>
      /^(?:NOTIFY|ORCPT)/.test(parameters)
        ? parseRcpt(`TO:<a@x> ${parameters}`, { announced, smtpUtf8: false })
        : parseMail(`FROM:<a@x> ${parameters}`, announced)
    assert.equal(
      refusal(() => parse(EVERYTHING)),
      undefined,
    )
    assert.equal(
      refusal(() => parse(new Set(ALL.filter((each) => each !== extension)))),
      code,
    )
  })
}

test('names that every object has are no parameters', () => {
  for (const name of ['CONSTRUCTOR', 'TOSTRING', '__PROTO__'])
    assert.match(refusal(() => parseMail(`FROM:<a@x> ${name}=1`, EVERYTHING)) ?? '', /syntax|unknown-parameter/)
})

test('xtext', () => {
  assert.equal(decodeXtext('a+2Bb+3D'), 'a+b=')
  for (const bad of ['a+', 'a+2', 'a+2b', 'a=b', 'a b', 'ä']) assert.equal(decodeXtext(bad), undefined, bad)
})

test('unitext', () => {
  for (const [text, address] of [
    ['jörg@x', 'jörg@x'],
    ['j\\x{F6}rg@\\x{5C}\\x{20}\\x{2B}\\x{3D}', 'jörg@\\ +='],
    ['\\x{1F600}\\x{10FFFF}\\x{D7FF}', '\u{1f600}\u{10ffff}\ud7ff'],
  ])
    assert.equal(decodeUnitext(text ?? ''), address)
  for (const bad of [
    '',
    'a b',
    'a+b',
    'a=b',
    'a\\b',
    '\\x{F}',
    '\\x{0F6}',
    '\\x{f6}',
    '\\x{D800}',
    '\\x{110000}',
    '\\x{00}',
    '\\x{41}',
    '\\x{}',
  ])
    assert.equal(decodeUnitext(bad), undefined, bad)
  const address = 'grün+\\ =\u{1f600}@bücher.example'
  assert.match(encodeUnitext(address), /^[!-~]+$/)
  assert.equal(decodeUnitext(encodeUnitext(address)), address)
})

test('what ORCPT and ENVID stand for', () => {
  assert.deepEqual(parseOrcpt('RFC822;Bob+2Btag@Example.COM'), { type: 'rfc822', address: 'Bob+tag@Example.COM' })
  assert.deepEqual(parseOrcpt('utf-8;j\\x{F6}rg@x'), { type: 'utf-8', address: 'jörg@x' })
  assert.equal(parseOrcpt('utf-8;a\\x{09}b'), undefined)
  assert.equal(parseEnvid('a+20b'), 'a b')
  assert.equal(parseEnvid('a+7F'), undefined)
})
