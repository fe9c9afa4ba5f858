import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_SCHEDULE, settled, type AttemptEnd } from '@mailstead/queue'
import type { AccountId, QueueEntry, QueueEntryId, RecipientParameters } from '@mailstead/store'

const HOUR = 3600_000
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
}

function settle(end: AttemptEnd, { notify, mailFrom = 'ann@example.org', stranger, age = 0, told }: Given) {
  const entry: QueueEntry = {
    id: 1 as QueueEntryId,
    recipient: 'bob@example.net',
    parameters: notify === undefined ? {} : { notify },
    attempts: 0,
    queuedAt: 0,
    delayTold: told === true,
  }
  const lane = { account: stranger === true ? undefined : (1 as AccountId), domain: 'example.net' }
  return settled(end, entry, { mailFrom, lane }, { now: age, schedule: DEFAULT_SCHEDULE, random: 0.5 })
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

test('doubt is kept', () => {
  const outcome = settle({ kind: 'deferred', diagnosis, perhapsSent: true }, {})
  assert.ok(outcome.kind === 'deferred' && outcome.perhapsSent === true)
})
