import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReadDsn } from '@mailstead/mime'
import type { AcceptPlan, QueueId, TraceEvent, TraceKind, Traced } from '@mailstead/store'
import { collectLogger, ManualClock } from '@mailstead/testkit'
import { createDelivery, type TransactionStart } from '@mailstead/delivery'
import { complaintOf, heardOf, queueIdsIn } from '../src/reports/heard.ts'
import { fakeAccounts, fakeIntake, fakeWriter } from './doubles.ts'

const HOST = 'mx.example.org'
const Q = '0MPB8T1O0Q1TW3Z7' as QueueId
const OTHER = '0MPB8T1O0Q1TW3Z8' as QueueId

const base: ReadDsn = { recipients: [] }

test('queue ids are those of our own Received fields and Message-IDs', () => {
  const table: readonly (readonly [ReadDsn, readonly string[]])[] = [
    [{ ...base, received: [`by ${HOST} with ESMTPSA id ${Q} (TLSv1.3:X) for <b@far.example>; Thu, 1 Jan 2026`] }, [Q]],
    [{ ...base, received: [`from [192.0.2.1] by MX.Example.ORG with ESMTP id ${Q}; Thu, 1 Jan 2026`] }, [Q]],
    [{ ...base, received: [`by ${HOST} id ${Q}; Thu`] }, [Q]],
    [{ ...base, received: ['from a by mx.far.example with ESMTP id 77; Thu', `by ${HOST} with SMTP id ${Q}; Thu`] }, [Q]],
    [{ ...base, received: [`by mx.far.example with ESMTP id ${Q}; Thu`] }, []],
    [{ ...base, received: [`by ${HOST} with ESMTP id ${Q}x; Thu`, `by ${HOST} with ESMTP id 4711; Thu`, `by`] }, []],
    [{ ...base, messageId: `${Q}@${HOST}` }, [Q]],
    [{ ...base, messageId: `${Q}@far.example` }, []],
    [{ ...base, messageId: `${Q}@${HOST}`, received: [`by ${HOST} id ${Q};`, `by ${HOST} id ${OTHER};`] }, [Q, OTHER]],
    [{ ...base, received: Array.from({ length: 50 }, (_, i) => `by ${HOST} id ${Q}${i};`) }, [0, 1, 2, 3, 4].map((i) => `${Q}${i}`)],
  ]
  for (const [report, ids] of table) assert.deepEqual(queueIdsIn(report, HOST), ids, JSON.stringify(report))
})

const message: Traced = {
  queueId: Q,
  mailFrom: 'Ann@Example.org',
  origin: { protocol: 'ESMTPSA' },
  receivedAt: 0,
  size: 1,
  messageId: 'm@x',
}

const events = (...list: readonly (readonly [TraceKind, string])[]): TraceEvent[] =>
  list.map(([event, recipient], at) => ({ queueId: Q, at, event, recipient, detail: '' }))

const failed = (final: string, original?: string): ReadDsn => ({
  ...base,
  reportingMta: { type: 'dns', value: 'mx.far.example' },
  recipients: [
    {
      final: { type: 'rfc822', value: final },
      ...(original === undefined ? {} : { original: { type: 'rfc822', value: original } }),
      action: 'failed',
      status: '5.1.1',
      diagnostic: { type: 'smtp', value: '550 5.1.1 no such user' },
    },
  ],
})

