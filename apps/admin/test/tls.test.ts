import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { silentLogger, systemClock } from '@mailstead/base'
import { openSqlite } from '@mailstead/sqlite'
import type { ReceivedTlsReport } from '@mailstead/store'
import { run } from './harness.ts'
import { withAccount } from './serving.ts'

const root = mkdtempSync(join(tmpdir(), 'mailstead-'))
after(() => rmSync(root, { recursive: true, force: true }))

const DAY = 24 * 3600_000
const today = Math.floor(Date.now() / DAY) * DAY

const report = (daysAgo: number, more: Partial<ReceivedTlsReport> = {}): ReceivedTlsReport => ({
  domain: 'example.org',
  organization: 'Company-X\u001b[2J',
  contact: 'tls@company-x.example',
  reportId: `r${daysAgo}`,
  startsAt: today - daysAgo * DAY,
  endsAt: today - (daysAgo - 1) * DAY - 1000,
  succeeded: 12,
  failed: 3,
  policies: [
    {
      policy: { type: 'sts', domain: 'example.org', lines: [], patterns: [] },
      succeeded: 12,
      failed: 3,
      failures: [
        { result: 'certificate-expired', host: 'mx.example.org', address: '192.0.2.1', source: '198.51.100.1', reason: 'so', sessions: 3 },
      ],
    },
  ],
  ...more,
})

test('reports of others are shown, the last ones last', async () => {
  const dir = await withAccount(join(root, 'reports'))
  const mailstead = (line: string): ReturnType<typeof run> => run(`${line} --data ${dir}`)
  assert.equal((await mailstead('tls reports')).out, 'No reports have come\n')
  const store = await openSqlite({ path: join(dir, 'mail.db'), log: silentLogger, clock: systemClock })
  const fine = {
    failed: 0,
    policies: [{ policy: { type: 'no-policy-found', domain: 'x', lines: [], patterns: [] }, succeeded: 1, failed: 0, failures: [] }],
  } as const
  for (const each of [report(1), report(9, fine), report(2, { domain: 'xn--bcher-kva.example', organization: '' })])
    await store.tlsReports.receive(each)
  await store.close()
  const day = (ago: number): string => new Date(today - ago * DAY).toISOString().slice(0, 10)
  const { out } = await mailstead('tls reports')
  assert.deepEqual(
    out
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().replaceAll(/ +/g, ' ')),
    [
      'DAY DOMAIN REPORTED BY POLICY GOOD FAILED',
      `${day(9)} example.org Company-X?[2J no-policy-found 12 0`,
      `${day(2)} xn--bcher-kva.example tls@company-x.example sts 12 3`,
      '3 certificate-expired at mx.example.org [192.0.2.1] from 198.51.100.1: so',
      `${day(1)} example.org Company-X?[2J sts 12 3`,
      '3 certificate-expired at mx.example.org [192.0.2.1] from 198.51.100.1: so',
    ],
  )
  const ids = async (line: string): Promise<string[]> =>
    (JSON.parse((await mailstead(`tls reports ${line} --json`)).out) as ReceivedTlsReport[]).map(({ reportId }) => reportId)
  assert.deepEqual(await ids('bücher.example'), ['r2'])
  assert.deepEqual(await ids('--since 5d'), ['r1', 'r2'])
  assert.deepEqual(await ids('--limit 1'), ['r1'])
})

test('the records of a domain are printed with what they are for', async () => {
  const dir = await withAccount(join(root, 'records'))
  const { out, code } = await run(`domain records example.org --data ${dir}`)
  assert.equal(code, 0)
  assert.match(out, /^; the server that takes mail\nexample\.org\. IN MX 10 \S+\.\n/)
  assert.equal(out.match(/^; the keys of signatures \(DKIM\)\n(\S+\._domainkey\.example\.org\. IN TXT .*\n){2}; /gm)?.length, 1)
  assert.equal((await run(`domain records nobody.example --data ${dir}`)).code, 1)
})
