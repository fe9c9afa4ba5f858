import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_SCHEDULE, overdue, settled, type AttemptEnd } from '@mailstead/queue'
import type { AccountId, DeliverBy, QueueEntry, QueueEntryId, RecipientParameters } from '@mailstead/store'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const diagnosis = { status: '4.7.1', text: '451 4.7.1 Later', peer: 'mx.example.net [192.0.2.1]' }
const SENT: AttemptEnd = { kind: 'sent', diagnosis, peerKnowsDsn: false }
const SENT_DSN: AttemptEnd = { kind: 'sent', diagnosis, peerKnowsDsn: true }
const FAILED: AttemptEnd = { kind: 'failed', diagnosis }
const DEFERRED: AttemptEnd = { kind: 'deferred', diagnosis }

type Notify = NonNullable<RecipientParameters['notify']>

interface Given {
  readonly notify?: Notify
  readonly mailFrom?: string
  /** Nobody logged in to send it. */
  readonly stranger?: true
  readonly age?: number
  readonly told?: true
  readonly deliverBy?: DeliverBy
}

function settle(end: AttemptEnd, { notify, mailFrom = 'ann@example.org', stranger, age = 0, told, deliverBy }: Given) {
  const entry: QueueEntry = {
    id: 1 as QueueEntryId,
    recipient: 'bob@example.net',
    parameters: notify === undefined ? {} : { notify },
    attempts: 0,
    queuedAt: 0,
    delayTold: told === true,
  }
  const lane = { account: stranger === true ? undefined : (1 as AccountId), domain: 'example.net' }
  return settled(
    end,
    entry,
    { mailFrom, lane, parameters: deliverBy === undefined ? {} : { deliverBy } },
    { now: age, schedule: DEFAULT_SCHEDULE, random: 0.5 },
  )
}

/** RFC 3461 sections 5.2.1 to 5.2.6. */
const reports: [name: string, end: AttemptEnd, given: Given, report: string | undefined][] = [
  ['sent, nothing asked', SENT, {}, undefined],
  ['sent, success asked, the server knows no DSN', SENT, { notify: ['SUCCESS'] }, 'relayed'],
  ['sent, success and failure asked', SENT, { notify: ['FAILURE', 'SUCCESS'] }, 'relayed'],
  ['sent, success asked, the server tells it', SENT_DSN, { notify: ['SUCCESS'] }, undefined],
  ['sent, failure asked', SENT, { notify: ['FAILURE'] }, undefined],
  ['sent, never', SENT, { notify: ['NEVER'] }, undefined],
  ['sent, success asked by nobody', SENT, { notify: ['SUCCESS'], mailFrom: '' }, undefined],
  ['failed, nothing asked', FAILED, {}, 'failed'],
  ['failed, a stranger’s', FAILED, { stranger: true }, 'failed'],
  ['failed, failure asked', FAILED, { notify: ['FAILURE', 'DELAY'] }, 'failed'],
  ['failed, success asked alone', FAILED, { notify: ['SUCCESS'] }, undefined],
  ['failed, delay asked alone', FAILED, { notify: ['DELAY'] }, undefined],
  ['failed, never', FAILED, { notify: ['NEVER'] }, undefined],
  ['failed, from nobody', FAILED, { mailFrom: '', notify: ['FAILURE'] }, undefined],
  ['deferred, young', DEFERRED, { age: 4 * HOUR - 1 }, undefined],
  ['deferred for long', DEFERRED, { age: 4 * HOUR }, 'delayed'],
  ['deferred for long, told already', DEFERRED, { age: 5 * HOUR, told: true }, undefined],
  ['deferred for long, a stranger’s', DEFERRED, { age: 5 * HOUR, stranger: true }, undefined],
  ['deferred for long, delay asked', DEFERRED, { age: 5 * HOUR, notify: ['DELAY'] }, 'delayed'],
  ['deferred for long, delay not asked', DEFERRED, { age: 5 * HOUR, notify: ['FAILURE', 'SUCCESS'] }, undefined],
  ['deferred for long, never', DEFERRED, { age: 5 * HOUR, notify: ['NEVER'] }, undefined],
  ['deferred for long, from nobody', DEFERRED, { age: 5 * HOUR, mailFrom: '' }, undefined],
  ['deferred at the end', DEFERRED, { age: 5 * DAY }, 'failed'],
  ['deferred at the end, a delay told', DEFERRED, { age: 5 * DAY, told: true }, 'failed'],
  ['deferred at the end, never', DEFERRED, { age: 5 * DAY, notify: ['NEVER'] }, undefined],
  ['deferred at the end, from nobody', DEFERRED, { age: 2 * DAY, mailFrom: '' }, undefined],
]

