import { mayDo, sharedPrefix, type Purpose } from '@mailstead/store'
import { canonicalName, foreignName } from '../names.ts'
import { notFound, requireRight, rightsReader } from '../rights.ts'
import type { Sql } from '../sql.ts'
import type { Counters, MailboxRow } from './counters.ts'

/** Where a name stands: whose it is, and what he calls it. */
export interface Place {
  readonly account: number
  readonly name: string
  /** The actor is not the owner. */
  readonly foreign: boolean
}

/** No account has it. */
const NOBODY = -1

/**
 * The one place where the writer looks at rights: every act on a mailbox comes through here, inside its own transaction. For the owner this is the row
 * that the act needs anyway, and nothing else.
 */
export class Access {
  readonly #counters: Counters
  readonly #rights
  readonly #owner
  readonly #address

  constructor(sql: Sql, counters: Counters) {
    this.#counters = counters
    this.#rights = rightsReader(sql)
    this.#owner = sql.get<{ account: number }>(
      `SELECT n.account_id AS account FROM domain AS d JOIN address AS n ON n.domain_id = d.id AND n.local_key = ? AND n.kind = 'account'
       WHERE d.name = ?`,
    )
    this.#address = sql.get<{ localPart: string; domain: string }>(
      `SELECT n.local_part AS localPart, d.name AS domain FROM address AS n JOIN domain AS d ON d.id = n.domain_id
       WHERE n.account_id = ? AND n.kind = 'account'`,
    )
  }

  /** `mailbox-not-found`, `not-permitted`. */
  mailbox(actor: number, id: number, purpose: Purpose): MailboxRow {
    return this.#checked(actor, this.#counters.mailbox(id), purpose)
  }

  /** The same by a name. */
  named(actor: number, wanted: string, purpose: Purpose): MailboxRow {
    const { account, name } = this.place(actor, wanted)
    return this.#checked(actor, this.#counters.mailboxNamed(account, name), purpose)
  }

  place(actor: number, wanted: string): Place {
    const foreign = foreignName(wanted)
    if (foreign === undefined) return { account: actor, name: canonicalName(wanted), foreign: false }
    const account = this.#owner(foreign.localKey, foreign.domain)?.account
    return { account: account === undefined || account === actor ? NOBODY : account, name: foreign.name, foreign: true }
  }

  /** Whether somebody who is not the owner may; false when it is not there. */
  may(actor: number, account: number, name: string, purpose: Purpose): boolean {
    return mayDo(this.#rights(this.#counters.mailboxNamed(account, name)?.id ?? 0, actor), purpose)
  }

  /** The name of another's mailbox as the actor sees it, which is what a subscription of it holds. */
  seenName(actor: number, wanted: string): string {
    const { account, name } = this.named(actor, wanted, 'see')
    const address = this.#address(account)
    if (address === undefined) throw notFound()
    return sharedPrefix(address.localPart, address.domain) + name
  }

  #checked(actor: number, row: MailboxRow | undefined, purpose: Purpose): MailboxRow {
    if (row?.account === actor) return row
    const rights = this.#rights(row?.id ?? 0, actor)
    requireRight(rights, purpose)
    if (row === undefined) throw notFound()
    return { ...row, rights }
  }
}
