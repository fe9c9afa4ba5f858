import type { TextFilter } from '@mailstead/store'
import { mailboxReads } from '../reader/mailboxes.ts'
import type { Sql } from '../sql.ts'
import { candidateReads } from './candidates.ts'
import { IndexFile, indexOwner } from './index-file.ts'
import { textScans } from './scan.ts'
import { messageSources } from './sources.ts'
import { TextIndex, type IndexSource, type IndexStep } from './text-index.ts'

export type SearchOps = ReturnType<typeof searchOps>['ops']

/** Everything the search thread can be asked for: one entry, one step of some milliseconds. */
export function searchOps(mail: Sql, path: string) {
  const { mailboxById } = mailboxReads(mail)
  const sources = messageSources(mail)
  const candidates = candidateReads(mail)
  const waiting = mail.get<{ waiting: number }>('SELECT count(*) AS waiting FROM email WHERE id > ?')
  const emailsOf = mail.raw<[number]>(
    `SELECT h.email_id FROM (
       SELECT email_id FROM message WHERE mailbox_id IN (SELECT id FROM mailbox WHERE account_id = ?)
       UNION SELECT email_id FROM tombstone WHERE email_id IS NOT NULL AND mailbox_id IN (SELECT id FROM mailbox WHERE account_id = ?)
     ) AS h JOIN email AS e ON e.id = h.email_id WHERE e.account_id = ?`,
  )
  const source = indexSource(mail, (email) => sources.email(email))
  const file = new IndexFile(path, indexOwner(mail), (sql) => new TextIndex(sql, source))

  const ops = {
    ...textScans(sources, mailboxById),

    /** The `uids` that may hold what the filter says; all of them when the index cannot tell. */
    searchCandidates(actor: number, mailbox: number, uids: Uint32Array, filter: TextFilter): Uint32Array {
      const { owner } = mailboxById(actor, mailbox, 'read')
      return file.ask((index) => candidates(index.statements, owner, mailbox, uids, filter)) ?? uids
    },

    /** Some emails more. */
    indexStep: (): IndexStep => file.work((index) => index.step()),

    /** Everything is to be indexed anew, or what one account has. Steps do the work. */
    indexAnew(account: number | undefined): void {
      if (account === undefined) file.begin()
      else
        file.work((index) =>
          index.again(
            account,
            emailsOf(account, account, account).map(([email]) => email),
          ),
        )
    },

    /** Emails that are not indexed yet. */
    indexWaiting: (): number => waiting(file.ask((index) => index.mark) ?? 0)?.waiting ?? 0,
  }
  return { ops, close: (): void => file.close() }
}

function indexSource(mail: Sql, text: IndexSource['text']): IndexSource {
  const after = mail.all<{ email: number; account: number }>(
    'SELECT id AS email, account_id AS account FROM email WHERE id > ? ORDER BY id LIMIT ?',
  )
  const gone = mail.raw<[number]>('SELECT email_id FROM search_gone LIMIT ?')
  return { after, gone: (limit) => gone(limit).map(([email]) => email), text }
}
