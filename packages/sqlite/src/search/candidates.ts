import type { TextFilter } from '@mailstead/store'
import { MAX_MATCHES } from '../limits.ts'
import type { Sql } from '../sql.ts'
import type { IndexStatements } from './statements.ts'
import { ACCOUNT } from './text-index.ts'
import { trigramQuery } from './trigrams.ts'

/** Which messages of a mailbox the index cannot exclude. */
export function candidateReads(mail: Sql) {
  // What was copied or moved here from another account is indexed with that account's mail.
  const emails = mail.raw<[uid: number, email: number]>(
    `SELECT m.uid, m.email_id FROM message AS m JOIN email AS e ON e.id = m.email_id
     WHERE m.mailbox_id = ? AND m.uid BETWEEN ? AND ? AND e.account_id = ?`,
  )

  /** `uids`: ascending. Those above the mark, those of another account's mail, and those that are no longer in the mailbox, are never excluded. */
  return (index: IndexStatements, account: number, mailbox: number, uids: Uint32Array, filter: TextFilter): Uint32Array => {
    const query = trigramQuery(filter)
    if (query === undefined) return uids
    const [first, last] = [account * ACCOUNT, (account + 1) * ACCOUNT - 1]
    const matching = index.matching(query, first, last, MAX_MATCHES)
    if (matching.length === MAX_MATCHES) return uids
    const mark = index.mark()?.mark ?? 0
    const possible = new Set([...matching, ...index.cut(first, last), ...index.redoOf(account)].map(([email]) => email))
    const excluded = new Set<number>()
    for (const [uid, email] of emails(mailbox, uids[0] ?? 0, uids.at(-1) ?? 0, account)) {
      if (email <= mark && !possible.has(email)) excluded.add(uid)
    }
    return uids.filter((uid) => !excluded.has(uid))
  }
}
