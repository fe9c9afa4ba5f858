import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { MessageScanner, readEnvelope, type EnvelopeSummary } from '../src/index.ts'

function summary(header: string): EnvelopeSummary {
  const scanner = new MessageScanner()
  scanner.push(Buffer.from(`${header}\r\n\r\n`))
  return readEnvelope(scanner.end().envelope)
}

const none = { date: undefined, subject: undefined, from: undefined, to: undefined, cc: undefined }

const table: [name: string, header: string, summary: Partial<EnvelopeSummary>][] = [
  ['nothing', 'A: 1', {}],
  ['empty fields', 'Subject:\r\nTo:\r\nDate: ', { date: '', subject: '' }],
  ['a date and a subject', 'Date: Mon, 1 Jan 2001 00:00:00 +0000\r\nSubject: x', { date: 'Mon, 1 Jan 2001 00:00:00 +0000', subject: 'x' }],
  ['what has to be escaped', 'Subject: a "b\\c" (d) {3}', { subject: 'a "b\\c" (d) {3}' }],
  ['eight bits', 'Subject: gr\u00fc\u00df \u20ac', { subject: Buffer.from('gr\u00fc\u00df \u20ac').toString('latin1') }],
  [
    'the first of several addresses',
    'From: "A \\"B\\"" <a@x.org>, b@y.org\r\nTo: c@z.org, d@z.org\r\nCc: e',
    {
      from: { name: 'A "B"', mailbox: 'a', host: 'x.org' },
      to: { name: undefined, mailbox: 'c', host: 'z.org' },
      cc: { name: undefined, mailbox: 'e', host: '' },
    },
  ],
  [
    'Sender and Reply-To are others',
    'From: a@x.org\r\nSender: s@x.org\r\nReply-To: r1@x.org, r2@x.org\r\nTo: t@x.org',
    { from: { name: undefined, mailbox: 'a', host: 'x.org' }, to: { name: undefined, mailbox: 't', host: 'x.org' } },
  ],
  ['a group', 'To: friends: a@x.org, b@x.org;, c@x.org', { to: { name: undefined, mailbox: 'friends', host: undefined } }],
  ['a name in eight bits', 'From: J\u00f6rg <j@x.org>', { from: { name: 'J\u00c3\u00b6rg', mailbox: 'j', host: 'x.org' } }],
]

suite('summaries of envelopes', () => {
  for (const [name, header, expected] of table) test(name, () => assert.deepEqual(summary(header), { ...none, ...expected }))

  for (const text of ['', '(', '(NIL', '("a', '({9}\r\na', '(NIL NIL (', '(NIL NIL ((NIL NIL NIL NIL)', 'NIL']) {
    test(`a damaged one: ${text}`, () => assert.throws(() => readEnvelope(Buffer.from(text)), RangeError))
  }
})
