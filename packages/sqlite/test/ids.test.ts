import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect } from '../src/connection.ts'
import { IDS_AHEAD } from '../src/limits.ts'
import { migrate } from '../src/migrate.ts'
import { Sql } from '../src/sql.ts'
import { Ids } from '../src/writer/ids.ts'

const folder = mkdtempSync(join(tmpdir(), 'mailstead-ids-'))
const path = join(folder, 'mail.db')
const db = connect(path, 'create')
migrate(db, path)
const sql = new Sql(db)
after(() => {
  db.close()
  rmSync(folder, { recursive: true })
})

const taken = (ids: Ids, count: number): number[] => Array.from({ length: count }, () => ids.next('email'))
const reserved = sql.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'email'")

test('ids go up one by one, each table has its own, and a page is written once for many', () => {
  const ids = new Ids(sql)
  const [first = 0, ...others] = taken(ids, IDS_AHEAD)
  assert.deepEqual(
    others,
    others.map((_, n) => first + 1 + n),
  )
  assert.equal(reserved()?.seq, others.at(-1))
  assert.equal(ids.next('blob'), 1)
  assert.equal(ids.next('email'), first + IDS_AHEAD)
})

test('whoever begins anew begins above all that was given', () => {
  const [last = 0] = taken(new Ids(sql), 1)
  assert.ok(new Ids(sql).next('email') > last)
})

test('what was reserved by an act that is rolled back is not given out', () => {
  const ids = new Ids(sql)
  db.exec('BEGIN')
  taken(ids, 1)
  db.exec('ROLLBACK')
  ids.forget()
  const [kept = 0] = taken(ids, 1)
  assert.ok(kept <= (reserved()?.seq ?? 0), 'it is reserved')
  assert.ok(new Ids(sql).next('email') > kept)
})
