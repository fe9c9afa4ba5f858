import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRecord, readReport } from '@mailstead/tls-reports'
import { EXAMPLE } from './example.ts'

const RECORDS: [records: string[], expected: string][] = [
  // RFC 8460 sections 3.1.1 and 3.1.2
  [['v=TLSRPTv1;rua=mailto:reports@example.com'], 'reports@example.com'],
  [['v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt'], 'https://reporting.example.com/v1/tlsrpt'],
  [['v=spf1 -all', 'v=TLSRPTv1;rua=mailto:a@example.com'], 'a@example.com'],
  [['v=TLSRPTv1; rua=mailto:a@example.com , https://b.example/x?y;'], 'a@example.com https://b.example/x?y'],
  [['v=TLSRPTv1; new=thing; rua=mailto:a@example.com; other=x-1'], 'a@example.com'],
  [['v=TLSRPTv1; rua=mailto:a%2Bb@example.com?subject=x'], 'a+b@example.com'],
  [['v=TLSRPTv1;rua=mailto:a@example.com', 'v=TLSRPTv1;rua=mailto:b@example.com'], 'none'],
  [['v=TLSRPTv1;'], 'none'],
  [['v=TLSRPTv1'], 'none'],
  [['v=TLSRPTv2;rua=mailto:a@example.com'], 'none'],
  [['rua=mailto:a@example.com; v=TLSRPTv1;'], 'none'],
  [['v=TLSRPTv1; rua=mailto:a@example.com; what is this'], 'none'],
  [['v=TLSRPTv1;rua=http://a.example/,ftp://a.example/,mailto:nobody,https://u:p@a.example/'], ''],
  [['v=TLSRPTv1;rua=mailto:%zz'], ''],
  [[], 'none'],
]
for (const [records, expected] of RECORDS) {
  test(`_smtp._tls ${JSON.stringify(records)}`, () => {
    const targets = readRecord(records)?.map((target) =>
      target.kind === 'mail' ? `${target.address.localPart}@${target.address.domain}` : target.url.href,
    )
    assert.equal(targets?.join(' ') ?? 'none', expected)
  })
}

test('the example of RFC 8460 is read', () => {
  const report = readReport(JSON.stringify(EXAMPLE))
  assert.ok(report)
  const { policies, ...about } = report
  assert.deepEqual(about, {
    organization: 'Company-X',
    contact: 'sts-reporting@company-x.example',
    reportId: '5065427c-23d3-47ca-b6e0-946ea0e8c4be',
    startsAt: Date.UTC(2016, 3, 1),
    endsAt: Date.UTC(2016, 3, 1, 23, 59, 59),
    succeeded: 5326,
    failed: 303,
  })
  assert.deepEqual(policies[0]?.policy, {
    type: 'sts',
    domain: 'company-y.example',
    lines: EXAMPLE.policies[0]?.policy['policy-string'],
    patterns: ['*.mail.company-y.example'],
  })
  assert.deepEqual(
    policies[0]?.failures.map(({ result, host, sessions, reason }) => `${sessions} ${result} ${host} ${reason}`.trim()),
    [
      '100 certificate-expired mx1.mail.company-y.example',
      '200 starttls-not-supported mx2.mail.company-y.example',
      '3 validation-failure mx-backup.mail.company-y.example X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED',
    ],
  )
})

const without = (more: object): string => JSON.stringify({ ...EXAMPLE, ...more })
const BROKEN: [name: string, text: string][] = [
  ['no JSON', '{'],
  ['another JSON', '[1]'],
  ['null', 'null'],
  ['no policies', without({ policies: [] })],
  ['policies that are none', without({ policies: [null, 7, { policy: 1 }, { policy: { 'policy-type': 'new' }, summary: {} }] })],
  ['no id', without({ 'report-id': 5 })],
  ['no contact', without({ 'contact-info': '' })],
  ['no days', without({ 'date-range': { 'start-datetime': 'yesterday', 'end-datetime': 'today' } })],
  ['days backwards', without({ 'date-range': { 'start-datetime': '2016-04-02T00:00:00Z', 'end-datetime': '2016-04-01T00:00:00Z' } })],
]
for (const [name, text] of BROKEN) test(`no report: ${name}`, () => assert.equal(readReport(text), undefined))

test('a report that has too much, or what is no text, is cut', () => {
  const [policy] = EXAMPLE.policies
  const failure = { 'result-type': `x\u001b[31m\u202ey${'z'.repeat(400)}`, 'failed-session-count': -5 }
  const much = {
    ...EXAMPLE,
    'organization-name': ['no', 'text'],
    policies: Array.from({ length: 30 }, () => ({ ...policy, 'failure-details': Array.from({ length: 100 }, () => failure) })),
  }
  const report = readReport(JSON.stringify(much))
  assert.ok(report)
  assert.equal(report.organization, '')
  assert.equal(report.policies.length, 20)
  assert.equal(report.policies[0]?.failures.length, 50)
  const [cut] = report.policies[0]?.failures ?? []
  assert.match(cut?.result ?? '', /^x \[31m yz{290,300}$/)
  assert.equal(cut?.sessions, 0)
})
