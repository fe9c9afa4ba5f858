import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { test, type TestContext } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { silentLogger, systemClock } from '@mailstead/base'
import { openTls } from '@mailstead/net'
import type { Resolver } from '@mailstead/resolver'
import { scriptedResolver, type DnsScript } from '@mailstead/resolver/scripted'
import type { SqliteStore } from '@mailstead/sqlite'
import { ManualClock, tempDir } from '@mailstead/testkit'
import { startTlsReporter, TlsCounts, type TlsReporter, type TlsReporterOptions, type TlsSession } from '@mailstead/tls-reports'
import { deliveryOver, leaving, openStore, partsOf } from './bench.ts'

const HOUR = 3_600_000
const MIDNIGHT = Date.UTC(2026, 0, 16)

const DAY_BEFORE = { day: Math.floor(MIDNIGHT / (24 * HOUR)) - 1, domain: 'example.net' }

const STS = {
  type: 'sts',
  domain: 'example.net',
  lines: ['version: STSv1', 'mode: testing', 'mx: *.example.net', 'max_age: 86400'],
  patterns: ['*.example.net'],
} as const

const session = (clock: ManualClock, more: Partial<TlsSession> = {}): TlsSession => ({
  at: clock.now(),
  domain: 'example.net',
  policy: STS,
  host: 'mx.example.net',
  address: '192.0.2.1',
  source: '198.51.100.7',
  result: 'success',
  detail: '',
  ...more,
})

const WANTED: DnsScript = { '_smtp._tls.example.net': { TXT: ['v=TLSRPTv1; rua=mailto:reports@example.net'] } }

function options(store: SqliteStore, clock: ManualClock): Omit<TlsReporterOptions, 'resolver'> {
  return {
    reports: store.tlsReports,
    delivery: deliveryOver(store, clock),
    blobs: store.stores.blobs,
    author: async () => ({ organization: 'Example Org', contact: 'tls-rpt@example.org', hostName: 'mx.example.org' }),
    clock,
    log: silentLogger,
  }
}

function start(store: SqliteStore, clock: ManualClock, dns: DnsScript, mayReach?: (address: string) => boolean): TlsReporter {
  return startTlsReporter({ ...options(store, clock), resolver: scriptedResolver(dns), ...(mayReach === undefined ? {} : { mayReach }) })
}

async function count(store: SqliteStore, clock: ManualClock, sessions: readonly TlsSession[]): Promise<void> {
  const counts = new TlsCounts({ reports: store.tlsReports, clock, log: silentLogger })
  for (const each of sessions) counts.add(each)
  await counts.write()
}

test('a day is told of in the night after it, once, over restarts too', async (t) => {
  const clock = new ManualClock(MIDNIGHT - HOUR)
  const dir = await tempDir(t)
  let store = await openStore(t, clock, dir)
  const expired = session(clock, { result: 'certificate-expired', detail: 'it is' })
  await count(store, clock, [session(clock), session(clock), expired, session(clock, { domain: 'other.example' })])
  let reporter = start(store, clock, WANTED)
  await reporter.wake()
  assert.deepEqual(await leaving(store), [], 'the day is not over')
  await reporter.stop()
  clock.advance(6 * HOUR)
  reporter = start(store, clock, WANTED)
  await reporter.wake()
  const [mail, ...others] = await leaving(store)
  assert.ok(mail)
  assert.deepEqual(others, [])
  assert.deepEqual([mail.recipient, mail.mailFrom], ['reports@example.net', ''])
  checkLetter(mail.octets)
  const lanes = [{ account: undefined, domain: 'example.net' }]
  const [consignment] = await store.queue.claim(lanes, clock.now(), clock.now() + 1000, 1)
  assert.equal(consignment?.parameters.tlsOptional, true, 'whatever the TLS of its domain is like')
  await reporter.stop()
  await store.close()
  store = await openStore(t, clock, dir)
  const second = start(store, clock, WANTED)
  await second.wake()
  clock.advance(24 * HOUR)
  await second.wake()
  assert.equal((await leaving(store)).length, 1)
  await second.stop()
  await store.close()
})

