import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { type Random, withSeed } from '@mailstead/testkit'
import { composeDsn, type Dsn, type DsnRecipient, MAX_RETURNED, readDsn, readHeader } from '../src/index.ts'
import { base, bob, failed, HEADER, octets, parts } from './dsn-samples.ts'

const status = (dsn: Dsn): string => parts(composeDsn(dsn).octets)[1]?.text ?? ''

test('the whole of a report', () => {
  const { octets: message, body, smtpUtf8 } = composeDsn({ ...base, envid: 'QQ314159' })
  assert.equal(
    Buffer.from(message).toString(),
    [
      'Date: Thu, 15 Jan 2026 12:00:00 +0000',
      'From: Mail Delivery System <postmaster@mail.Example.COM>',
      'To: <Alice@Example.ORG>',
      'Subject: Your message was delivered',
      'Message-ID: <q1@mail.Example.COM>',
      'Auto-Submitted: auto-replied',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status;',
      '\tboundary="=_Q1_0"',
      '',
      '--=_Q1_0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: base64',
      '',
      ...(Buffer.from(
        [
          'This is the mail server mail.Example.COM.',
          'Your message was delivered to the mailbox of:',
          '  Bob@Example.COM',
          'This does not mean that the message was read.',
          'Subject of your message: Привет',
        ].join('\r\n\r\n') + '\r\n',
      )
        .toString('base64')
        .match(/.{1,76}/g) ?? []),
      '',
      '--=_Q1_0',
      'Content-Type: message/delivery-status',
      'Content-Transfer-Encoding: 7bit',
      '',
      // RFC 3461 section 10.6
      'Original-Envelope-Id: QQ314159',
      'Reporting-MTA: dns; mail.Example.COM',
      '',
      'Original-Recipient: rfc822; Bob@Example.COM',
      'Final-Recipient: rfc822; Bob@Example.COM',
      'Action: delivered',
      'Status: 2.0.0',
      '',
      '--=_Q1_0',
      'Content-Type: text/rfc822-headers',
      'Content-Transfer-Encoding: 7bit',
      '',
      'From: Alice@Example.ORG',
      'Subject: =?utf-8?B?0J/RgNC40LLQtdGC?=',
      'Message-ID: <one@Example.ORG>',
      '',
      '--=_Q1_0--',
      '',
    ].join('\r\n'),
  )
  assert.deepEqual([body, smtpUtf8], ['7BIT', false])
})

test('every field of message and recipients, in the order of RFC 3464', () => {
  const at = { at: Date.UTC(2026, 0, 15, 10), zone: 120 }
  const recipients: DsnRecipient[] = [
    {
      recipient: 'carol@ivory.example',
      action: 'failed',
      status: '5.1.1',
      remoteMta: 'ivory.example',
      // RFC 3461 section 9.2
      diagnostic: { type: 'smtp', value: '550-mailbox unavailable\r\n550 user has moved with no forwarding address' },
      lastAttempt: at,
      retryUntil: at,
    },
    { recipient: 'dana@ivory.example', action: 'delayed', status: '4.4.1', lastAttempt: at, retryUntil: at },
  ]
  const receivedFrom = { name: 'client.example (x)', address: '[192.0.2.1]' }
  assert.equal(
    status({ ...base, envid: 'a b', receivedFrom, arrival: at, deliverBy: at, holdRequest: 'for;60', recipients }),
    [
      'Original-Envelope-Id: a b',
      'Reporting-MTA: dns; mail.Example.COM',
      'Received-From-MTA: dns; client.example ?x? ([192.0.2.1])',
      'Arrival-Date: Thu, 15 Jan 2026 12:00:00 +0200',
      'Deliver-By-Date: Thu, 15 Jan 2026 12:00:00 +0200',
      'Future-Release-Request: for;60',
      '',
      'Final-Recipient: rfc822; carol@ivory.example',
      'Action: failed',
      'Status: 5.1.1',
      'Remote-MTA: dns; ivory.example',
      'Diagnostic-Code: smtp; 550-mailbox unavailable',
      ' 550 user has moved with no forwarding address',
      'Last-Attempt-Date: Thu, 15 Jan 2026 12:00:00 +0200',
      '',
      'Final-Recipient: rfc822; dana@ivory.example',
      'Action: delayed',
      'Status: 4.4.1',
      'Last-Attempt-Date: Thu, 15 Jan 2026 12:00:00 +0200',
      'Will-Retry-Until: Thu, 15 Jan 2026 12:00:00 +0200',
      '',
    ].join('\r\n'),
  )
})

