import Database from 'better-sqlite3'
import { existsSync } from 'node:fs'
import { Sql } from '../sql.ts'
import { searchIndexPath } from './index-file.ts'

const RULES: readonly { readonly says: string; readonly sql: string }[] = [
  {
    says: 'an email is twice in the search index',
    sql: 'SELECT email FROM loose JOIN sealed USING (email)',
  },
  {
    says: 'the search index knows an email that is gone',
    sql: `SELECT email FROM (SELECT email FROM loose UNION SELECT email FROM sealed) AS e
      WHERE NOT EXISTS (SELECT 1 FROM mail.email WHERE id = e.email) AND NOT EXISTS (SELECT 1 FROM mail.search_gone WHERE email_id = e.email)`,
  },
  {
    says: 'the search index lacks an email',
    sql: `SELECT id FROM mail.email AS m WHERE id <= (SELECT mark FROM state) AND NOT EXISTS (SELECT 1 FROM loose WHERE email = m.id)
      AND NOT EXISTS (SELECT 1 FROM sealed WHERE email = m.id) AND NOT EXISTS (SELECT 1 FROM redo WHERE email = m.id)`,
  },
  {
    says: 'the search index has an email in the wrong account',
    sql: `SELECT e.email FROM (SELECT email, account FROM loose
        UNION ALL SELECT s.email, g.account FROM sealed AS s LEFT JOIN segment AS g ON g.id = s.segment) AS e
      JOIN mail.email AS m ON m.id = e.email WHERE e.account IS NOT m.account_id`,
  },
  {
    says: 'a segment of the search index counts its emails wrongly',
    sql: 'SELECT id, live FROM segment AS g WHERE live <> (SELECT count(*) FROM sealed WHERE segment = g.id)',
  },
]

/**
 * What is wrong with the search index beside the database at `path`, in words; nothing is when there is none. Not while it is written to:
 * index and database are read one after the other. Works synchronously.
 */
export function checkSearchIndex(path: string): readonly string[] {
  const file = searchIndexPath(path)
  if (!existsSync(file)) return []
  const db = new Database(file, { readonly: true })
  try {
    db.prepare('ATTACH ? AS mail').run(path)
    const sql = new Sql(db)
    return RULES.flatMap(({ says, sql: text }) => {
      const rows = sql.raw<unknown[]>(`${text} LIMIT 3`)()
      return rows.length === 0 ? [] : [`${says}: ${rows.map((row) => row.join(' ')).join(', ')}`]
    })
  } finally {
    db.close()
  }
}