function checkLetter(octets: Buffer): void {
  const text = octets.toString('latin1')
  assert.match(text, /^From: <tls-rpt@example\.org>\r$/m)
  assert.match(
    text,
    /^Subject: Report Domain: example\.net\r\n Submitter: example\.org\r\n Report-ID: <20260115\.example\.net@mx\.example\.org>\r$/m,
  )
  assert.match(text, /^TLS-Report-Domain: example\.net\r\nTLS-Report-Submitter: example\.org\r\nTLS-Required: No\r$/m)
  assert.match(text, /^Content-Type: multipart\/report; report-type="tlsrpt";\r$/m)
  assert.match(text, /filename="example\.org!example\.net!1768435200!1768521599\.json\.gz"/)
  assert.ok(text.split('\r\n').every((line) => line.length <= 200 && /^[\t -~]*$/.test(line)))
  const packed = partsOf(octets).get('application/tlsrpt+gzip')
  assert.ok(packed)
  assert.deepEqual(JSON.parse(gunzipSync(packed).toString()), {
    'organization-name': 'Example Org',
    'date-range': { 'start-datetime': '2026-01-15T00:00:00Z', 'end-datetime': '2026-01-15T23:59:59Z' },
    'contact-info': 'tls-rpt@example.org',
    'report-id': '20260115.example.net@mx.example.org',
    policies: [
      {
        policy: { 'policy-type': 'sts', 'policy-string': STS.lines, 'policy-domain': 'example.net', 'mx-host': STS.patterns },
        summary: { 'total-successful-session-count': 2, 'total-failure-session-count': 1 },
        'failure-details': [
          {
            'result-type': 'certificate-expired',
            'sending-mta-ip': '198.51.100.7',
            'receiving-mx-hostname': 'mx.example.net',
            'receiving-ip': '192.0.2.1',
            'failed-session-count': 1,
            'failure-reason-code': 'it is',
          },
        ],
      },
    ],
  })
}

test('its time comes by itself', async (t) => {
  const clock = new ManualClock(MIDNIGHT - HOUR)
  const store = await openStore(t, clock)
  await count(store, clock, [session(clock)])
  const reporter = start(store, clock, WANTED)
  for (let hour = 0; hour < 7; hour++) {
    await reporter.wake()
    clock.advance(HOUR)
  }
  await reporter.wake()
  assert.equal((await leaving(store)).length, 1)
  await reporter.stop()
  await store.close()
})

test('DNS that does not answer is asked again, for two days', async (t) => {
  const clock = new ManualClock(MIDNIGHT + 6 * HOUR)
  const store = await openStore(t, clock)
  const day = { ...session(clock), at: MIDNIGHT - HOUR }
  await count(store, clock, [day, { ...day, domain: 'lost.example' }])
  const reporter = start(store, clock, { '_smtp._tls.lost.example': { TXT: 'timeout' }, '_smtp._tls.example.net': { TXT: 'timeout' } })
  await reporter.wake()
  const next = (await store.tlsReports.due(clock.now(), 10)).next ?? 0
  assert.equal(next - clock.now(), 15 * 60_000)
  await reporter.stop()
  clock.advance(15 * 60_000)
  const later = start(store, clock, { ...WANTED, '_smtp._tls.lost.example': { TXT: 'timeout' } })
  await later.wake()
  assert.deepEqual(
    (await leaving(store)).map(({ recipient }) => recipient),
    ['reports@example.net'],
  )
  clock.advance(48 * HOUR)
  await later.wake()
  assert.deepEqual(await store.tlsReports.due(Number.MAX_SAFE_INTEGER, 10), { due: [], next: undefined })
  await later.stop()
  await store.close()
})

test('the end does not wait for a name server, and the report is made at the next start', async (t) => {
  const clock = new ManualClock(MIDNIGHT + 6 * HOUR)
  const store = await openStore(t, clock)
  await count(store, clock, [{ ...session(clock), at: MIDNIGHT - HOUR }])
  const asked = Promise.withResolvers<void>()
  const silent = { look: () => (asked.resolve(), new Promise<never>(() => {})) } as unknown as Resolver
  const reporter = startTlsReporter({ ...options(store, clock), resolver: silent })
  await asked.promise
  await reporter.stop()
  assert.deepEqual((await store.tlsReports.due(clock.now(), 10)).due, [{ ...DAY_BEFORE, attempts: 0 }])
  await store.close()
})

