import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect, type Connection } from '../src/connection.ts'
import { PURGE_OCTETS, PURGE_ROWS, TRACE_KEPT_MS } from '../src/limits.ts'
import { migrate } from '../src/migrate.ts'
import { mintedAt } from '../src/queue-ids.ts'
import { Sql } from '../src/sql.ts'
import { BlobTable } from '../src/writer/blobs.ts'
import { EmailTable } from '../src/writer/emails.ts'
import { PurgeTable } from '../src/writer/purge.ts'
import { temporaryFolder } from './temporary.ts'

function withDatabase(run: (db: Connection, sql: Sql, purge: PurgeTable) => void): void {
  const folder = temporaryFolder()
  const db = connect(join(folder, 'mail.db'), 'create')
  try {
    migrate(db, 'mail.db')
    const sql = new Sql(db)
    const purge = new PurgeTable(sql, new EmailTable(sql, new BlobTable(sql)))
    run(db, sql, purge)
  } finally {
    db.close()
    rmSync(folder, { recursive: true })
  }
}

test('one step of a purge frees few octets, and at least one message', () => {
  withDatabase((db, sql, purge) => {
    db.exec(`INSERT INTO account (created_at) VALUES (0);
      INSERT INTO mailbox (account_id, name, uidvalidity, highest_modseq, created_at) VALUES (1, NULL, 1, 1, 0)`)
    const bury = sql.run('INSERT INTO tombstone (mailbox_id, uid, modseq, expunged_at, size, email_id) VALUES (1, ?, 1, 0, ?, ?)')
    const message = sql.run(`INSERT INTO message (mailbox_id, uid, modseq, flags, kw0, kw1, kw2, kw3, size, internal_at, internal_zone,
      saved_at, email_id, uidl) VALUES (1, ?, 1, 0, 0, 0, 0, 0, ?, 0, 0, 0, ?, ?)`)
    const sizes = [PURGE_OCTETS + 1, PURGE_OCTETS / 2, PURGE_OCTETS / 2, 1, 1]
    for (const [n, size] of sizes.entries()) bury(n + 1, size, n + 1)
    assert.deepEqual(purge.expunged(1, 0), { freed: 1, more: true })
    assert.deepEqual(purge.expunged(1, 0), { freed: 2, more: true })
    assert.deepEqual(purge.expunged(1, 0), { freed: 2, more: false })

    for (const [n, size] of sizes.entries()) message(n + 10, size, n + 10, n + 10)
    const left = sql.get<{ messages: number; tombstones: number; mailboxes: number }>(
      'SELECT (SELECT count(*) FROM message) AS messages, (SELECT count(*) FROM tombstone) AS tombstones, (SELECT count(*) FROM mailbox) AS mailboxes',
    )
    const steps = []
    while (purge.removed()) steps.push(Object.values(left() ?? {}).join(' '))
    assert.deepEqual(steps, ['4 5 1', '2 5 1', '0 5 1', '0 0 1', '0 0 0'])
  })
})

test('a purge forgets the traces of long ago, except where recipients still wait', () => {
  withDatabase((_db, sql, purge) => {
    const accepted = sql.run(`INSERT INTO acceptance (queue_id, mail_from, protocol, received_at, received_zone, size, blob_id)
      VALUES (?, '', 'ESMTP', ?, 0, 1, ?)`)
    const event = sql.run("INSERT INTO trace_event (queue_id, seq, at, event, recipient, detail) VALUES (?, 0, 0, 'accepted', '', '')")
    const id = (n: number, at = 0): string => `${mintedAt(at)}${n}`
    for (let n = 0; n < PURGE_ROWS + 2; n++) {
      const at = n === PURGE_ROWS + 1 ? 1 : 0
      accepted(id(n, at), at, n === 5 ? 77 : null)
      event(id(n, at))
    }
    assert.deepEqual(purge.expunged(0, TRACE_KEPT_MS + 1), { freed: 0, more: true })
    assert.deepEqual(purge.expunged(0, TRACE_KEPT_MS + 1), { freed: 0, more: false })
    for (const table of ['acceptance', 'trace_event']) {
      const left = sql.raw<[string]>(`SELECT queue_id FROM ${table} ORDER BY queue_id`)()
      assert.deepEqual(left.flat(), [id(5), id(PURGE_ROWS + 1, 1)])
    }
  })
})
