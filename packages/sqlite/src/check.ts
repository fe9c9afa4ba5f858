import { connect } from './connection.ts'
import { Sql } from './sql.ts'

export interface Consistency {
  /** In words, one for each rule that is broken; empty when all is well. */
  readonly problems: readonly string[]
  /** Blobs still arriving; none right after a start. */
  readonly staged: number
}

interface Rule {
  readonly says: string
  /** Selects one row for each break: what breaks the rule. */
  readonly sql: string
}

const RULES: readonly Rule[] = [
  {
    says: 'counters of a mailbox differ from its messages',
    sql: `SELECT m.id, m.account_id FROM mailbox AS m LEFT JOIN (
        SELECT mailbox_id, count(*) AS messages, sum(flags & 8 = 0) AS unseen, sum(flags & 4 <> 0) AS deleted,
          sum(iif(flags & 4 <> 0, size, 0)) AS deleted_size, sum(size) AS size
        FROM message GROUP BY mailbox_id) AS r ON r.mailbox_id = m.id
      WHERE m.name IS NOT NULL AND (m.messages, m.unseen, m.deleted, m.deleted_size, m.size)
        <> (ifnull(r.messages, 0), ifnull(r.unseen, 0), ifnull(r.deleted, 0), ifnull(r.deleted_size, 0), ifnull(r.size, 0))`,
  },
  {
    says: 'use of an account differs from its mailboxes',
    sql: `SELECT a.id FROM account AS a LEFT JOIN (
        SELECT account_id, sum(size) AS octets, sum(messages) AS messages FROM mailbox WHERE name IS NOT NULL GROUP BY account_id
      ) AS r ON r.account_id = a.id
      WHERE (a.used_octets, a.used_messages) <> (ifnull(r.octets, 0), ifnull(r.messages, 0))`,
  },
  {
    says: 'what a reader has seen differs from its count',
    sql: `SELECT r.mailbox_id, r.account_id FROM reader AS r JOIN mailbox AS m ON m.id = r.mailbox_id
      WHERE m.name IS NOT NULL AND r.seen <> (SELECT count(*) FROM reader_seen AS s
        WHERE s.mailbox_id = r.mailbox_id AND s.account_id = r.account_id AND s.seen = 1)
      UNION ALL SELECT s.mailbox_id, s.account_id FROM reader_seen AS s JOIN mailbox AS m ON m.id = s.mailbox_id
      WHERE m.name IS NOT NULL AND NOT EXISTS (SELECT 1 FROM message WHERE mailbox_id = s.mailbox_id AND uid = s.uid)`,
  },
  {
    says: 'a UID at or above UIDNEXT',
    sql: `SELECT m.id FROM mailbox AS m WHERE m.uidnext <= (SELECT max(uid) FROM message WHERE mailbox_id = m.id)
        OR m.uidnext <= (SELECT max(uid) FROM tombstone WHERE mailbox_id = m.id)`,
  },
  {
    says: 'a UID that is there and expunged',
    sql: 'SELECT mailbox_id, uid FROM message JOIN tombstone USING (mailbox_id, uid)',
  },
  {
    says: 'a modseq above the highest of its mailbox',
    sql: `SELECT m.id FROM mailbox AS m WHERE m.highest_modseq < (SELECT max(modseq) FROM message WHERE mailbox_id = m.id)
        OR m.highest_modseq < (SELECT max(modseq) FROM tombstone WHERE mailbox_id = m.id)`,
  },
  {
    says: 'a mailbox ahead of the modseq of its account',
    sql: 'SELECT m.id FROM mailbox AS m JOIN account AS a ON a.id = m.account_id WHERE m.highest_modseq > a.modseq',
  },
  {
    says: 'a UIDL that is still to be given',
    sql: `SELECT m.id, x.uid FROM message AS x JOIN mailbox AS m ON m.id = x.mailbox_id JOIN account AS a ON a.id = m.account_id
      WHERE x.uidl >= a.next_uidl`,
  },
  {
    says: 'a UIDL given twice in an account',
    sql: `SELECT m.account_id, x.uidl FROM message AS x JOIN mailbox AS m ON m.id = x.mailbox_id GROUP BY 1, 2 HAVING count(*) > 1`,
  },
  {
    says: 'a message whose size differs from its email, or which has none',
    sql: 'SELECT x.mailbox_id, x.uid FROM message AS x LEFT JOIN email AS e ON e.id = x.email_id WHERE e.size IS NULL OR e.size <> x.size',
  },
  {
    says: 'references of an email differ from its messages',
    sql: `SELECT e.id, e.refs FROM email AS e LEFT JOIN (
        SELECT email_id, count(*) AS refs FROM (SELECT email_id FROM message UNION ALL SELECT email_id FROM tombstone) GROUP BY email_id
      ) AS r ON r.email_id = e.id WHERE e.refs <> ifnull(r.refs, 0) OR e.refs = 0`,
  },
  {
    says: 'a whole tombstone without an email',
    sql: `SELECT mailbox_id, uid FROM tombstone AS t WHERE email_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM email WHERE id = t.email_id)`,
  },
  {
    says: 'references of a blob differ from its emails and its place in the queue',
    sql: `SELECT b.id, b.refs FROM blob AS b LEFT JOIN (
        SELECT blob_id, count(*) AS refs FROM (
          SELECT blob_id FROM email UNION ALL SELECT blob_id FROM acceptance WHERE blob_id IS NOT NULL) GROUP BY blob_id
      ) AS r ON r.blob_id = b.id WHERE b.state = 'kept' AND (b.refs <> ifnull(r.refs, 0) OR b.refs = 0)`,
  },
  {
    says: 'an email without a blob',
    sql: `SELECT e.id FROM email AS e WHERE NOT EXISTS (SELECT 1 FROM blob WHERE id = e.blob_id AND state = 'kept')`,
  },
  {
    says: 'chunks of a blob that are not its size',
    sql: `SELECT b.id, b.size FROM blob AS b WHERE b.state = 'kept'
        AND b.size <> (SELECT ifnull(sum(length(data)), 0) FROM blob_chunk WHERE id BETWEEN b.id * 65536 AND b.id * 65536 + 65535)`,
  },
  { says: 'a chunk without a blob', sql: 'SELECT id FROM blob_chunk AS c WHERE NOT EXISTS (SELECT 1 FROM blob WHERE id = c.id / 65536)' },
  {
    says: 'an email and what is rendered of its blob do not come together',
    sql: `SELECT e.blob_id FROM email AS e WHERE NOT EXISTS (SELECT 1 FROM rendered WHERE blob_id = e.blob_id)
      UNION ALL SELECT blob_id FROM rendered AS r WHERE NOT EXISTS (SELECT 1 FROM blob WHERE id = r.blob_id AND state = 'kept')`,
  },
  {
    says: 'something rendered that is older than all is said to be',
    sql: "SELECT blob_id FROM rendered WHERE version < (SELECT value FROM meta WHERE key = 'rendered-version')",
  },
  {
    says: 'sort keys without their blob',
    sql: `SELECT blob_id FROM sort_key AS k WHERE NOT EXISTS (SELECT 1 FROM blob WHERE id = k.blob_id AND state = 'kept')`,
  },
  {
    says: 'queued recipients, or reports that are owed, without their message',
    sql: `SELECT q.id FROM (SELECT id, queue_id FROM queue_entry UNION ALL SELECT id, queue_id FROM queue_report) AS q
      JOIN acceptance AS a USING (queue_id) WHERE a.blob_id IS NULL`,
  },
  {
    says: 'a message kept for the queue of which nothing waits',
    sql: `SELECT a.queue_id FROM acceptance AS a WHERE a.blob_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM queue_entry WHERE queue_id = a.queue_id)
      AND NOT EXISTS (SELECT 1 FROM queue_report WHERE queue_id = a.queue_id)`,
  },
  {
    says: 'a trace that cannot be read',
    sql: "SELECT queue_id FROM acceptance WHERE NOT json_valid(events) OR (accepted_at IS NULL AND events <> '[]')",
  },
  {
    says: 'a lane of the queue differs from its entries',
    sql: `SELECT l.account_id, l.domain, l.due_at, e.due_at FROM queue_lane AS l FULL JOIN (
        SELECT account_id, domain, min(due_at) AS due_at FROM queue_entry WHERE held = 0 GROUP BY account_id, domain
      ) AS e ON e.account_id = l.account_id AND e.domain = l.domain WHERE l.due_at IS NOT e.due_at`,
  },
  {
    says: 'queued recipients whose copy is gone, or another message’s',
    sql: `SELECT q.id FROM queue_entry AS q WHERE q.copy_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM queue_copy WHERE id = q.copy_id AND queue_id = q.queue_id)`,
  },
  {
    says: 'copies of a message of which nothing waits',
    sql: 'SELECT c.id FROM queue_copy AS c JOIN acceptance AS a USING (queue_id) WHERE a.blob_id IS NULL',
  },
  {
    says: 'queued recipients whose lane is of another account than their message',
    sql: 'SELECT q.id FROM queue_entry AS q JOIN acceptance AS a USING (queue_id) WHERE q.account_id <> ifnull(a.account_id, 0)',
  },
  {
    says: 'a keyword bit without a name',
    sql: `SELECT x.mailbox_id, x.uid FROM message AS x WHERE x.kw0 <> 0 AND NOT EXISTS (SELECT 1 FROM mailbox_keyword WHERE mailbox_id = x.mailbox_id)`,
  },
  {
    says: 'an email that is there and gone',
    sql: 'SELECT id FROM email JOIN search_gone ON email_id = id',
  },
  {
    says: 'an account without INBOX',
    sql: `SELECT id FROM account AS a WHERE removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM mailbox WHERE account_id = a.id AND name = 'INBOX')`,
  },
]

/**
 * Reads the whole database at `path` and compares what is kept twice: counters with rows, references with those who
 * refer. Takes as long as the database is big; works synchronously. Writers may go on: it reads one snapshot.
 */
export function checkConsistency(path: string): Consistency {
  const db = connect(path, 'reader')
  try {
    const sql = new Sql(db)
    const problems: string[] = []
    const run = db.transaction(() => {
      for (const row of sql.raw<[string]>('PRAGMA integrity_check(20)')()) if (row[0] !== 'ok') problems.push(`SQLite: ${row[0]}`)
      for (const row of sql.raw<unknown[]>('PRAGMA foreign_key_check')())
        problems.push(`SQLite: foreign key of ${row.slice(0, 3).join(' ')}`)
      for (const { says, sql: text } of RULES) {
        const rows = sql.raw<unknown[]>(`${text} LIMIT 3`)()
        if (rows.length > 0) problems.push(`${says}: ${rows.map((row) => row.join(' ')).join(', ')}`)
      }
      return sql.get<{ staged: number }>("SELECT count(*) AS staged FROM blob WHERE state = 'staged'")()?.staged ?? 0
    })
    const staged = run()
    return { problems, staged }
  } finally {
    db.close()
  }
}
