import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from '../src/connection.ts'
import { PURGE_OCTETS } from '../src/limits.ts'
import { migrate } from '../src/migrate.ts'
import { Sql } from '../src/sql.ts'
import { BlobTable } from '../src/writer/blobs.ts'
import { EmailTable } from '../src/writer/emails.ts'
import { PurgeTable } from '../src/writer/purge.ts'
import { temporaryFolder } from './temporary.ts'

test('one step of a purge frees few octets, and at least one message', () => {
  const folder = temporaryFolder()
  const db = connect(join(folder, 'mail.db'), 'create')
  try {
    migrate(db, 'mail.db')
    const sql = new Sql(db)
    const purge = new PurgeTable(sql, new EmailTable(sql, new BlobTable(sql)))
    db.exec(`INSERT INTO account (created_at) VALUES (0);
      INSERT INTO mailbox (account_id, name, uidvalidity, highest_modseq, created_at) VALUES (1, NULL, 1, 1, 0)`)
    const bury = sql.run('INSERT INTO tombstone (mailbox_id, uid, modseq, expunged_at, size, email_id) VALUES (1, ?, 1, 0, ?, ?)')
    const message = sql.run(`INSERT INTO message (mailbox_id, uid, modseq, flags, kw0, kw1, kw2, kw3, size, internal_at, internal_zone,
      saved_at, email_id, uidl) VALUES (1, ?, 1, 0, 0, 0, 0, 0, ?, 0, 0, 0, ?, ?)`)
    const sizes = [PURGE_OCTETS + 1, PURGE_OCTETS / 2, PURGE_OCTETS / 2, 1, 1]
    for (const [n, size] of sizes.entries()) bury(n + 1, size, n + 1)
    assert.deepEqual(purge.expunged(1), { freed: 1, more: true })
    assert.deepEqual(purge.expunged(1), { freed: 2, more: true })
    assert.deepEqual(purge.expunged(1), { freed: 2, more: false })

    for (const [n, size] of sizes.entries()) message(n + 10, size, n + 10, n + 10)
    const left = sql.get<{ messages: number; tombstones: number; mailboxes: number }>(
      'SELECT (SELECT count(*) FROM message) AS messages, (SELECT count(*) FROM tombstone) AS tombstones, (SELECT count(*) FROM mailbox) AS mailboxes',
    )
    const steps = []
    while (purge.removed()) steps.push(Object.values(left() ?? {}).join(' '))
    assert.deepEqual(steps, ['4 5 1', '2 5 1', '0 5 1', '0 0 1', '0 0 0'])
  } finally {
    db.close()
    rmSync(folder, { recursive: true })
  }
})