for (const [name, end, given, report] of reports) {
  test(`${name}: ${report ?? 'no report'}`, () => {
    const outcome = settle(end, given)
    assert.ok(outcome.kind !== 'returned')
    assert.equal(outcome.report, report)
    assert.deepEqual(outcome.diagnosis, diagnosis)
    const over = end.kind === 'deferred' && (given.age ?? 0) >= (given.mailFrom === '' ? 2 : 5) * DAY
    assert.equal(outcome.kind, over ? 'failed' : end.kind)
  })
}

test('a delayed report says until when it is tried', () => {
  assert.deepEqual(settle(DEFERRED, { age: 4 * HOUR }), {
    kind: 'deferred',
    until: 4 * HOUR + HOUR / 12,
    diagnosis,
    report: 'delayed',
    retryUntil: 5 * DAY,
  })
})

test('a resting destination puts the next attempt off, and not beyond the last', () => {
  const until = (notBefore: number): number | undefined => {
    const outcome = settle({ ...DEFERRED, notBefore }, {})
    return outcome.kind === 'deferred' ? outcome.until : undefined
  }
  assert.equal(until(1), HOUR / 12)
  assert.equal(until(HOUR), HOUR)
  assert.equal(until(9 * DAY), 5 * DAY)
})

test('an attempt is made when it is time to tell of the delay', () => {
  const until = (given: Given): number | undefined => {
    const outcome = settle(DEFERRED, { ...given, age: 4 * HOUR - MINUTE })
    return outcome.kind === 'deferred' ? outcome.until : undefined
  }
  assert.equal(until({}), 4 * HOUR)
  assert.equal(until({ stranger: true }), 4 * HOUR + 4 * MINUTE)
  assert.equal(until({ told: true }), 4 * HOUR + 4 * MINUTE)
})

test('doubt is kept', () => {
  const outcome = settle({ kind: 'deferred', diagnosis, perhapsSent: true }, {})
  assert.ok(outcome.kind === 'deferred' && outcome.perhapsSent === true)
})

/** RFC 2852 sections 4.1.3 and 4.1.4. */
const by = (mode: DeliverBy['mode'], at: number, trace = false): Pick<Given, 'deliverBy'> => ({ deliverBy: { at, mode, trace } })

const late: [name: string, end: AttemptEnd, given: Given, expected: object][] = [
  ['in time, next attempt before it is late', DEFERRED, by('return', HOUR), { kind: 'deferred', until: HOUR / 12, report: undefined }],
  ['little time: the last attempt a minute before', DEFERRED, by('return', 3 * MINUTE), { kind: 'deferred', until: 2 * MINUTE }],
  ['too late to try again', DEFERRED, { ...by('return', HOUR), age: HOUR - MINUTE }, { kind: 'failed', report: 'failed', status: '5.4.7' }],
  ['too late, never', DEFERRED, { ...by('return', HOUR), age: HOUR, notify: ['NEVER'] }, { kind: 'failed', report: undefined }],
  ['a notice is wanted soon', DEFERRED, by('notify', 2 * MINUTE), { kind: 'deferred', until: 2 * MINUTE, report: undefined }],
  ['a notice is wanted now', DEFERRED, { ...by('notify', HOUR), age: HOUR }, { kind: 'deferred', report: 'delayed', status: '4.4.7' }],
  ['a notice was given', DEFERRED, { ...by('notify', HOUR), age: 9 * HOUR, told: true }, { report: undefined, status: '4.7.1' }],
  ['sent on, the peer does not watch the time', SENT_DSN, by('notify', HOUR), { kind: 'sent', report: 'relayed' }],
  ['sent on, the peer watches', { ...SENT_DSN, peerKnowsDeliverBy: true }, by('notify', HOUR), { report: undefined }],
  ['sent on, each hop told', { ...SENT_DSN, peerKnowsDeliverBy: true }, by('return', HOUR, true), { report: 'relayed' }],
  ['sent on, each hop told, never', SENT, { ...by('return', HOUR, true), notify: ['NEVER'] }, { report: undefined }],
  ['sent on, each hop told, from nobody', SENT, { ...by('return', HOUR, true), mailFrom: '' }, { report: undefined }],
]

for (const [name, end, given, expected] of late) {
  test(`a time was asked for: ${name}`, () => {
    const outcome = settle(end, given)
    assert.ok(outcome.kind !== 'returned')
    const seen = { ...outcome, status: outcome.diagnosis.status, report: outcome.report }
    for (const [key, value] of Object.entries(expected)) assert.equal(Reflect.get(seen, key), value, key)
  })
}

test('a message that is late is not tried', () => {
  const message = (deliverBy: DeliverBy) => ({ mailFrom: 'a@x', parameters: { deliverBy } })
  assert.equal(overdue(message({ at: 5, mode: 'return', trace: false }), 5)?.status, '5.4.7')
  assert.equal(overdue(message({ at: 5, mode: 'return', trace: false }), 4), undefined)
  assert.equal(overdue(message({ at: 5, mode: 'notify', trace: false }), 6), undefined)
  assert.equal(overdue({ mailFrom: 'a@x', parameters: {} }, 6), undefined)
})
