import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '@mailstead/testkit'
import { parseMail } from '@mailstead/wire'
import { holds, latestRelease, releaseAt } from '../src/hold.ts'
import { HOLD_SLACK } from '../src/limits.ts'

const clock = new ManualClock(Date.UTC(2026, 0, 15, 9, 30, 0, 500))
const context = { role: 'submission', clock, maxHold: 3600 } as const
const NOW = clock.now()

const iso = (ms: number): string => new Date(ms).toISOString()

test('when messages are released', () => {
  const cases: [parameters: string, at: number | 'invalid' | undefined][] = [
    ['', undefined],
    ['BY=10;R', undefined],
    ['HOLDFOR=1', NOW + 1000],
    ['HOLDFOR=3600', NOW + 3_600_000],
    ['HOLDFOR=3601', 'invalid'],
    [`HOLDUNTIL=${iso(NOW + 1000)}`, NOW + 1000],
    [`HOLDUNTIL=${latestRelease(context)}`, NOW + 3_599_500],
    [`HOLDUNTIL=${iso(NOW + 3_600_001)}`, 'invalid'],
    [`HOLDUNTIL=${iso(NOW - HOLD_SLACK)}`, NOW - HOLD_SLACK],
    [`HOLDUNTIL=${iso(NOW - HOLD_SLACK - 1)}`, 'invalid'],
    ['HOLDFOR=10 BY=11;R', NOW + 10_000],
    ['HOLDFOR=10 BY=10;R', 'invalid'],
    ['HOLDFOR=10 BY=9;N', 'invalid'],
  ]
  for (const [parameters, at] of cases)
    assert.equal(releaseAt(parseMail(`FROM:<a@b.example> ${parameters}`, new Set(['FUTURERELEASE', 'DELIVERBY'])), context), at, parameters)
})

test('messages are let wait on submission alone, and where that is wanted', () => {
  assert.equal(latestRelease(context), '2026-01-15T10:30:00Z')
  assert.equal(holds(context), true)
  assert.equal(holds({ ...context, maxHold: 0 }), false)
  assert.equal(holds({ role: 'submission', clock }), false)
  for (const role of ['mx', 'lmtp'] as const) assert.equal(holds({ ...context, role }), false)
})