test('a report is taken as one of a recipient elsewhere, for the reader who sent the message', () => {
  const two = events(
    ['accepted', ''],
    ['queued', 'b@far.example'],
    ['sent', 'B@far.example'],
    ['sent', 'c@bücher.example'],
    ['failed', 'd@x'],
  )
  const heard = (report: ReadDsn, readers: readonly string[], trace = two): readonly string[] =>
    heardOf(report, { message, events: trace }, readers, true).map(
      ({ recipient, diagnosis }) => `${recipient} ${diagnosis.peer ?? ''} ${diagnosis.text}`,
    )
  const ann = ['ann@example.org']
  const words = 'mx.far.example 550 5.1.1 no such user'
  assert.deepEqual(heard(failed('b@FAR.example'), ann), [`B@far.example ${words}`])
  assert.deepEqual(heard(failed('<c@xn--bcher-kva.example>'), ann), [`c@bücher.example ${words}`])
  assert.deepEqual(heard(failed('e@else.example', 'b@far.example'), ann), [
    `B@far.example mx.far.example for e@else.example: 550 5.1.1 no such user`,
  ])
  // Nobody that we know, of two: it is not known of whom.
  assert.deepEqual(heard(failed('e@else.example'), ann), [])
  assert.deepEqual(heard(failed('e@else.example'), ann, events(['sent', 'b@far.example'])), [
    'b@far.example mx.far.example for e@else.example: 550 5.1.1 no such user',
  ])
  // What did not leave, we know ourselves.
  assert.deepEqual(heard(failed('d@x'), ann), [])
  // The connection was lost behind the final dot.
  assert.deepEqual(heard(failed('b@far.example'), ann, events(['queued', 'b@far.example'], ['deferred', 'b@far.example'])), [
    `b@far.example ${words}`,
  ])
  // Not theirs.
  assert.deepEqual(heard(failed('b@far.example'), ['bob@example.org']), [])
  assert.deepEqual(heardOf(failed('b@far.example'), { message: { ...message, mailFrom: '' }, events: two }, [''], true), [])
})

test('only a proven failure that means the address, of a message that nobody else has, says that it is gone', () => {
  const own = { ...message, origin: { protocol: 'ESMTPSA', account: 1 } } as Traced
  const alone = events(['accepted', ''], ['queued', 'B@far.example'], ['sent', 'B@far.example'])
  const dead = (report: ReadDsn, parts: { message?: Traced; events?: TraceEvent[]; proven?: boolean } = {}): string | undefined =>
    heardOf(report, { message: own, events: alone, ...parts }, ['ann@example.org'], parts.proven ?? true)[0]?.dead
  assert.equal(dead(failed('b@far.example')), 'b@far.example')
  assert.equal(dead(failed('b@far.example'), { proven: false }), undefined)
  assert.equal(dead(failed('b@far.example'), { message }), undefined)
  assert.equal(dead(failed('b@far.example'), { events: [...alone, ...events(['delivered', 'bob@example.org'])] }), undefined)
  assert.equal(dead(failed('e@else.example', 'b@far.example')), undefined)
  const [only] = failed('b@far.example').recipients
  assert.ok(only)
  assert.equal(dead({ ...base, recipients: [{ ...only, action: 'delayed' }] }), undefined)
  assert.equal(dead({ ...base, recipients: [{ ...only, status: '5.2.2' }] }), undefined)
})

const report = (returned: string, type = 'multipart/report; report-type=delivery-status'): string =>
  [
    'From: mailer-daemon@far.example',
    `Content-Type: ${type}; boundary=b`,
    '',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.far.example',
    '',
    'Final-Recipient: rfc822; b@far.example',
    'Action: failed',
    'Status: 5.1.1',
    'Diagnostic-Code: smtp; 550 5.1.1 no such user',
    '',
    '--b',
    'Content-Type: text/rfc822-headers',
    '',
    returned,
    '--b--',
    '',
  ].join('\r\n')

const complaint = (fields: string): string =>
  report(STAMPED, 'multipart/report; report-type=feedback-report')
    .replace('message/delivery-status', 'message/feedback-report')
    .replace(/Reporting-MTA[^]*?(?=\r\n--b\r\n)/, `Feedback-Type: Abuse\r\nUser-Agent: Loop/1\r\n${fields}`)

const stranger: TransactionStart = {
  mailFrom: undefined,
  parameters: {},
  size: undefined,
  origin: { protocol: 'ESMTP', remoteAddress: '192.0.2.7', heloName: 'mx.far.example' },
}