interface Web {
  readonly port: number
  readonly got: { readonly path: string; readonly type: string; readonly body: Buffer }[]
  status: number
}

async function web(t: TestContext): Promise<Web> {
  const dir = await tempDir(t)
  const tls = await openTls({ dir, hostName: 'somebody.else.example', log: silentLogger, clock: systemClock })
  t.after(() => tls.close())
  const pair = await readFile(`${dir}/tls/server.pem`, 'utf8')
  const state: Web = { port: 0, got: [], status: 201 }
  const server = createServer({ cert: pair, key: pair }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      state.got.push({ path: request.url ?? '', type: request.headers['content-type'] ?? '', body: Buffer.concat(chunks) })
      response.writeHead(state.status, { location: '/elsewhere' }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  return Object.assign(state, { port: typeof address === 'object' && address !== null ? address.port : 0 })
}

test('a report goes by HTTPS, or to the next place of the record', async (t) => {
  const clock = new ManualClock(MIDNIGHT + 6 * HOUR)
  const store = await openStore(t, clock)
  const server = await web(t)
  const uri = `https://reports.example.net:${server.port}/v1/tlsrpt?x`
  const dns = (rua: string): DnsScript => ({
    '_smtp._tls.example.net': { TXT: [`v=TLSRPTv1; rua=${rua}`] },
    'reports.example.net': { A: ['127.0.0.1'] },
  })
  const tell = async (rua: string, mayReach?: (address: string) => boolean): Promise<void> => {
    const reporter = start(store, clock, dns(rua), mayReach)
    await reporter.wake()
    await reporter.stop()
  }
  await count(store, clock, [{ ...session(clock), at: MIDNIGHT - HOUR }])
  await tell(uri)
  assert.equal(server.got.length, 0, 'an address of this machine is none of theirs')
  clock.advance(HOUR)
  server.status = 302
  await tell(uri, () => true)
  assert.equal(server.got.length, 1, 'a redirection is not followed')
  clock.advance(HOUR)
  server.status = 201
  await tell(uri, () => true)
  const [, taken] = server.got
  assert.deepEqual([taken?.path, taken?.type], ['/v1/tlsrpt?x', 'application/tlsrpt+gzip'])
  assert.match(gunzipSync(taken?.body ?? '').toString(), /"policy-domain":"example.net"/)
  clock.advance(24 * HOUR)
  await tell(uri, () => true)
  assert.equal(server.got.length, 2, 'once')
  assert.deepEqual(await leaving(store), [])

  await count(store, clock, [session(clock)])
  clock.advance(24 * HOUR)
  server.status = 500
  await tell(`${uri},mailto:reports@example.net`, () => true)
  assert.deepEqual(
    (await leaving(store)).map(({ recipient }) => recipient),
    ['reports@example.net'],
  )
  await store.close()
})

test('sessions are written in sums, and what is told of nobody is not counted', async (t) => {
  const clock = new ManualClock(MIDNIGHT - 1000)
  const store = await openStore(t, clock)
  const counts = new TlsCounts({ reports: store.tlsReports, clock, log: silentLogger })
  counts.add(session(clock))
  for (let n = 0; n < 100; n++) counts.add(session(clock, { at: MIDNIGHT, result: n % 2 === 0 ? 'success' : 'starttls-not-supported' }))
  const { policy: _, ...smarthost } = session(clock, { domain: 'smart.example' })
  counts.add(smarthost)
  clock.advance(60_000)
  await counts.write()
  const day = Math.floor(MIDNIGHT / (24 * HOUR))
  const told = async (of: number): Promise<unknown> =>
    (await store.tlsReports.counted({ day: of, domain: 'example.net' })).map(({ succeeded, failed, failures }) => [
      succeeded,
      failed,
      failures.length,
    ])
  assert.deepEqual([await told(day - 1), await told(day)], [[[1, 0, 0]], [[50, 50, 1]]])
  assert.deepEqual(await store.tlsReports.counted({ day: day - 1, domain: 'smart.example' }), [])
  const { next } = await store.tlsReports.due(MIDNIGHT, 10)
  assert.ok(next !== undefined && next >= MIDNIGHT + 600_000 && next < MIDNIGHT + 4 * HOUR + 600_000)
  await store.close()
})
