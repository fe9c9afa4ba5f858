import { CANDIDATE_ROWS, MAILBOX_EMAILS } from '../limits.ts'
import type { Sql } from '../sql.ts'

/** Messages of a mailbox with UIDs `first` to `last`. */
export interface MailboxEmails {
  readonly first: number
  readonly last: number
  /** Ascending. */
  readonly uids: Uint32Array
  /** 0: another account's email, which is indexed with that one's mail. */
  readonly emails: Float64Array
}

/** Which email a message has never changes, so what was searched lately is remembered; of messages that were expunged since too. */
export class EmailsOfMailboxes {
  readonly #read: (mailbox: number, first: number, last: number) => [uid: number, email: number, account: number][]
  /** The least recently used first. */
  readonly #kept = new Map<number, MailboxEmails>()

  constructor(mail: Sql) {
    this.#read = mail.raw(
      `SELECT m.uid, m.email_id, e.account_id FROM message AS m JOIN email AS e ON e.id = m.email_id
       WHERE m.mailbox_id = ? AND m.uid BETWEEN ? AND ? ORDER BY m.uid`,
    )
  }

  /** Of the mailbox, which is the account's, at least the messages between the UIDs. */
  of(account: number, mailbox: number, first: number, last: number): MailboxEmails {
    let there = this.#kept.get(mailbox)
    if (there === undefined || first < there.first || first - there.last > CANDIDATE_ROWS)
      there = this.#between(account, mailbox, first, last)
    else if (last > there.last) there = joined(there, this.#between(account, mailbox, there.last + 1, last))
    this.#kept.delete(mailbox)
    this.#kept.set(mailbox, there)
    this.#drop()
    return there
  }

  #between(account: number, mailbox: number, first: number, last: number): MailboxEmails {
    const rows = this.#read(mailbox, first, last)
    return {
      first,
      last,
      uids: Uint32Array.from(rows, ([uid]) => uid),
      emails: Float64Array.from(rows, ([, email, owner]) => (owner === account ? email : 0)),
    }
  }

  #drop(): void {
    let all = [...this.#kept.values()].reduce((sum, { uids }) => sum + uids.length, 0)
    for (const [mailbox, { uids }] of this.#kept) {
      if (all <= MAILBOX_EMAILS) return
      this.#kept.delete(mailbox)
      all -= uids.length
    }
  }
}

function joined(before: MailboxEmails, behind: MailboxEmails): MailboxEmails {
  const uids = new Uint32Array(before.uids.length + behind.uids.length)
  const emails = new Float64Array(uids.length)
  for (const [part, at] of [[before, 0] as const, [behind, before.uids.length] as const]) {
    uids.set(part.uids, at)
    emails.set(part.emails, at)
  }
  return { first: before.first, last: behind.last, uids, emails }
}
