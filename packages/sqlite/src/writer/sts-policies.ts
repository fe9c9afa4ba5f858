import type { EpochMs } from '@mailstead/base'
import type { KeptStsPolicy } from '@mailstead/store'
import { FORGOTTEN, STS_POLICIES } from '../limits.ts'
import type { Sql } from '../sql.ts'

/** MTA-STS policies of others. Ids only grow, so whatever is that far behind the newest one is too much. */
export class StsPolicyTable {
  readonly #keep
  readonly #trim
  readonly #checked
  readonly #used
  readonly #forget

  constructor(sql: Sql) {
    this.#keep = sql.run(
      'INSERT OR REPLACE INTO sts_policy (domain, record_id, policy, until, checked_at, used_at) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#trim = sql.run('DELETE FROM sts_policy WHERE id <= ?')
    this.#checked = sql.run('UPDATE sts_policy SET checked_at = ? WHERE domain = ?')
    this.#used = sql.run('UPDATE sts_policy SET used_at = ? WHERE domain = ?')
    this.#forget = sql.run('DELETE FROM sts_policy WHERE id IN (SELECT id FROM sts_policy WHERE until < ? ORDER BY until LIMIT ?)')
  }

  keep(domain: string, { recordId, text, until, checkedAt, usedAt }: KeptStsPolicy): void {
    const { lastInsertRowid } = this.#keep(domain, recordId, text, until, checkedAt, usedAt)
    this.#trim(Number(lastInsertRowid) - STS_POLICIES)
  }

  note(domain: string, times: { readonly checkedAt: EpochMs } | { readonly usedAt: EpochMs }): void {
    if ('checkedAt' in times) this.#checked(times.checkedAt, domain)
    else this.#used(times.usedAt, domain)
  }

  /** One step; a full one may leave others. */
  forget(until: EpochMs): number {
    return this.#forget(until, FORGOTTEN).changes
  }
}
