import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { readDsn, type ReadDsn } from '@mailstead/mime'
import {
  StoreError,
  type AccountId,
  type AcceptPlan,
  type EnvelopeParameters,
  type OwedReport,
  type OwedReports,
  type QueueId,
} from '@mailstead/store'
import { collectLogger, ManualClock } from '@mailstead/testkit'
import { createDelivery, startReporter } from '@mailstead/delivery'
import { REPORT_GATHER, REPORT_GATHER_MOST, REPORT_RETRY, REPORTS_AT_ONCE } from '../src/limits.ts'
import { fakeAccounts, fakeIntake, fakeWriter } from './doubles.ts'

const MESSAGE = 'Subject: hi\r\nMessage-ID: <m@x>\r\n\r\nText\r\n'

const failed: Omit<OwedReport, 'id'> = {
  recipient: 'c@far.example',
  parameters: {},
  action: 'failed',
  at: 60_000,
  diagnosis: { status: '5.1.1', text: '550 5.1.1 No such user', peer: 'mx.far.example [192.0.2.1]' },
}

/** A queue that owes, and everything that is made of it. */
function bench(t: TestContext, leaves = false) {
  const clock = new ManualClock()
  const log = collectLogger()
  const intake = fakeIntake()
  const accounts = fakeAccounts(['ann', 'bob', 'full']).service
  const owed: OwedReports[] = []
  const forgiven: number[] = []
  const texts = new Map<AcceptPlan['blob'], string>()
  let wake = (): void => {}
  let id = 0
  let message: string | Error = MESSAGE
  const settle = (ids: readonly number[]): void => {
    for (const index of owed.keys()) if (owed[index]?.reports.some((report) => ids.includes(report.id))) owed.splice(index, 1)
  }
  const made: { plan: AcceptPlan; report: ReadDsn; text: string }[] = []
  let trouble: Error | undefined
  intake.answer = (plan) => {
    if (trouble !== undefined) return trouble
    const text = texts.get(plan.blob) ?? ''
    made.push({ plan, text, report: readDsn(Buffer.from(text, 'latin1')) ?? assert.fail(text) })
    settle(plan.reported ?? [])
    return plan.deliveries.map((_, uid) => ({ ok: true, mailbox: 1, uid }) as never)
  }
  const reporter = startReporter({
    queue: {
      owed: (limit) => Promise.resolve(owed.slice(0, limit)),
      forgive(ids) {
        forgiven.push(...ids)
        settle(ids)
        return Promise.resolve()
      },
      read: (_, offset, length) =>
        message instanceof Error ? Promise.reject(message) : Promise.resolve(Buffer.from(message.slice(offset, offset + length), 'latin1')),
      watch(listener) {
        wake = listener
        return () => void (wake = () => {})
      },
    },
    delivery: createDelivery({ intake, accounts, log, clock, hostName: 'mx.example.org', leaves }),
    blobs: {
      stage() {
        const writer = fakeWriter()
        return { ...writer, finish: async () => remembered(await writer.finish(), writer.text()) }
      },
    },
    accounts,
    log,
    clock,
    hostName: 'mx.example.org',
  })
  function remembered(blob: AcceptPlan['blob'], text: string): AcceptPlan['blob'] {
    texts.set(blob, text)
    return blob
  }
  t.after(() => reporter.stop())
  return {
    clock,
    log,
    made,
    forgiven,
    reporter,
    wake: () => wake(),
    /** Another line for the message that is owed last. */
    more(report: Omit<OwedReport, 'id'>): void {
      const last = owed.at(-1) ?? assert.fail()
      owed.splice(-1, 1, { ...last, reports: [...last.reports, { ...report, id: ++id }] })
      wake()
    },
    set trouble(error: Error | undefined) {
      trouble = error
    },
    set message(text: string | Error) {
      message = text
    },
    owe(mailFrom: string, reports: readonly Omit<OwedReport, 'id'>[] = [failed], parameters: EnvelopeParameters = {}): void {
      const queueId = `M${owed.length}-${id}` as QueueId
      const size = message instanceof Error ? 1 : message.length
      const account = 1 as AccountId
      const lines = reports.map((report) => ({ ...report, id: ++id }))
      owed.push({ queueId, mailFrom, parameters, account, receivedAt: 0, receivedZone: 120, size, reports: lines })
      wake()
    },
    /** Once nothing moves any more. */
    async idle(): Promise<void> {
      for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

test('a report for one of ours goes into the INBOX, from nobody, with what is owed and what was sent', async (t) => {
  const b = bench(t)
  b.owe(
    'ann+x@example.org',
    [failed, { ...failed, action: 'delayed', recipient: 'd@far.example', retryUntil: 120_000, parameters: { orcpt: 'rfc822;o+2Bp@x' } }],
    {
      envid: 'Q+20Q',
      requireTls: true,
      priority: 3,
    },
  )
  await b.idle()
  const [{ plan, report, text } = assert.fail(), ...others] = b.made
  assert.deepEqual(others, [])
  assert.deepEqual([plan.mailFrom, plan.queued, plan.reported], ['', [], [1, 2]])
  assert.deepEqual(
    plan.deliveries.map(({ account, mailbox, recipients, prefix }) => [account, mailbox, recipients, String(prefix)]),
    [[1, 'INBOX', ['ann+x@example.org'], 'Return-Path: <>\r\nDelivered-To: ann@example.org\r\n']],
  )
  // RFC 8689 section 5: encrypted like the message, and no more of it than its header; RFC 6710 section 4.6.
  assert.deepEqual(plan.parameters, { body: '7BIT', smtpUtf8: false, requireTls: true, priority: 3 })
  assert.match(text, /Content-Type: text\/rfc822-headers/)
  assert.deepEqual(report, {
    envid: 'Q Q',
    reportingMta: { type: 'dns', value: 'mx.example.org' },
    arrival: 'Thu, 1 Jan 1970 02:00:00 +0200',
    recipients: [
      {
        final: { type: 'rfc822', value: 'c@far.example' },
        action: 'failed',
        status: '5.1.1',
        remoteMta: { type: 'dns', value: 'mx.far.example' },
        diagnostic: { type: 'smtp', value: '550 5.1.1 No such user' },
      },
      {
        original: { type: 'rfc822', value: 'o+p@x' },
        final: { type: 'rfc822', value: 'd@far.example' },
        action: 'delayed',
        status: '5.1.1',
        remoteMta: { type: 'dns', value: 'mx.far.example' },
        diagnostic: { type: 'smtp', value: '550 5.1.1 No such user' },
      },
    ],
    messageId: 'm@x',
  })
  assert.match(text, /^Received: by mx\.example\.org id Q1\r\n/)
  assert.match(text, /\r\nLast-Attempt-Date: Thu, 1 Jan 1970 02:01:00 \+0200\r\n/)
})

const wholes: [what: string, parameters: EnvelopeParameters, whole: boolean, message?: string][] = [
  ['no RET', {}, true],
  ['RET=FULL', { ret: 'FULL' }, true],
  ['RET=HDRS', { ret: 'HDRS' }, false],
  ['RET=FULL of a message that needs encryption', { ret: 'FULL', requireTls: true }, false],
  ['a message too big', { ret: 'FULL' }, false, MESSAGE + 'x'.repeat(50 * 1024)],
]

for (const [what, parameters, whole, message = MESSAGE] of wholes) {
  test(`${what}: ${whole ? 'all of it' : 'its header'} goes back`, async (t) => {
    const b = bench(t)
    b.message = message
    b.owe('ann@example.org', [failed], parameters)
    await b.idle()
    assert.equal(b.made[0]?.text.includes('Content-Type: message/rfc822'), whole)
  })
}

test('a report for elsewhere is queued, to be reported on by nobody, in seven bits', async (t) => {
  const b = bench(t, true)
  b.message = MESSAGE + '\xe4\r\n'
  b.owe('x@Far.Example', [{ ...failed, recipient: 'bob@example.org' }], { priority: -2 })
  await b.idle()
  const { plan, text } = b.made[0] ?? assert.fail()
  assert.deepEqual(plan.deliveries, [])
  assert.deepEqual(plan.queued, [{ recipient: 'x@Far.Example', domain: 'far.example', parameters: { notify: ['NEVER'] }, priority: -2 }])
  assert.equal(plan.parameters.body, '7BIT')
  assert.match(text, /\r\nFrom: Mail Delivery System <postmaster@example\.org>\r\n/)
})

test('who cannot be told is not: the log says so, and nothing is owed any more', async (t) => {
  const b = bench(t)
  for (const sender of ['x@far.example', 'nobody@example.org', 'no address']) b.owe(sender)
  await b.idle()
  assert.deepEqual([b.made, b.forgiven], [[], [1, 2, 3]])
  assert.equal(b.log.events.filter(({ event, level }) => event === 'sender is not told' && level === 'warn').length, 3)
})

test('a message that is gone is reported on without it', async (t) => {
  const b = bench(t)
  b.message = new StoreError('message-not-found', 'gone')
  b.owe('ann@example.org')
  await b.idle()
  assert.equal(b.made[0]?.report.messageId, undefined)
  assert.doesNotMatch(b.made[0]?.text ?? '', /rfc822-headers/)
})

test('trouble with one is tried again later and holds nobody else up', async (t) => {
  const b = bench(t)
  b.trouble = new StoreError('unavailable', 'trouble')
  for (let i = 0; i < REPORTS_AT_ONCE + 5; i++) b.owe('ann@example.org')
  await b.idle()
  assert.equal(b.log.events.filter(({ level }) => level === 'error').length, REPORTS_AT_ONCE + 5)
  b.trouble = undefined
  b.owe('bob@example.org')
  await b.idle()
  assert.deepEqual(
    b.made.map(({ plan }) => plan.deliveries[0]?.account),
    [2],
  )
  b.clock.advance(REPORT_RETRY)
  await b.idle()
  assert.equal(b.made.length, REPORTS_AT_ONCE + 6)
})

test('more than are asked for at once are made all the same', async (t) => {
  const b = bench(t)
  for (let i = 0; i < 3 * REPORTS_AT_ONCE; i++) b.owe('ann@example.org')
  await b.idle()
  assert.equal(b.made.length, 3 * REPORTS_AT_ONCE)
  assert.deepEqual(
    b.log.events.filter(({ level }) => level === 'error'),
    [],
  )
})

test('after stop nothing is made', async (t) => {
  const b = bench(t)
  await b.reporter.stop()
  b.owe('ann@example.org')
  b.clock.advance(REPORT_RETRY)
  await b.idle()
  assert.deepEqual(b.made, [])
})

test('a full mailbox gets its reports', async (t) => {
  const b = bench(t)
  b.owe('full@example.org')
  await b.idle()
  assert.equal(b.made.length, 1)
})

test('everybody is told in their language', async (t) => {
  const b = bench(t)
  b.owe('bob@example.org')
  b.owe('ann@example.org')
  await b.idle()
  const subjects = b.made.map(({ text }) => /^Subject: (.*)\r$/m.exec(text)?.[1])
  assert.match(subjects[0] ?? '', /^=\?utf-8\?B\?/)
  assert.equal(subjects[1], 'Your message could not be delivered')
})

test('recipients that fail together are told of together, and a delivery of ours at once', async (t) => {
  const b = bench(t)
  const fresh = (): Omit<OwedReport, 'id'> => ({ ...failed, at: b.clock.now() })
  b.owe('ann@example.org', [{ ...fresh(), action: 'delivered' }])
  await b.idle()
  assert.equal(b.made.length, 1)
  b.owe('ann@example.org', [fresh()])
  await b.idle()
  b.clock.advance(REPORT_GATHER - 1)
  b.more(fresh())
  await b.idle()
  b.clock.advance(REPORT_GATHER - 1)
  await b.idle()
  assert.equal(b.made.length, 1)
  b.clock.advance(1)
  await b.idle()
  assert.deepEqual(
    b.made.slice(1).map(({ report }) => report.recipients.length),
    [2],
  )
})

test('no report waits for others for ever', async (t) => {
  const b = bench(t)
  b.owe('ann@example.org', [{ ...failed, at: b.clock.now() }])
  for (let passed = 0; passed < REPORT_GATHER_MOST; passed += REPORT_GATHER / 2) {
    assert.equal(b.made.length, 0)
    b.clock.advance(REPORT_GATHER / 2)
    if (passed + REPORT_GATHER / 2 < REPORT_GATHER_MOST) b.more({ ...failed, at: b.clock.now() })
    await b.idle()
  }
  assert.equal(b.made.length, 1)
  b.owe('ann@example.org', [{ ...failed, at: b.clock.now() + 3_600_000 }])
  await b.idle()
  assert.equal(b.made.length, 2, 'nor for a clock that was put back')
})

test('who may not have sent it is told nothing, unless he is one of ours', async (t) => {
  const b = bench(t, true)
  b.owe('x@far.example', [failed], { forgeable: true })
  b.owe('x@far.example')
  b.owe('ann@example.org', [failed], { forgeable: true })
  b.clock.advance(60_000 + REPORT_GATHER_MOST)
  await b.idle()
  assert.deepEqual(b.forgiven, [1])
  assert.equal(b.made.length, 2)
})