async function receive(text: string, start = stranger, trouble?: Error): Promise<AcceptPlan | undefined> {
  const intake = fakeIntake()
  intake.traced = (query) => {
    if (trouble !== undefined) return Promise.reject(trouble)
    const known = 'queueId' in query ? query.queueId === Q : query.about === 'm@x'
    return Promise.resolve(known ? [message] : [])
  }
  intake.trace = (queueId) => Promise.resolve(queueId === Q ? events(['sent', 'b@far.example']) : [])
  const accounts = fakeAccounts(['ann', 'bob'])
  const options = { intake, accounts: accounts.service, log: collectLogger(), clock: new ManualClock(), hostName: HOST }
  const transaction = createDelivery(options).begin(start)
  assert.equal(await transaction.addRecipient({ localPart: 'ann', domain: 'example.org' }), 'admitted')
  const reception = transaction.receive(() => fakeWriter())
  await reception.write(Buffer.from(text))
  const { outcomes } = await reception.accept()
  assert.deepEqual(
    outcomes.map(({ failure }) => failure),
    [undefined],
  )
  return intake.plans[0]
}

const HEARD = {
  queueId: Q,
  recipient: 'b@far.example',
  action: 'failed',
  diagnosis: { status: '5.1.1', text: '550 5.1.1 no such user', peer: 'mx.far.example' },
}
const STAMPED = `Received: by ${HOST} with ESMTPSA id ${Q}\r\n\tfor <b@far.example>; Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <m@x>\r\n`

test('what an incoming report says is part of its own acceptance', async () => {
  assert.deepEqual((await receive(report(STAMPED)))?.heard, [{ ...HEARD, proven: true }])
  // OpenSMTPD
  assert.deepEqual((await receive(report(STAMPED, 'multipart/mixed')))?.heard, [{ ...HEARD, proven: true }])
  // Who knows no more than the Message-ID proves nothing.
  assert.deepEqual((await receive(report('Message-ID: <m@x>\r\n')))?.heard, [{ ...HEARD, proven: false }])
  assert.deepEqual((await receive(report(STAMPED.replaceAll(Q, OTHER).replace('m@x', 'n@x'))))?.heard, [])
})

test('mail that is no report, or one of ours, is not looked into, and trouble holds nothing up', async () => {
  const text = report(STAMPED)
  assert.equal((await receive(text, { ...stranger, mailFrom: { localPart: 'x', domain: 'far.example' } }))?.heard, undefined)
  assert.equal((await receive(text, { ...stranger, origin: { protocol: 'LOCAL' }, reported: [1] }))?.heard, undefined)
  assert.equal((await receive(text.replace('multipart/report', 'text/plain')))?.heard, undefined)
  assert.deepEqual((await receive(text.replace('message/delivery-status', 'text/plain')))?.heard, [])
  assert.deepEqual((await receive(text, stranger, new Error('no store')))?.heard, [])
})

test('a complaint is told at the message that it is about, whoever sends it to whomever', async () => {
  const heard = {
    queueId: Q,
    recipient: 'b@far.example',
    action: 'complained',
    diagnosis: { status: '', text: 'abuse', peer: 'Loop/1' },
    proven: true,
  }
  const loop: TransactionStart = { ...stranger, mailFrom: { localPart: 'loop', domain: 'far.example' } }
  for (const fields of ['', 'Original-Rcpt-To: <B@far.example>\r\n', 'Original-Rcpt-To: <other@far.example>\r\n'])
    assert.deepEqual((await receive(complaint(fields), loop))?.heard, [heard], fields)
  assert.deepEqual((await receive(complaint('').replaceAll(Q, OTHER), loop))?.heard, [])
  const disguised = report(STAMPED, 'multipart/report; report-type=feedback-report')
  assert.deepEqual((await receive(disguised, loop))?.heard, [], 'a delivery report is from nobody')
  const feedback = { kind: 'abuse', recipients: [], received: [] }
  const two = events(['sent', 'b@far.example'], ['sent', 'c@far.example'], ['delivered', 'bob@example.org'])
  assert.equal(complaintOf(feedback, { message, events: two })[0]?.recipient, '')
  assert.deepEqual(complaintOf(feedback, { message, events: events(['delivered', 'bob@example.org']) }), [])
})
