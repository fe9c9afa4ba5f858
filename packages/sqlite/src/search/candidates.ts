import type { TextFilter } from '@mailstead/store'
import { MAX_MATCHES } from '../limits.ts'
import type { Sql } from '../sql.ts'
import { EmailsOfMailboxes } from './mailbox-emails.ts'
import { matchingEmails } from './matches.ts'
import { trigramQuery } from './query.ts'
import type { IndexStatements } from './statements.ts'

/** Which messages of a mailbox the index cannot exclude. */
export function candidateReads(mail: Sql) {
  const emailsOf = new EmailsOfMailboxes(mail)

  /** `uids`: ascending, of a mailbox of the account. Those above the mark, those of another account's mail, and those that are no longer in the mailbox, are never excluded. */
  return (index: IndexStatements, account: number, mailbox: number, uids: Uint32Array, filter: TextFilter): Uint32Array => {
    const query = trigramQuery(filter)
    if (query === undefined) return uids
    const mark = index.mark()?.mark ?? 0
    const matching = matchingEmails(index, account, query, MAX_MATCHES)
    if (matching.length >= MAX_MATCHES) return uids
    const possible = new Set([...matching, ...index.redoOf(account).map(([email]) => email)])
    const there = emailsOf.of(account, mailbox, uids[0] ?? 0, uids.at(-1) ?? 0)
    let place = 0
    return uids.filter((uid) => {
      while ((there.uids[place] ?? uid) < uid) place++
      const email = there.uids[place] === uid ? (there.emails[place] ?? 0) : 0
      return email === 0 || email > mark || possible.has(email)
    })
  }
}
