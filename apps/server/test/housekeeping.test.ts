import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@mailstead/base'
import { ManualClock, collectLogger } from '@mailstead/testkit'
import { startHousekeeping } from '../src/housekeeping.ts'

const NO_GREYLIST = { forget: () => Promise.resolve(0) }
const NO_KEYS = { tidy: async () => {} }
const NO_TLS = { tlsReports: NO_GREYLIST, stsPolicies: NO_GREYLIST }

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Lets what was started by a timer reach its end. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('purges soon after the start and then hourly, with the date that the days give', async () => {
  const clock = new ManualClock(100 * DAY)
  const asked: number[] = []
  const maintenance = { purgeExpunged: async (before: number) => asked.push(before) }
  const forgotten: unknown[] = []
  const greylist = { forget: async (before: unknown) => forgotten.push(before) }
  const housekeeping = startHousekeeping({
    maintenance,
    greylist,
    suppressions: NO_KEYS,
    tlsReports: { forget: async (before: unknown) => forgotten.push(before) },
    stsPolicies: { forget: async (until: number) => forgotten.push(until) },
    keys: NO_KEYS,
    undeleteDays: 14,
    log: silentLogger,
    clock,
  })
  clock.advance(MINUTE)
  await settle()
  clock.advance(HOUR)
  await settle()
  assert.deepEqual(asked, [86 * DAY + MINUTE, 86 * DAY + MINUTE + HOUR])
  assert.deepEqual(forgotten.slice(0, 3), [
    { marks: 98 * DAY + MINUTE, networks: 64 * DAY + MINUTE },
    100 * DAY + MINUTE,
    { day: 86, arrived: -80 * DAY + MINUTE },
  ])
  assert.equal(forgotten.length, 6)
  await housekeeping.stop()
  clock.advance(DAY)
  assert.equal(asked.length, 2)
})

test('what was expunged within the hour stays, for sessions that still see it', async () => {
  const clock = new ManualClock(100 * DAY)
  const asked: number[] = []
  const maintenance = { purgeExpunged: async (before: number) => asked.push(before) }
  const housekeeping = startHousekeeping({
    maintenance,
    greylist: NO_GREYLIST,
    suppressions: NO_KEYS,
    ...NO_TLS,
    keys: NO_KEYS,
    undeleteDays: 0,
    log: silentLogger,
    clock,
  })
  clock.advance(MINUTE)
  await settle()
  assert.deepEqual(asked, [100 * DAY + MINUTE - HOUR])
  await housekeeping.stop()
})

test('a failure is logged and the next hour tries again; stopping waits for what runs', async () => {
  const clock = new ManualClock()
  const log = collectLogger()
  const gate = Promise.withResolvers<number>()
  const outcomes = [Promise.reject(new Error('disk full')), gate.promise]
  const housekeeping = startHousekeeping({
    greylist: NO_GREYLIST,
    suppressions: NO_KEYS,
    ...NO_TLS,
    keys: NO_KEYS,
    maintenance: { purgeExpunged: async () => outcomes.shift() ?? 0 },
    undeleteDays: 0,
    log,
    clock,
  })
  clock.advance(MINUTE)
  await settle()
  assert.deepEqual(
    log.events.map(({ level }) => level),
    ['error'],
  )
  clock.advance(HOUR)
  let stopped = false
  const stopping = housekeeping.stop().then(() => (stopped = true))
  await settle()
  assert.equal(stopped, false)
  gate.resolve(3)
  await stopping
  assert.deepEqual(
    log.events.map(({ event }) => event),
    ['purge failed, next try in an hour', 'expunged messages purged'],
  )
})

test('keys of domains are looked after at once and every hour, whatever goes wrong', async () => {
  const clock = new ManualClock(0)
  const log = collectLogger()
  let looks = 0
  const keys = {
    async tidy() {
      if (++looks === 2) throw new Error('disk full')
    },
  }
  const housekeeping = startHousekeeping({
    maintenance: { purgeExpunged: async () => 0 },
    greylist: NO_GREYLIST,
    suppressions: NO_KEYS,
    ...NO_TLS,
    keys,
    undeleteDays: 14,
    log,
    clock,
  })
  clock.advance(0)
  await settle()
  assert.equal(looks, 1)
  for (let hour = 1; hour <= 3; hour++) {
    clock.advance(HOUR)
    await settle()
    assert.equal(looks, 1 + hour)
  }
  assert.deepEqual(
    log.events.map(({ event }) => event),
    ['keys of domains were not looked after'],
  )
  await housekeeping.stop()
  clock.advance(HOUR)
  await settle()
  assert.equal(looks, 4)
})
