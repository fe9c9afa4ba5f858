import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QueueId } from '../ids.ts'
import type { ReceivedTlsReport, TlsFailures, TlsPolicyCounts, TlsPolicyFacts } from '../tls-reports.ts'
import { NOON, rejectsWith, stage, text, type Fixture } from './fixture.ts'
import { queuedTo } from './queue-bench.ts'

let domains = 0

/** Of which no other test speaks. */
const name = (): string => `tls${++domains}.example`

const STS: TlsPolicyFacts = { type: 'sts', domain: 'x.example', lines: ['version: STSv1', 'mode: testing'], patterns: ['*.x.example'] }
const NONE: TlsPolicyFacts = { type: 'no-policy-found', domain: 'x.example', lines: [], patterns: [] }
const EXPIRED: TlsFailures = {
  result: 'certificate-expired',
  host: 'mx',
  address: '192.0.2.1',
  source: '192.0.2.9',
  reason: '',
  sessions: 1,
}

const counts = (policy: TlsPolicyFacts, succeeded: number, failures: readonly TlsFailures[] = []): TlsPolicyCounts => ({
  policy,
  succeeded,
  failed: failures.reduce((sum, { sessions }) => sum + sessions, 0),
  failures,
})

/** What is told of TLS, and by whom. */
export function tlsReportTests(given: () => Fixture): void {
  test('what is counted of a day and domain adds up, policy by policy, kind by kind', async () => {
    const { tlsReports } = given().backend
    const [domain, other] = [name(), name()]
    const day = { day: 20_000, domain, dueAt: 1e15 }
    await tlsReports.count([
      { ...day, policies: [counts(STS, 2, [EXPIRED]), counts(NONE, 1)] },
      { ...day, domain: other, policies: [counts(NONE, 7)] },
    ])
    const refused = { ...EXPIRED, result: 'starttls-not-supported', reason: '502 5.5.1 no' }
    await tlsReports.count([
      { ...day, policies: [counts(STS, 3, [{ ...EXPIRED, sessions: 4 }, refused])] },
      { ...day, day: 20_001, policies: [counts(STS, 1)] },
    ])
    assert.deepEqual(await tlsReports.counted(day), [
      { policy: STS, succeeded: 5, failed: 6, failures: [{ ...EXPIRED, sessions: 5 }, refused] },
      counts(NONE, 1),
    ])
    assert.deepEqual(await tlsReports.counted({ day: 20_001, domain }), [counts(STS, 1)])
    assert.deepEqual(await tlsReports.counted({ day: 20_002, domain }), [])
  })

  test('policies and failures are bounded, their sums are not', async () => {
    const { tlsReports } = given().backend
    const day = { day: 20_000, domain: name(), dueAt: 1e15 }
    const failures = Array.from({ length: 200 }, (_, n) => ({ ...EXPIRED, address: `${n}` }))
    for (let n = 0; n < 100; n++) {
      await tlsReports.count([{ ...day, policies: [counts({ ...STS, lines: [`${n}`] }, 1, n === 0 ? failures : [])] }])
    }
    const counted = await tlsReports.counted(day)
    assert.ok(counted.length >= 10 && counted.length < 100, `${counted.length}`)
    assert.equal(counted[0]?.failed, 200)
    assert.ok((counted[0]?.failures.length ?? 200) < 200)
  })

  test('a day is due once its time has come, later when it is postponed, and no more when it is settled', async () => {
    const { tlsReports } = given().backend
    const names = [name(), name(), name()] as const
    const days = names.map((domain, at) => ({ day: 19_000, domain, dueAt: 1000 + at }))
    await tlsReports.count(days.map((day) => ({ ...day, policies: [counts(NONE, 1)] })))
    await tlsReports.count([{ day: 19_000, domain: names[0], dueAt: 5, policies: [counts(NONE, 1)] }])
    assert.deepEqual(await tlsReports.due(999, 10), { due: [], next: 1000 })
    const due = names.map((domain) => ({ day: 19_000, domain, attempts: 0 }))
    assert.deepEqual(await tlsReports.due(1001, 10), { due: due.slice(0, 2), next: 1002 })
    assert.deepEqual((await tlsReports.due(1002, 1)).due, due.slice(0, 1))
    await tlsReports.postpone({ day: 19_000, domain: names[0] }, 2000)
    await tlsReports.settle({ day: 19_000, domain: names[1] })
    await tlsReports.postpone({ day: 19_000, domain: names[1] }, 2000)
    await tlsReports.count([{ day: 19_000, domain: names[1], dueAt: 5, policies: [counts(NONE, 1)] }])
    assert.deepEqual((await tlsReports.due(2000, 10)).due, [due[2], { day: 19_000, domain: names[0], attempts: 1 }])
    assert.ok((await tlsReports.forget({ day: 19_001, arrived: 0 })) >= 3)
    assert.deepEqual((await tlsReports.due(2000, 10)).due, [])
    assert.deepEqual(await tlsReports.counted({ day: 19_000, domain: names[0] }), [])
  })

  test('a message that carries a report settles its day with its acceptance, once', async () => {
    const { backend } = given()
    const { tlsReports, intake } = backend
    const tlsReport = { day: 18_000, domain: name() }
    await tlsReports.count([{ ...tlsReport, dueAt: 3, policies: [counts(NONE, 1)] }])
    const accept = async (queueId: QueueId): Promise<unknown> => {
      const blob = await stage(backend, text('report'))
      const plan = { queueId, blob, mailFrom: '', parameters: {}, origin: { protocol: 'LOCAL' }, receivedAt: NOON, deliveries: [] } as const
      try {
        return await intake.accept({ ...plan, queued: [queuedTo('x@example.net')], tlsReport })
      } finally {
        await blob.release()
      }
    }
    await accept(intake.mintQueueId())
    assert.deepEqual((await tlsReports.due(3, 10)).due, [])
    const second = intake.mintQueueId()
    await rejectsWith('message-not-found', accept(second))
    assert.deepEqual(await intake.trace(second), [])
    await tlsReports.forget({ day: 18_001, arrived: 0 })
  })

  test('a report that was received is there once, until it is forgotten', async () => {
    const { backend, clock } = given()
    const { tlsReports } = backend
    const [domain, other] = [name(), name()]
    const about = { organization: 'Company-X', contact: 'sts@company-x.example', reportId: 'a!b', startsAt: 1000, endsAt: 1999 }
    const report: ReceivedTlsReport = { domain, ...about, succeeded: 5, failed: 1, policies: [counts(STS, 5, [EXPIRED])] }
    const later = { ...report, reportId: 'c', startsAt: 2000 }
    assert.equal(await tlsReports.receive(report), true)
    assert.equal(await tlsReports.receive({ ...report, succeeded: 9 }), false)
    assert.equal(await tlsReports.receive({ ...report, contact: 'other@company-y.example' }), true)
    assert.equal(await tlsReports.receive(later), true)
    assert.equal(await tlsReports.receive({ ...report, domain: other }), true)
    const ids = async (query: Parameters<typeof tlsReports.received>[0], limit = 10): Promise<string[]> =>
      (await tlsReports.received(query, limit)).map((each) => `${each.domain === domain ? 'one' : 'other'} ${each.reportId}`)
    assert.deepEqual(await ids({ domain }), ['one c', 'one a!b', 'one a!b'])
    assert.deepEqual(await ids({ domain, since: 2000 }), ['one c'])
    assert.deepEqual(await ids({}), ['one c', 'other a!b', 'one a!b', 'one a!b'])
    assert.deepEqual(await ids({}, 1), ['one c'])
    assert.deepEqual((await tlsReports.received({ domain, since: 2000 }, 1))[0], later)
    clock.advance(1000)
    assert.equal(await tlsReports.forget({ day: 0, arrived: clock.now() }), 4)
    assert.deepEqual(await ids({}), [])
  })
}
