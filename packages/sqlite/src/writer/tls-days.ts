import { StoreError, type TlsDay, type TlsDayCounts, type TlsFailures, type TlsPolicyCounts } from '@mailstead/store'
import { FORGOTTEN, TLS_DAYS, TLS_FAILURES, TLS_POLICIES } from '../limits.ts'
import type { Sql } from '../sql.ts'

/** How sessions with others went, day by day, and which days their domains have been told of. */
export class TlsDayTable {
  readonly #insertDay
  readonly #trim
  readonly #dayId
  readonly #policyId
  readonly #policies
  readonly #insertPolicy
  readonly #add
  readonly #addFailure
  readonly #failures
  readonly #insertFailure
  readonly #postpone
  readonly #settle
  readonly #forget

  constructor(sql: Sql) {
    this.#insertDay = sql.run('INSERT OR IGNORE INTO tls_day (day, domain, due_at) VALUES (?, ?, ?)')
    this.#trim = sql.run('DELETE FROM tls_day WHERE id <= ?')
    this.#dayId = sql.get<{ readonly id: number }>('SELECT id FROM tls_day WHERE day = ? AND domain = ?')
    this.#policyId = sql.get<{ readonly id: number }>(
      'SELECT id FROM tls_day_policy WHERE day_id = ? AND type = ? AND domain = ? AND lines = ?',
    )
    this.#policies = sql.get<{ readonly n: number }>('SELECT count(*) AS n FROM tls_day_policy WHERE day_id = ?')
    this.#insertPolicy = sql.run('INSERT INTO tls_day_policy (day_id, type, domain, lines, patterns) VALUES (?, ?, ?, ?, ?)')
    this.#add = sql.run('UPDATE tls_day_policy SET successes = successes + ?, failures = failures + ? WHERE id = ?')
    this.#addFailure = sql.run(
      `UPDATE tls_day_failure SET sessions = sessions + ?
       WHERE policy_id = ? AND result = ? AND host = ? AND address = ? AND source = ? AND reason = ?`,
    )
    this.#failures = sql.get<{ readonly n: number }>('SELECT count(*) AS n FROM tls_day_failure WHERE policy_id = ?')
    this.#insertFailure = sql.run(
      'INSERT INTO tls_day_failure (sessions, policy_id, result, host, address, source, reason) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    this.#postpone = sql.run('UPDATE tls_day SET due_at = ?, attempts = attempts + 1 WHERE day = ? AND domain = ? AND due_at IS NOT NULL')
    this.#settle = sql.run('UPDATE tls_day SET due_at = NULL WHERE day = ? AND domain = ? AND due_at IS NOT NULL')
    this.#forget = sql.run('DELETE FROM tls_day WHERE id IN (SELECT id FROM tls_day WHERE day < ? ORDER BY day LIMIT ?)')
  }

  count(counts: readonly TlsDayCounts[]): void {
    for (const { day, domain, dueAt, policies } of counts) {
      const { changes, lastInsertRowid } = this.#insertDay(day, domain, dueAt)
      if (changes > 0) this.#trim(Number(lastInsertRowid) - TLS_DAYS)
      const id = changes > 0 ? Number(lastInsertRowid) : this.#dayId(day, domain)?.id
      for (const each of policies) if (id !== undefined) this.#countPolicy(id, each)
    }
  }

  postpone({ day, domain }: TlsDay, dueAt: number): void {
    this.#postpone(dueAt, day, domain)
  }

  settle({ day, domain }: TlsDay): void {
    this.#settle(day, domain)
  }

  /** A message tells of this day. Throws `message-not-found` when another one did. */
  carry({ day, domain }: TlsDay): void {
    if (this.#settle(day, domain).changes === 0) throw new StoreError('message-not-found', 'The report was made already')
  }

  /** One step; a full one may leave others. */
  forget(day: number): number {
    return this.#forget(day, FORGOTTEN).changes
  }

  #countPolicy(day: number, { policy, succeeded, failed, failures }: TlsPolicyCounts): void {
    const { type, domain } = policy
    const [lines, patterns] = [JSON.stringify(policy.lines), JSON.stringify(policy.patterns)]
    let id = this.#policyId(day, type, domain, lines)?.id
    if (id === undefined) {
      if ((this.#policies(day)?.n ?? 0) >= TLS_POLICIES) return
      id = Number(this.#insertPolicy(day, type, domain, lines, patterns).lastInsertRowid)
    }
    this.#add(succeeded, failed, id)
    for (const failure of failures) this.#countFailure(id, failure)
  }

  #countFailure(policy: number, { result, host, address, source, reason, sessions }: TlsFailures): void {
    const row = [sessions, policy, result, host, address, source, reason] as const
    if (this.#addFailure(...row).changes > 0) return
    if ((this.#failures(policy)?.n ?? 0) < TLS_FAILURES) this.#insertFailure(...row)
  }
}
