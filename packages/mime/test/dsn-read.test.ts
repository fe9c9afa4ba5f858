import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { corpusFolder, corpusMessages, NO_CORPUS } from '@mailstead/testkit'
import { composeDsn, type DsnRecipient, readDsn, readFeedback } from '../src/index.ts'
import { base, bob, failed, HEADER, octets } from './dsn-samples.ts'

test('what was written is read', () => {
  const recipients: DsnRecipient[] = [
    bob,
    { ...failed, remoteMta: 'mx.y', diagnostic: { type: 'smtp', value: '550-a\n550 b' }, original: { type: 'x400', value: '/C=de/' } },
  ]
  assert.deepEqual(readDsn(composeDsn({ ...base, envid: 'QQ 1', arrival: base.date, recipients }).octets), {
    envid: 'QQ 1',
    reportingMta: { type: 'dns', value: 'mail.Example.COM' },
    arrival: 'Thu, 15 Jan 2026 12:00:00 +0000',
    recipients: [
      { original: bob.original, final: { type: 'rfc822', value: 'Bob@Example.COM' }, action: 'delivered', status: '2.0.0' },
      {
        original: { type: 'x400', value: '/C=de/' },
        final: { type: 'rfc822', value: 'x@y' },
        action: 'failed',
        status: '5.0.0',
        remoteMta: { type: 'dns', value: 'mx.y' },
        diagnostic: { type: 'smtp', value: '550-a 550 b' },
      },
    ],
    messageId: 'one@Example.ORG',
  })
})

test('a report tells which message it is about by what came back of it, and its beginning does', () => {
  const received = Array.from({ length: 120 }, (_, n) => `Received: from a by b.example\r\n\tid ${n}; Thu\r\n`).join('')
  const whole = octets(`${received}${HEADER}`.replace(/\r\n$/, '\r\n\r\nText\r\n'.repeat(1000)))
  const { octets: message } = composeDsn({ ...base, recipients: [failed], original: { header: whole, whole } })
  for (const read of [readDsn(message), readDsn(message.subarray(0, message.length - 5000))]) {
    assert.equal(read?.recipients.length, 1)
    assert.equal(read.received?.length, 100)
    assert.match(read.received[1] ?? '', /^from a by b\.example\s+id 1; Thu$/)
  }
})

test('a complaint is read (RFC 5965 appendix B)', () => {
  const message = [
    'From: <abusedesk@example.com>',
    'Content-Type: multipart/report; report-type=feedback-report; boundary="part1"',
    '',
    '--part1',
    'Content-Type: text/plain; charset="US-ASCII"',
    '',
    'This is an email abuse report.',
    '',
    '--part1',
    'Content-Type: message/feedback-report',
    '',
    'Feedback-Type: Abuse',
    'User-Agent: SomeGenerator/1.0',
    'Version: 1',
    'Original-Rcpt-To: <user@example.com>',
    'Reporting-MTA: dns; mail.example.com',
    '',
    '--part1',
    'Content-Type: message/rfc822',
    '',
    'Received: from mailserver.example.net by example.com with ESMTP id M63d4137594e46',
    'Message-ID: <8787KJKJ3K4J3K4J3K4J3.mail@example.net>',
    '',
    'Spam',
    '--part1--',
    '',
  ].join('\r\n')
  const read = {
    kind: 'abuse',
    agent: 'SomeGenerator/1.0',
    reportingMta: 'mail.example.com',
    recipients: ['<user@example.com>'],
    messageId: '8787KJKJ3K4J3K4J3K4J3.mail@example.net',
    received: ['from mailserver.example.net by example.com with ESMTP id M63d4137594e46'],
  }
  assert.deepEqual(readFeedback(octets(message)), read)
  assert.equal(readDsn(octets(message)), undefined)
  assert.equal(readFeedback(octets(message.replace('Feedback-Type', 'Type'))), undefined)
  assert.equal(readFeedback(composeDsn(base).octets), undefined)
})

test('what is no report is none', () => {
  for (const text of [
    '',
    'Subject: x\r\n\r\nFinal-Recipient: rfc822; a@b\r\nAction: failed\r\n',
    'Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: text/plain\r\n\r\nAction: failed\r\n--b--\r\n',
    'Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n--b--\r\n',
  ])
    assert.equal(readDsn(octets(text)), undefined)
  // What comes back is no report about its own reader.
  const inner = Buffer.from(composeDsn(base).octets).toString()
  assert.equal(
    readDsn(octets(`Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n${inner}\r\n--b--\r\n`)),
    undefined,
  )
})

test('reports of other programs are read, where their line ends are those of mail', { skip: NO_CORPUS }, () => {
  let looks = 0
  let read = 0
  for (const { name, octets: message } of corpusMessages(join(corpusFolder() ?? '', 'sisimai-bounces'))) {
    const text = message.toString('latin1')
    if (!/^content-type:\s*message\/(?:global-)?delivery-status/im.test(text) || !text.includes('\n')) continue
    looks++
    const report = readDsn(message)
    if (report === undefined) continue
    read++
    for (const { status } of report.recipients) assert.match(status, /^(?:\d\.\d+\.\d+)?$/, name)
  }
  // The rest has broken delimiters, or says neither action nor status.
  assert.ok(looks > 450 && read > looks * 0.95, `${read} of ${looks}`)
})