test('people are told in their language what happened, why, and in whose words', () => {
  const recipients: DsnRecipient[] = [
    {
      recipient: 'sam@boondoggle.example',
      original: { type: 'rfc822', value: 'george@tax-me.example' },
      action: 'failed',
      status: '5.2.2',
      remoteMta: 'mx.boondoggle.example',
      diagnostic: { type: 'smtp', value: '552 5.2.2 disk quota exceeded' },
    },
    { recipient: 'late@x', action: 'delayed', status: '4.4.1', retryUntil: base.date },
    { recipient: 'rel@x', action: 'relayed', status: '2.0.0' },
    { recipient: 'exp@x', action: 'expanded', status: '2.0.0' },
    bob,
  ]
  const told = (language: 'en' | 'ru'): string => parts(composeDsn({ ...base, language, recipients }).octets)[0]?.text ?? ''
  const english = told('en').split('\r\n\r\n')
  assert.equal(english[1], 'Your message could not be delivered to:')
  assert.equal(
    english[2],
    [
      '  sam@boondoggle.example (sent to george@tax-me.example)',
      '    Reason: The mailbox is full.',
      '    The mail server mx.boondoggle.example said:',
      '      552 5.2.2 disk quota exceeded',
    ].join('\r\n'),
  )
  assert.match(told('en'), /late@x\r\n {4}Reason: The mail server does not answer\.[^]*until Thu, 15 Jan 2026/)
  const russian = told('ru')
  for (const words of ['Почтовый ящик переполнен.', 'ответил', 'Тема вашего письма: Привет', 'не значит, что письмо прочитано'])
    assert.ok(russian.includes(words), words)
  assert.equal(russian.split('\r\n\r\n').length, english.length)
  const subject = readHeader(composeDsn({ ...base, language: 'ru' }).octets).find(({ name }) => name === 'Subject')
  assert.equal(subject?.value, `=?utf-8?B?${Buffer.from('Ваше письмо доставлено').toString('base64')}?=`)
})

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const returned: [what: string, dsn: Partial<Dsn>, type: string, encoding: string, text?: string][] = [
  [
    'all of it',
    { original: { header: octets(HEADER), whole: octets(`${HEADER}Text\r\n`) } },
    'message/rfc822',
    '7bit',
    `${HEADER}Text\r\n`,
  ],
  [
    'the header where nothing failed',
    { recipients: [bob], original: { header: octets(HEADER), whole: octets(`${HEADER}Text\r\n`) } },
    'text/rfc822-headers',
    '7bit',
    HEADER.slice(0, -2),
  ],
  [
    'the header of one too big',
    { original: { header: octets(HEADER), whole: Buffer.alloc(MAX_RETURNED + 1, 'x') } },
    'text/rfc822-headers',
    '7bit',
  ],
  ['eight bits', { original: { header: octets(HEADER), whole: octets(`${HEADER}ä\r\n`) } }, 'message/rfc822', '8bit', `${HEADER}ä\r\n`],
  [
    'no eight bits on a narrow way',
    { sevenBit: true, original: { header: octets(HEADER), whole: octets(`${HEADER}ä`) } },
    'text/rfc822-headers',
    '7bit',
  ],
  ['no NUL', { original: { header: octets(HEADER), whole: octets(`${HEADER}\0`) } }, 'text/rfc822-headers', '7bit'],
  ['no bare LF', { original: { header: octets(HEADER), whole: octets(`${HEADER}a\nb`) } }, 'text/rfc822-headers', '7bit'],
  ['no bare CR', { original: { header: octets(HEADER), whole: octets(`${HEADER}a\rb`) } }, 'text/rfc822-headers', '7bit'],
  ['no long line', { original: { header: octets(HEADER), whole: octets(`${HEADER}${'a'.repeat(999)}`) } }, 'text/rfc822-headers', '7bit'],
  [
    'a header of UTF-8',
    { original: { header: octets('Subject: ä\r\n\r\n') } },
    'message/global-headers',
    'quoted-printable',
    'Subject: ä\r\n',
  ],
  [
    'a message of UTF-8',
    { original: { header: octets('Subject: ä\r\n\r\n'), whole: octets('Subject: ä\r\n\r\nx') } },
    'message/global',
    '8bit',
    'Subject: ä\r\n\r\nx',
  ],
  [
    'the same on a narrow way',
    { sevenBit: true, original: { header: octets('Subject: ä\r\n\r\n'), whole: octets('Subject: ä\r\n\r\nx') } },
    'message/global',
    'base64',
    'Subject: ä\r\n\r\nx',
  ],
  ['a header of something else', { original: { header: latin1('Subject: \xe4\r\n\r\n') } }, 'text/rfc822-headers', 'quoted-printable'],
  ['no header at all', { original: { header: octets('\r\n') } }, 'text/rfc822-headers', '7bit', ''],
  ['a header without an end', { original: { header: octets('A: b\nC: d') } }, 'text/rfc822-headers', '7bit', 'A: b\r\nC: d'],
]

