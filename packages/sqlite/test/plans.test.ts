import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { rmSync } from 'node:fs'
import { connect, type Connection } from '../src/connection.ts'
import { migrate } from '../src/migrate.ts'
import { readerOps } from '../src/reader/ops.ts'
import { Sql } from '../src/sql.ts'
import { writerOps } from '../src/writer/ops.ts'
import { temporaryFolder } from './temporary.ts'

const folder = temporaryFolder()
after(() => rmSync(folder, { recursive: true }))

/** Notes each statement that is prepared on `db`. */
function listen(db: Connection): string[] {
  const statements: string[] = []
  const prepare = db.prepare.bind(db)
  const value = (statement: string): unknown => {
    statements.push(statement)
    return prepare(statement)
  }
  Object.defineProperty(db, 'prepare', { value })
  return statements
}

function plansOf(db: Connection, statement: string): string[] {
  const parameters = Array.from(statement.matchAll(/\?/g), () => 1)
  return db
    .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${statement}`)
    .all(...parameters)
    .map(({ detail }) => detail)
}

/** Scans that are no search through a table that grows with the mail. */
const ALLOWED = [
  /^SCAN sqlite_sequence$/, // a row a table
  /^SCAN (found|waiting|CONSTANT ROW|\(subquery-\d+\))$/, // rows just selected
  /^SCAN \w+ USING (COVERING )?INDEX (blob_staged|account_removed|mailbox_deleted|queue_entry_attempt)$/, // partial: holds only what is looked for
]

/** Lists for the administrator read what they list. */
const LISTS = [
  /^SELECT \(SELECT count\(\*\) FROM queue_entry\)/, // indexes alone
  /^SELECT d\.id, .* FROM domain AS d ORDER BY/s,
  /^SELECT a\.id, .* ORDER BY d\.name, n\.local_key$/s,
  /^SELECT m\.local_part .* ORDER BY d\.name/,
  /^SELECT w\.local_part .* ORDER BY wd\.name/s,
  /^SELECT f\.local_part .* FROM forwarding AS f .* ORDER BY d\.name, f\.local_key$/s,
  /^SELECT n\.local_part .* AS count FROM account AS a .* LEFT JOIN credential/s, // after changes of accounts only
]

/** Once a second at most: the domains of this server, and a key for each. */
const DOMAINS = [/^SELECT l\.account_id .* FROM domain AS d CROSS JOIN queue_lane AS l/]

test('every statement of writer and readers finds its rows by a key', () => {
  const path = join(folder, 'mail.db')
  const db = connect(path, 'create')
  try {
    migrate(db, path)
    const statements = listen(db)
    const sql = new Sql(db)
    writerOps(sql, new Map())
    const reader = readerOps(sql)
    db.exec(`INSERT INTO account (created_at) VALUES (0);
      INSERT INTO mailbox (account_id, name, uidvalidity, highest_modseq, created_at) VALUES (1, 'INBOX', 1, 1, 0)`)
    // The statements of `fetch` are made when they are first needed.
    const costly = { envelope: true, bodyStructure: true, headers: true, structure: true }
    for (const wants of [{}, costly]) reader.fetch(1, 1, Uint32Array.of(1), wants)

    const scans = [...statements]
      .filter((statement) => ![...LISTS, ...DOMAINS].some((list) => list.test(statement)))
      .flatMap((statement) =>
        plansOf(db, statement)
          .filter((step) => step.startsWith('SCAN') && !ALLOWED.some((allowed) => allowed.test(step)))
          .map((step) => `${step}: ${statement}`),
      )
    assert.deepEqual(scans, [])
    assert.ok(statements.length > 80, `${statements.length} statements`)
    assert.match(plansOf(db, 'SELECT * FROM message WHERE email_id = ?').join(), /^SCAN message/, 'a scan looks like this')
  } finally {
    db.close()
  }
})
