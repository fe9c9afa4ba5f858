import type { TlsDay, TlsFailures, TlsPolicyCounts } from '@mailstead/store'
import { DAY } from './limits.ts'

/** Who reports. */
export interface ReportAuthor {
  readonly organization: string
  /** `tls-rpt@example.org`; its domain is the one that submits. */
  readonly contact: string
  /** Of this server. */
  readonly hostName: string
}

/** What is told of a day, in the words of RFC 8460 section 4.4. */
export interface WrittenReport {
  /** The same for the same day, domain and server, so that whoever gets it twice sees that. */
  readonly id: string
  /** JSON. */
  readonly text: string
  /** Section 5.1, without the ending. */
  readonly fileName: string
  readonly submitter: string
}

export function writeReport(
  day: TlsDay,
  counted: readonly TlsPolicyCounts[],
  { organization, contact, hostName }: ReportAuthor,
): WrittenReport {
  const start = day.day * DAY
  const submitter = contact.slice(contact.lastIndexOf('@') + 1)
  const id = `${isoDay(start).replaceAll('-', '')}.${day.domain}@${hostName}`
  const report = {
    'organization-name': organization,
    'date-range': { 'start-datetime': `${isoDay(start)}T00:00:00Z`, 'end-datetime': `${isoDay(start)}T23:59:59Z` },
    'contact-info': contact,
    'report-id': id,
    policies: counted.map(policyOf),
  }
  const seconds = start / 1000
  return { id, text: JSON.stringify(report), fileName: `${submitter}!${day.domain}!${seconds}!${seconds + 86_399}`, submitter }
}

const isoDay = (at: number): string => new Date(at).toISOString().slice(0, 10)

function policyOf({ policy, succeeded, failed, failures }: TlsPolicyCounts): object {
  const { type, domain, lines, patterns } = policy
  return {
    policy: {
      'policy-type': type,
      ...(lines.length === 0 ? {} : { 'policy-string': lines }),
      'policy-domain': domain,
      ...(patterns.length === 0 ? {} : { 'mx-host': patterns }),
    },
    summary: { 'total-successful-session-count': succeeded, 'total-failure-session-count': failed },
    ...(failures.length === 0 ? {} : { 'failure-details': failures.map(failureOf) }),
  }
}

function failureOf({ result, host, address, source, reason, sessions }: TlsFailures): object {
  const known = (name: string, value: string): object => (value === '' ? {} : { [name]: value })
  return {
    'result-type': result,
    ...known('sending-mta-ip', source),
    ...known('receiving-mx-hostname', host),
    ...known('receiving-ip', address),
    'failed-session-count': sessions,
    ...known('failure-reason-code', reason),
  }
}