for (const [what, dsn, type, encoding, text] of returned) {
  test(`what goes back: ${what}`, () => {
    const { octets: message, body } = composeDsn({ ...base, recipients: [failed], ...dsn })
    const part = parts(message)[2]
    assert.deepEqual([part?.type, part?.encoding], [type, encoding])
    if (text !== undefined) assert.equal(part?.text, text)
    assert.equal(body, encoding === '8bit' ? '8BITMIME' : '7BIT')
  })
}

test('a huge header is cut behind a field', () => {
  const header = Buffer.from(`${'X-Long: 123456\r\n'.repeat(10_000)}\r\n`)
  const { octets: message } = composeDsn({ ...base, original: { header } })
  assert.ok(message.length < MAX_RETURNED + 4096)
  assert.match(parts(message)[2]?.text ?? '', /^(?:X-Long: 123456\r\n)+$/)
})

test('nothing to go back: two parts', () => {
  const { original: _, ...without } = base
  assert.deepEqual(
    parts(composeDsn(without).octets).map(({ type }) => type),
    ['text/plain', 'message/delivery-status'],
  )
})

test('addresses in UTF-8 make the forms of RFC 6533', () => {
  const recipients: DsnRecipient[] = [{ ...failed, recipient: 'jörg@bücher.example', original: { type: 'utf-8', value: 'jörg@x' } }]
  const wide = composeDsn({ ...base, recipients })
  assert.deepEqual(
    [parts(wide.octets)[1], wide.body, wide.smtpUtf8],
    [
      {
        type: 'message/global-delivery-status',
        encoding: '8bit',
        text: [
          'Reporting-MTA: dns; mail.Example.COM',
          '',
          'Original-Recipient: utf-8; jörg@x',
          'Final-Recipient: utf-8; jörg@bücher.example',
          'Action: failed',
          'Status: 5.0.0',
          '',
        ].join('\r\n'),
      },
      '8BITMIME',
      false,
    ],
  )
  const narrow = composeDsn({ ...base, recipients, sevenBit: true })
  assert.equal(parts(narrow.octets)[1]?.encoding, 'base64')
  assert.equal(narrow.body, '7BIT')
  assert.deepEqual(readDsn(narrow.octets), readDsn(wide.octets))
  assert.equal(composeDsn({ ...base, to: 'jörg@x' }).smtpUtf8, true)
})

test('a delimiter never stands in the parts', () => {
  const whole = octets(`${HEADER}--=_Q1_0\r\n--=_Q1_1--\r\n`)
  const message = composeDsn({ ...base, recipients: [failed], original: { header: octets(HEADER), whole } })
  assert.equal(parts(message.octets)[2]?.text, whole.toString())
})

