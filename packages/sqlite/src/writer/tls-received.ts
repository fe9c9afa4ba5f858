import type { EpochMs } from '@mailstead/base'
import type { ReceivedTlsReport } from '@mailstead/store'
import { FORGOTTEN, TLS_REPORTS } from '../limits.ts'
import type { Sql } from '../sql.ts'

/** Reports of others about our servers. */
export class TlsReceivedTable {
  readonly #insert
  readonly #trim
  readonly #forget

  constructor(sql: Sql) {
    this.#insert = sql.run(
      `INSERT OR IGNORE INTO tls_report (domain, organization, contact, report_id, starts_at, ends_at, successes, failures, policies, arrived_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#trim = sql.run('DELETE FROM tls_report WHERE id <= ?')
    this.#forget = sql.run(
      'DELETE FROM tls_report WHERE id IN (SELECT id FROM tls_report WHERE arrived_at < ? ORDER BY arrived_at LIMIT ?)',
    )
  }

  receive(report: ReceivedTlsReport, now: EpochMs): boolean {
    const { domain, organization, contact, reportId, startsAt, endsAt, succeeded, failed, policies } = report
    const { changes, lastInsertRowid } = this.#insert(
      domain,
      organization,
      contact,
      reportId,
      startsAt,
      endsAt,
      succeeded,
      failed,
      JSON.stringify(policies),
      now,
    )
    if (changes > 0) this.#trim(Number(lastInsertRowid) - TLS_REPORTS)
    return changes > 0
  }

  /** One step; a full one may leave others. */
  forget(arrived: EpochMs): number {
    return this.#forget(arrived, FORGOTTEN).changes
  }
}
