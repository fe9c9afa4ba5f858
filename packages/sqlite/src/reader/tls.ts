import type { EpochMs } from '@mailstead/base'
import type { DueTlsReport, KeptStsPolicy, ReceivedTlsReport, TlsDay, TlsFailures, TlsPolicyCounts, TlsPolicyFacts } from '@mailstead/store'
import type { Sql } from '../sql.ts'

interface PolicyRow {
  readonly id: number
  readonly type: TlsPolicyFacts['type']
  readonly domain: string
  readonly lines: string
  readonly patterns: string
  readonly succeeded: number
  readonly failed: number
}

interface ReceivedRow extends Omit<ReceivedTlsReport, 'policies'> {
  readonly policies: string
}

const RECEIVED = `SELECT domain, organization, contact, report_id AS reportId, starts_at AS startsAt, ends_at AS endsAt,
  successes AS succeeded, failures AS failed, policies FROM tls_report`

/** TLS policies of others, how sessions by them went, and what others say of ours. */
export function tlsReads(sql: Sql) {
  const policy = sql.get<KeptStsPolicy>(
    'SELECT record_id AS recordId, policy AS text, until, checked_at AS checkedAt, used_at AS usedAt FROM sts_policy WHERE domain = ?',
  )
  const stale = sql.all<{ readonly domain: string }>(
    'SELECT domain FROM sts_policy WHERE checked_at < ? AND used_at >= ? ORDER BY checked_at LIMIT ?',
  )
  const due = sql.all<DueTlsReport>('SELECT day, domain, attempts FROM tls_day WHERE due_at <= ? ORDER BY due_at, id LIMIT ?')
  const next = sql.get<{ readonly at: EpochMs | null }>('SELECT min(due_at) AS at FROM tls_day WHERE due_at > ?')
  const policies = sql.all<PolicyRow>(
    `SELECT p.id, p.type, p.domain, p.lines, p.patterns, p.successes AS succeeded, p.failures AS failed
     FROM tls_day AS d JOIN tls_day_policy AS p ON p.day_id = d.id WHERE d.day = ? AND d.domain = ? ORDER BY p.id`,
  )
  const failures = sql.all<TlsFailures>(
    `SELECT result, host, address, source, reason, sessions FROM tls_day_failure
     WHERE policy_id = ? ORDER BY sessions DESC, result, host, address, source, reason`,
  )
  const everyDomain = sql.all<ReceivedRow>(`${RECEIVED} WHERE id > 0 AND starts_at >= ? ORDER BY starts_at DESC, id DESC LIMIT ?`)
  const ofDomain = sql.all<ReceivedRow>(`${RECEIVED} WHERE domain = ? AND starts_at >= ? ORDER BY starts_at DESC, id DESC LIMIT ?`)

  return {
    findStsPolicy: (domain: string): KeptStsPolicy | undefined => policy(domain),
    staleStsPolicies: (checkedBefore: EpochMs, usedSince: EpochMs, limit: number): string[] =>
      stale(checkedBefore, usedSince, limit).map(({ domain }) => domain),
    dueTlsReports(now: EpochMs, limit: number): { due: DueTlsReport[]; next: EpochMs | undefined } {
      return { due: due(now, limit), next: next(now)?.at ?? undefined }
    },
    countedTls: ({ day, domain }: TlsDay): TlsPolicyCounts[] =>
      policies(day, domain).map(({ id, type, domain: owner, lines, patterns, succeeded, failed }) => ({
        policy: { type, domain: owner, lines: JSON.parse(lines) as string[], patterns: JSON.parse(patterns) as string[] },
        succeeded,
        failed,
        failures: failures(id),
      })),
    receivedTls({ domain, since = 0 }: { readonly domain?: string; readonly since?: EpochMs }, limit: number): ReceivedTlsReport[] {
      const rows = domain === undefined ? everyDomain(since, limit) : ofDomain(domain, since, limit)
      return rows.map((row) => ({ ...row, policies: JSON.parse(row.policies) as TlsPolicyCounts[] }))
    },
  }
}
