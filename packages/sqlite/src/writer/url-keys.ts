import { randomBytes } from 'node:crypto'
import type { Sql } from '../sql.ts'
import type { Access } from './access.ts'

/** Octets: twice what RFC 4467 section 2.2 asks for. */
const SEED = 32

/** What mailbox access keys are made from; the readers make them. */
export class UrlKeyTable {
  readonly #access: Access
  readonly #keep
  readonly #renew
  readonly #drop

  constructor(sql: Sql, access: Access) {
    this.#access = access
    this.#keep = sql.run('INSERT OR IGNORE INTO url_key (account_id, mailbox_id, seed) VALUES (?, ?, ?)')
    this.#renew = sql.run('INSERT OR REPLACE INTO url_key (account_id, mailbox_id, seed) VALUES (?, ?, ?)')
    this.#drop = sql.run('DELETE FROM url_key WHERE account_id = ?')
  }

  make(actor: number, mailbox: number, renew: boolean): void {
    const { id } = this.#access.mailbox(actor, mailbox, 'read')
    if (renew) this.#renew(actor, id, randomBytes(SEED))
    else this.#keep(actor, id, randomBytes(SEED))
  }

  drop(actor: number): void {
    this.#drop(actor)
  }
}
