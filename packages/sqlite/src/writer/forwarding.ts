import type { Forwarding, Group } from '@mailstead/store'
import { addressKey, localKey } from '../names.ts'
import type { Sql } from '../sql.ts'

/** Where mail of accounts and groups goes on to. */
export class ForwardingTable {
  readonly #insertOfAccount
  readonly #insertGroup
  readonly #insertTarget
  readonly #group
  readonly #deleteOfAccount
  readonly #deleteGroup
  readonly #deleteTarget
  readonly #addressesOf

  constructor(sql: Sql) {
    this.#insertOfAccount = sql.run('INSERT INTO forwarding (account_id, keep, told) VALUES (?, ?, ?)')
    this.#insertGroup = sql.run('INSERT INTO forwarding (domain_id, local_key, local_part, keep, told) VALUES (?, ?, ?, 0, ?)')
    this.#insertTarget = sql.run('INSERT OR IGNORE INTO forwarding_target (forwarding_id, address_key, address) VALUES (?, ?, ?)')
    this.#group = sql.get<{ one: 1 }>('SELECT 1 AS one FROM forwarding WHERE domain_id = ? AND local_key = ?')
    this.#deleteOfAccount = sql.run('DELETE FROM forwarding WHERE account_id = ?')
    this.#deleteGroup = sql.run('DELETE FROM forwarding WHERE domain_id = ? AND local_key = ?')
    this.#deleteTarget = sql.run('DELETE FROM forwarding_target WHERE address_key = ?')
    this.#addressesOf = sql.all<{ key: string }>(
      "SELECT a.local_key || '@' || d.name AS key FROM address AS a JOIN domain AS d ON d.id = a.domain_id WHERE a.account_id = ?",
    )
  }

  setOfAccount(account: number, forwarding: Forwarding | undefined): void {
    this.#deleteOfAccount(account)
    if (forwarding === undefined) return
    const { keep, told, targets } = forwarding
    this.#addTargets(this.#insertOfAccount(account, keep ? 1 : 0, told ? 1 : 0), targets)
  }

  putGroup(domain: number, { localPart, told, targets }: Group): void {
    this.#deleteGroup(domain, localKey(localPart))
    this.#addTargets(this.#insertGroup(domain, localKey(localPart), localPart, told ? 1 : 0), targets)
  }

  isGroup(domain: number, localPart: string): boolean {
    return this.#group(domain, localKey(localPart)) !== undefined
  }

  /** Returns whether there was one. */
  removeGroup(domain: number, localPart: string): boolean {
    return this.#deleteGroup(domain, localKey(localPart)).changes > 0
  }

  /** Nothing goes to this address of ours any more: it is nobody's now. */
  forgetTarget(address: string): void {
    this.#deleteTarget(addressKey(address))
  }

  /** Before its addresses go. */
  forgetAccount(account: number): void {
    this.#deleteOfAccount(account)
    for (const { key } of this.#addressesOf(account)) this.#deleteTarget(key)
  }

  #addTargets({ lastInsertRowid }: { readonly lastInsertRowid: number | bigint }, targets: readonly string[]): void {
    for (const target of targets) this.#insertTarget(Number(lastInsertRowid), addressKey(target), target)
  }
}
