import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { QueueId } from '@mailstead/store'
import { connect } from '../src/connection.ts'
import { SLOTS } from '../src/limits.ts'
import { migrate, MIGRATIONS, migrations } from '../src/migrate.ts'
import { mintedAt } from '../src/queue-ids.ts'
import { traceReads } from '../src/reader/trace.ts'
import { Sql } from '../src/sql.ts'
import { keyHash } from '../src/trace-keys.ts'
import { temporaryFolder } from './temporary.ts'

const folder = temporaryFolder()
after(() => rmSync(folder, { recursive: true }))
const url = pathToFileURL(`${folder}/`)

const add = (name: string, table: string): void => writeFileSync(join(folder, name), `CREATE TABLE ${table} (a INTEGER) STRICT;`)

test('each migration is applied once, also one that came after a later number', () => {
  const path = join(folder, 'mail.db')
  const db = connect(path, 'create')
  add('0001-first.sql', 'first')
  add('0003-third.sql', 'third')
  assert.equal(migrate(db, path, url), 3)
  add('0002-second.sql', 'second')
  assert.equal(migrate(db, path, url), 3)
  const applied = db.prepare<[], { name: string }>('SELECT name FROM migration ORDER BY rowid').all()
  assert.deepEqual(
    applied.map(({ name }) => name),
    ['0001-first.sql', '0002-second.sql', '0003-third.sql'],
  )
  assert.ok(db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'second'").get() !== undefined)
  db.close()
})

test('two migrations with one number are refused', () => {
  add('0003-other.sql', 'other')
  assert.throws(() => migrations(url), /has the number of another/)
})

test('a mailbox whose name now means those of others gets another, with what is below it', () => {
  const old = join(folder, 'old')
  mkdirSync(old)
  for (const { number, name } of migrations()) if (number < 8) copyFileSync(new URL(name, MIGRATIONS), join(old, name))
  const path = join(folder, 'old.db')
  const db = connect(path, 'create')
  migrate(db, path, pathToFileURL(`${old}/`))
  db.exec(`INSERT INTO account (created_at) VALUES (0);
    INSERT INTO mailbox (account_id, name, uidvalidity, highest_modseq, created_at)
      VALUES (1, 'Other Users', 1, 1, 0), (1, 'Other Users/x', 2, 1, 0), (1, 'Other Users 2', 3, 1, 0);
    INSERT INTO subscription VALUES (1, 'Other Users/x');`)
  migrate(db, path)
  const names = (table: string): unknown[] => db.prepare(`SELECT name FROM ${table} ORDER BY name`).pluck().all()
  assert.deepEqual(names('mailbox'), ['Other Users 2', 'Own Other Users', 'Own Other Users/x'])
  assert.deepEqual(names('subscription'), ['Own Other Users/x'])
  db.close()
})

test('recipients that were queued before there were lanes are due', () => {
  const old = join(folder, 'unqueued')
  mkdirSync(old)
  for (const { number, name } of migrations()) if (number < 16) copyFileSync(new URL(name, MIGRATIONS), join(old, name))
  const path = join(folder, 'unqueued.db')
  const db = connect(path, 'create')
  migrate(db, path, pathToFileURL(`${old}/`))
  const columns = 'queue_id, mail_from, protocol, account_id, received_at, received_zone, size, blob_id'
  db.exec(`INSERT INTO acceptance (${columns}) VALUES ('Q1', 'a@example.org', 'ESMTPSA', 7, 0, 0, 1, 1), ('Q2', '', 'ESMTP', NULL, 0, 0, 1, 1);
    INSERT INTO queue_entry (queue_id, recipient, notify, queued_at) VALUES ('Q1', 'x@Example.NET', 'NEVER', 5), ('Q1', '"y@z"@example.net', NULL, 4),
      ('Q2', 'z@[192.0.2.1]', NULL, 6)`)
  migrate(db, path)
  const rows = (sql: string): unknown[] => db.prepare(sql).raw().all()
  assert.deepEqual(rows('SELECT id, queue_id, account_id, domain, rank, due_at, held, attempts, recipient, notify FROM queue_entry'), [
    [1, 'Q1', 7, 'example.net', 0, 5, 0, 0, 'x@Example.NET', 'NEVER'],
    [2, 'Q1', 7, 'example.net', 0, 4, 0, 0, '"y@z"@example.net', null],
    [3, 'Q2', 0, '[192.0.2.1]', 0, 6, 0, 0, 'z@[192.0.2.1]', null],
  ])
  assert.deepEqual(rows('SELECT * FROM queue_lane ORDER BY domain'), [
    [0, '[192.0.2.1]', 6],
    [7, 'example.net', 4],
  ])
  assert.deepEqual(rows('PRAGMA foreign_key_check'), [])
  db.close()
})

test('traces of before acceptances held them are found, and told, as they were', () => {
  const old = join(folder, 'traced')
  mkdirSync(old)
  for (const { number, name } of migrations()) if (number < 25) copyFileSync(new URL(name, MIGRATIONS), join(old, name))
  const path = join(folder, 'traced.db')
  const db = connect(path, 'create')
  migrate(db, path, pathToFileURL(`${old}/`))
  const at = 1_700_000_000_000
  const queueId = `${mintedAt(at)}00000001` as QueueId
  db.prepare(
    "INSERT INTO acceptance (queue_id, mail_from, protocol, received_at, received_zone, size) VALUES (?, 'a@example.org', 'ESMTP', ?, 0, 1)",
  ).run(queueId, at)
  db.prepare("INSERT INTO trace_event VALUES (?, 0, ?, 'accepted', '', 'as it was'), (?, 1, ?, 'delivered', 'b', 'too')").run(
    queueId,
    at,
    queueId,
    at,
  )
  db.prepare('INSERT INTO trace_key VALUES (?, ?, ?)').run(Math.floor(at / 3_600_000), keyHash('a@example.org'), queueId)
  migrate(db, path)
  const reads = traceReads(new Sql(db))
  assert.deepEqual(reads.trace(queueId), [
    { queueId, at, event: 'accepted', recipient: '', detail: 'as it was' },
    { queueId, at, event: 'delivered', recipient: 'b', detail: 'too' },
  ])
  const queries = [
    { about: 'a@example.org' },
    { about: 'A@example.org', since: at, before: at + 1 },
    { since: at, before: at + 1 },
    { queueId },
  ]
  for (const query of queries)
    assert.deepEqual(
      reads.traced(query, 10, at + 1).map((each) => each.receivedAt),
      [at],
    )
  for (const query of [{ about: 'a@example.org', since: at + 1 }, { before: at }, { about: 'b@example.org' }])
    assert.deepEqual(reads.traced(query, 10, at + 1), [])
  db.close()
})

test('a search of the trace goes on through more slots than one step has', () => {
  const path = join(folder, 'slots.db')
  const db = connect(path, 'create')
  migrate(db, path)
  const accepted = db.prepare(
    "INSERT INTO acceptance (queue_id, mail_from, protocol, received_at, received_zone, size) VALUES (?, '', 'ESMTP', ?, 0, 1)",
  )
  const key = db.prepare('INSERT INTO trace_key VALUES (?, ?, ?)')
  const first = 1_700_000_000_000
  const slots = 2 * SLOTS + 3
  for (let at = first; at < first + slots; at++) {
    accepted.run(mintedAt(at), at)
    key.run(at, keyHash(at % 7 === 0 ? 'seldom' : 'often'), mintedAt(at))
  }
  const reads = traceReads(new Sql(db))
  const times = (about: string, limit: number, since?: number): number[] =>
    reads.traced({ about, ...(since === undefined ? {} : { since }) }, limit, first + slots).map(({ receivedAt }) => receivedAt)
  const seldom = Array.from({ length: slots }, (_, n) => first + slots - 1 - n).filter((at) => at % 7 === 0)
  assert.deepEqual(times('seldom', slots), seldom)
  assert.deepEqual(times('seldom', 3), seldom.slice(0, 3))
  assert.deepEqual(times('seldom', slots, seldom[5]), seldom.slice(0, 6))
  assert.equal(times('often', slots).length, slots - seldom.length)
  db.close()
})