const HOSTILE = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ':',
  ' ',
  '\t',
  '--=_Q1_0',
  'Bcc: x@y',
  '\r\n\r\n',
  '<',
  '>',
  '"',
  ';',
  '(',
  ')',
  '\\',
  '=?utf-8?q?=0d=0a?=',
  'ä',
  '\u2028',
  '\u{1f600}',
  '\ud800',
  'a'.repeat(1200),
  '\x85',
  'Final-Recipient: rfc822; z@z',
]
const hostile = (random: Random): string => Array.from({ length: 1 + random.int(8) }, () => random.pick(HOSTILE)).join('')

test('whatever the texts hold, a report keeps its shape', () =>
  withSeed((random) => {
    for (let round = 0; round < 400; round++) {
      const text = (): string => hostile(random)
      const typed = (): { type: string; value: string } => ({ type: random.pick(['rfc822', 'utf-8', text()]), value: text() })
      const recipients = Array.from({ length: 1 + random.int(3) }, (): DsnRecipient => ({
        recipient: text(),
        original: typed(),
        action: random.pick(['failed', 'delayed', 'delivered', 'relayed', 'expanded']),
        status: '5.1.1',
        remoteMta: text(),
        diagnostic: typed(),
      }))
      const header = Buffer.from(`Subject: ${text()}\r\n\r\n`)
      const { octets: message, body } = composeDsn({
        ...base,
        language: random.pick(['en', 'ru']),
        from: text(),
        to: text(),
        messageId: text(),
        reportingMta: text(),
        receivedFrom: { name: text(), address: text() },
        envid: text(),
        holdRequest: text(),
        recipients,
        original: { header, whole: Buffer.concat([header, Buffer.from(text())]) },
        sevenBit: random.chance(0.5),
      })
      const raw = Buffer.from(message).toString('latin1')
      assert.deepEqual(
        readHeader(message).map(({ name }) => name),
        [
          'Date',
          'From',
          'To',
          'Subject',
          'Message-ID',
          'Auto-Submitted',
          'MIME-Version',
          'Content-Type',
          ...(body === '8BITMIME' ? ['Content-Transfer-Encoding'] : []),
        ],
      )
      assert.doesNotMatch(raw.replaceAll('\r\n', ''), /[\r\n\0]/)
      for (const line of raw.split('\r\n')) assert.ok(line.length <= 998, `${line.length} octets`)
      assert.equal(parts(message).length, 3)
      assert.equal(readDsn(message)?.recipients.length, recipients.length)
      assert.ok(message.length < 30_000)
    }
  }))

const PYTHON = `
import sys, json, email, email.policy
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
parts = m.get_payload()
status = parts[1].get_payload()
print(json.dumps([m.get_content_type(), m.get_param('report-type'), [p.get_content_type() for p in parts], parts[0].get_content(),
  [dict(b.items()) for b in status], str(m['subject']), [str(d) for d in m.defects]]))
`
const python = spawnSync('python3', ['-c', 'import email.policy'])

test("Python's email reads it alike", { skip: python.status === 0 ? false : 'no python3' }, () => {
  const { status: code, stdout, stderr } = spawnSync('python3', ['-c', PYTHON], { input: composeDsn({ ...base, language: 'ru' }).octets })
  assert.equal(code, 0, stderr.toString())
  const [type, report, types, text, blocks, subject, defects] = JSON.parse(stdout.toString()) as unknown[]
  assert.deepEqual(
    [type, report, types],
    ['multipart/report', 'delivery-status', ['text/plain', 'message/delivery-status', 'text/rfc822-headers']],
  )
  assert.match(String(text), /Ваше письмо доставлено в почтовый ящик:/)
  assert.deepEqual(blocks, [
    { 'Reporting-MTA': 'dns; mail.Example.COM' },
    {
      'Original-Recipient': 'rfc822; Bob@Example.COM',
      'Final-Recipient': 'rfc822; Bob@Example.COM',
      Action: 'delivered',
      Status: '2.0.0',
    },
  ])
  assert.equal(subject, 'Ваше письмо доставлено')
  assert.deepEqual(defects, [])
})
