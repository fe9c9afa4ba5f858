import { StoreError, type DomainKeyChange } from '@mailstead/store'
import type { Sql } from '../sql.ts'
import type { Act } from './act.ts'

/** Keys that mail of a domain is signed with. */
export class DomainKeyTable {
  readonly #insert
  readonly #setTimes
  readonly #remove

  constructor(sql: Sql) {
    this.#insert = sql.run(
      `INSERT OR IGNORE INTO domain_key (domain_id, selector, algorithm, private_key, public_key, created_at, signs_from, retires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#setTimes = sql.run('UPDATE domain_key SET signs_from = ?, retires_at = ? WHERE domain_id = ? AND selector = ?')
    this.#remove = sql.run('DELETE FROM domain_key WHERE domain_id = ? AND selector = ?')
  }

  change(act: Act, domain: number, { add = [], times = [], remove = [] }: DomainKeyChange): void {
    for (const selector of remove) this.#remove(domain, selector)
    for (const { selector, signsFrom, retiresAt } of times) this.#setTimes(signsFrom, retiresAt ?? null, domain, selector)
    for (const { selector, algorithm, privateKey, publicKey, signsFrom, retiresAt } of add) {
      const { changes } = this.#insert(domain, selector, algorithm, privateKey, publicKey, act.now, signsFrom, retiresAt ?? null)
      if (changes === 0) throw new StoreError('in-use', `The domain has a key ${selector} already`)
    }
  }
}
