import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_SCHEDULE, expiresAt, nextAttempt, Schedules } from '@mailstead/queue'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const MIDDLE = 0.5

const waits: [attempts: number, minutes: number][] = [
  [0, 5],
  [1, 10],
  [2, 20],
  [3, 40],
  [4, 80],
  [5, 160],
  [6, 240],
  [7, 240],
  [1000, 240],
]

for (const [attempts, minutes] of waits) {
  test(`after attempt ${attempts + 1} the next one is ${minutes} minutes away, a fifth more or less`, () => {
    const next = (random: number): number | undefined => nextAttempt(attempts, 1000, 10 * DAY, DEFAULT_SCHEDULE, random)
    assert.equal(next(MIDDLE), 1000 + minutes * MINUTE)
    assert.equal(next(0), 1000 + minutes * MINUTE * 0.8)
    const latest = next(1 - Number.EPSILON) ?? 0
    assert.ok(latest > 1000 + minutes * MINUTE * 1.19 && latest <= 1000 + minutes * MINUTE * 1.2)
  })
}

test('the last attempt is made when the time is over, and none after it', () => {
  const next = (now: number): number | undefined => nextAttempt(30, now, 5 * DAY, DEFAULT_SCHEDULE, MIDDLE)
  assert.equal(next(5 * DAY - 5 * HOUR), 5 * DAY - HOUR)
  assert.equal(next(5 * DAY - HOUR), 5 * DAY)
  assert.equal(next(5 * DAY - 1), 5 * DAY)
  assert.equal(next(5 * DAY), undefined)
  assert.equal(next(5 * DAY + 1), undefined)
})

test('a whole life: some forty attempts in five days, twenty in two with the null sender', () => {
  for (const [mailFrom, lifetime, most] of [
    ['ann@example.org', 5 * DAY, 37],
    ['', 2 * DAY, 19],
  ] as const) {
    const expires = expiresAt(0, mailFrom, DEFAULT_SCHEDULE)
    assert.equal(expires, lifetime)
    const times: number[] = []
    for (let at: number | undefined = 0; at !== undefined; at = nextAttempt(times.length - 1, at, expires, DEFAULT_SCHEDULE, MIDDLE)) {
      assert.ok(times.length < 100)
      times.push(at)
    }
    assert.equal(times.at(-1), lifetime)
    assert.ok(times.length > most - 5 && times.length <= most, `${times.length} attempts`)
  }
})

const found: [domain: string, first: number][] = [
  ['slow.test', 60],
  ['a.slow.test', 30],
  ['b.a.slow.test', 30],
  ['c.a.slow.test', 15],
  ['x.c.a.slow.test', 30],
  ['notslow.test', 7],
  ['test', 7],
  ['[192.0.2.1]', 7],
]

for (const [domain, first] of found) {
  test(`${domain} has the schedule that is nearest to it`, () => {
    const schedules = new Schedules(
      { first: 7 * MINUTE },
      {
        'slow.test': { first: 60 * MINUTE },
        '*.slow.test': { first: 30 * MINUTE, lifetime: DAY },
        'c.a.slow.test': { first: 15 * MINUTE },
      },
    )
    const schedule = schedules.of(domain)
    assert.equal(schedule.first, first * MINUTE)
    assert.equal(schedule.lifetime, first === 30 ? DAY : DEFAULT_SCHEDULE.lifetime)
    assert.equal(schedule.longest, DEFAULT_SCHEDULE.longest)
  })
}
