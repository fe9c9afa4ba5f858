import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RecipientParameters } from '@mailstead/store'
import type { DeliveryFailureCode } from '@mailstead/delivery'
import { planReports } from '../src/reports/plan.ts'

type Notify = RecipientParameters['notify']

/** RFC 3461 sections 5.2.3 and 5.2.6: what is told once the copy is made, and when it is not. */
const rules: [notify: Notify, told: string][] = [
  [undefined, 'failed'],
  [['NEVER'], ''],
  [['SUCCESS'], 'delivered'],
  [['FAILURE'], 'failed'],
  [['DELAY'], ''],
  [['SUCCESS', 'FAILURE'], 'delivered failed'],
  [['DELAY', 'FAILURE'], 'failed'],
  [['SUCCESS', 'DELAY'], 'delivered'],
]

function told(notify: Notify, failure?: DeliveryFailureCode, mailFrom = 'x@y', answeredEach = false, late = false): string {
  const parameters = notify === undefined ? {} : { notify }
  const delivery = failure === undefined ? 0 : undefined
  const [report, ...others] = planReports(mailFrom, [{ address: 'a@b', parameters, delivery, failure }], { answeredEach, late })
  assert.deepEqual(others, [])
  return Object.keys(report ?? {})
    .filter((key) => key === 'delivered' || key === 'delayed' || key === 'failed')
    .join(' ')
}

for (const [notify, expected] of rules) {
  const name = notify?.join(',') ?? 'no NOTIFY'
  const success = expected.replace(/ ?failed/, '')
  const failure = expected.replace(/delivered ?/, '')
  test(`${name}: ${expected || 'nothing'}`, () => {
    assert.equal(told(notify), expected)
    assert.equal(told(notify, 'loop'), failure, 'it has failed before')
    assert.equal(told(notify, undefined, 'x@y', true), success, 'each failure is answered')
    assert.equal(told(notify, 'loop', 'x@y', true), '', 'and was')
    assert.equal(told(notify, undefined, ''), '', 'to nobody')
  })
}

test('which copy decides, and what a failure is called', () => {
  const parameters = { notify: ['SUCCESS', 'FAILURE'], orcpt: 'rfc822;o@x' } as const
  assert.deepEqual(
    planReports(
      'x@y',
      [
        { address: 'a@b', parameters, delivery: 1, failure: undefined },
        { address: 'c@d', parameters, delivery: undefined, failure: 'loop' },
      ],
      { answeredEach: false, late: false },
    ),
    [
      { recipient: 'a@b', parameters, delivery: 1, delivered: { status: '2.0.0', text: '' }, failed: { status: '5.1.1', text: '' } },
      { recipient: 'c@d', parameters, failed: { status: '5.4.6', text: '' } },
    ],
  )
})

test('what came too late (RFC 2852 section 4.1.3)', () => {
  assert.equal(told(undefined, undefined, 'x@y', true, true), 'delayed')
  assert.equal(told(['DELAY'], undefined, 'x@y', false, true), 'delayed')
  assert.equal(told(['SUCCESS', 'DELAY'], undefined, 'x@y', false, true), 'delivered delayed')
  assert.equal(told(['SUCCESS'], undefined, 'x@y', false, true), 'delivered')
  assert.equal(told(['NEVER'], undefined, 'x@y', false, true), '')
  assert.equal(told(['DELAY'], 'loop', 'x@y', false, true), '')
})
