import type { ReceivedTlsReport, TlsFailures, TlsPolicyCounts, TlsPolicyFacts } from '@mailstead/store'
import { MAX_FAILURES, MAX_LINES, MAX_POLICIES, MAX_TEXT } from './limits.ts'

/** A report before it is known which of our domains it is about. */
export type ReadReport = Omit<ReceivedTlsReport, 'domain'>

type Json = Readonly<Record<string, unknown>>

/**
 * The report in a JSON text (RFC 8460 section 4.4); `undefined`: it is none. Its words are a stranger's: they are cut, and control characters go. What
 * it has too much of is left out, the sums excepted.
 */
export function readReport(text: string): ReadReport | undefined {
  const report = parsed(text)
  const range = object(report?.['date-range'])
  const startsAt = Date.parse(words(range?.['start-datetime']))
  const endsAt = Date.parse(words(range?.['end-datetime']))
  const [reportId, contact] = [words(report?.['report-id']), words(report?.['contact-info'])]
  const policies = list(report?.['policies'])
    .slice(0, MAX_POLICIES)
    .flatMap((each) => policyOf(object(each)) ?? [])
  if (report === undefined || reportId === '' || contact === '' || policies.length === 0 || !(startsAt <= endsAt)) return undefined
  const sum = (of: (counts: TlsPolicyCounts) => number): number => policies.reduce((total, each) => total + of(each), 0)
  return {
    organization: words(report['organization-name']),
    contact,
    reportId,
    startsAt,
    endsAt,
    succeeded: sum(({ succeeded }) => succeeded),
    failed: sum(({ failed }) => failed),
    policies,
  }
}

function policyOf(entry: Json | undefined): TlsPolicyCounts | undefined {
  const policy = object(entry?.['policy'])
  const summary = object(entry?.['summary'])
  const type = TYPES.find((each) => each === policy?.['policy-type'])
  if (policy === undefined || summary === undefined || type === undefined) return undefined
  const failures = list(entry?.['failure-details']).slice(0, MAX_FAILURES)
  return {
    policy: {
      type,
      domain: words(policy['policy-domain']).toLowerCase(),
      lines: texts(policy['policy-string']),
      // The example in RFC 8460 appendix B has a string.
      patterns: texts(policy['mx-host']),
    },
    succeeded: count(summary['total-successful-session-count']),
    failed: count(summary['total-failure-session-count']),
    failures: failures.flatMap((each) => failureOf(object(each)) ?? []),
  }
}

const TYPES: readonly TlsPolicyFacts['type'][] = ['tlsa', 'sts', 'no-policy-found']

function failureOf(detail: Json | undefined): TlsFailures | undefined {
  const result = words(detail?.['result-type'])
  if (detail === undefined || result === '') return undefined
  return {
    result,
    host: words(detail['receiving-mx-hostname']),
    address: words(detail['receiving-ip']),
    source: words(detail['sending-mta-ip']),
    reason: words(detail['failure-reason-code']),
    sessions: count(detail['failed-session-count']),
  }
}

function parsed(text: string): Json | undefined {
  try {
    return object(JSON.parse(text))
  } catch {
    return undefined
  }
}

function object(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

function texts(value: unknown): string[] {
  const all = Array.isArray(value) ? value : [value]
  return all
    .slice(0, MAX_LINES)
    .map(words)
    .filter((text) => text !== '')
}

function words(value: unknown): string {
  if (typeof value !== 'string') return ''
  return value
    .slice(0, MAX_TEXT)
    .toWellFormed()
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, ' ')
    .trim()
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? Math.min(value, 1e9) : 0
}
