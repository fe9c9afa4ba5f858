import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Suppression } from '@mailstead/store'
import { stopped, type SuppressionPolicy } from '@mailstead/queue'

const HOUR = 3_600_000
const policy: SuppressionPolicy = { failures: 3, spread: 24 * HOUR, lasts: 100 * HOUR }
const NOW = 1000 * HOUR

function failed(messages: number, first: number, last: number): Suppression {
  const diagnosis = { status: '5.1.1', text: '550 5.1.1 no' }
  return { address: 'a@b', failed: { messages, firstAt: NOW - first * HOUR, lastAt: NOW - last * HOUR, diagnosis } }
}

test('an address that failed often enough, and long enough, is written to again after a while', () => {
  const table: readonly (readonly [Suppression, Partial<SuppressionPolicy>, boolean])[] = [
    [{ address: 'a@b' }, {}, false],
    [failed(3, 24, 0), {}, true],
    [failed(2, 24, 0), {}, false],
    [failed(9, 23, 0), {}, false],
    [failed(9, 23, 0), { spread: 0 }, true],
    [failed(3, 200, 99), {}, true],
    [failed(3, 200, 100), {}, false],
    [failed(99, 200, 0), { failures: 0 }, false],
  ]
  for (const [known, parts, is] of table)
    assert.equal(stopped(known, { ...policy, ...parts }, NOW) !== undefined, is, JSON.stringify([known, parts]))
  const lastAt = NOW - HOUR
  const expected = { kind: 'failed', messages: 3, lastAt, text: '550 5.1.1 no', until: lastAt + policy.lasts }
  assert.deepEqual(stopped(failed(3, 48, 1), policy, NOW), expected)
})

test('what an administrator entered holds until its time, whatever was counted', () => {
  const entered = { at: 0, note: 'asked us to' }
  assert.deepEqual(stopped({ address: 'a@b', entered }, policy, NOW), { kind: 'entered', note: 'asked us to', until: undefined })
  assert.equal(stopped({ ...failed(3, 48, 1), entered: { ...entered, until: NOW + 1 } }, policy, NOW)?.kind, 'entered')
  assert.equal(stopped({ ...failed(3, 48, 1), entered: { ...entered, until: NOW } }, policy, NOW)?.kind, 'failed')
  assert.equal(stopped({ address: 'a@b', entered: { ...entered, until: NOW } }, { ...policy, failures: 0 }, NOW), undefined)
})
