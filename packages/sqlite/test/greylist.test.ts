import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from '../src/connection.ts'
import { GREYLIST_FORGOTTEN, GREYLIST_MARKS, GREYLIST_NETWORKS } from '../src/limits.ts'
import { migrate } from '../src/migrate.ts'
import { Sql } from '../src/sql.ts'
import { GreylistTable } from '../src/writer/greylist.ts'
import { temporaryFolder } from './temporary.ts'

function withTable(run: (table: GreylistTable, count: (of: 'mark' | 'network') => number, sql: Sql) => void): void {
  const folder = temporaryFolder()
  const db = connect(join(folder, 'mail.db'), 'create')
  try {
    migrate(db, 'mail.db')
    const sql = new Sql(db)
    run(new GreylistTable(sql), (of) => sql.get<{ n: number }>(`SELECT count(*) AS n FROM greylist_${of}`)()?.n ?? -1, sql)
  } finally {
    db.close()
    rmSync(folder, { recursive: true })
  }
}

test('the oldest marks and networks go when there are too many', () => {
  withTable((table, count, sql) => {
    for (const name of ['a', 'b', 'c']) table.note({ network: name, sender: '', recipient: '' }, 1)
    for (const name of ['a', 'b', 'c', 'a']) table.allow(`${name}${name}`, 1)
    // As if many others had come in between.
    sql.db.exec(`UPDATE sqlite_sequence SET seq = ${GREYLIST_MARKS + 1} WHERE name = 'greylist_mark'`)
    sql.db.exec(`UPDATE sqlite_sequence SET seq = ${GREYLIST_NETWORKS + 2} WHERE name = 'greylist_network'`)
    table.note({ network: 'd', sender: '', recipient: '' }, 2)
    table.allow('dd', 2)
    const names = (of: string): string[] =>
      sql
        .all<{ network: string }>(`SELECT network FROM ${of} ORDER BY id`)()
        .map(({ network }) => network)
    assert.deepEqual(names('greylist_mark'), ['c', 'd'])
    assert.deepEqual(names('greylist_network'), ['aa', 'dd'], 'one that was let through again is young')
    table.note({ network: 'd', sender: '', recipient: '' }, 3)
    assert.equal(count('mark'), 2)
  })
})

test('one step forgets few', () => {
  withTable((table, count) => {
    for (let n = 0; n < GREYLIST_FORGOTTEN + 3; n++) table.note({ network: `${n}`, sender: '', recipient: '' }, n)
    assert.deepEqual(table.forget(10_000, 10_000), { forgotten: GREYLIST_FORGOTTEN, more: true })
    assert.deepEqual(table.forget(10_000, 10_000), { forgotten: 3, more: false })
    assert.equal(count('mark'), 0)
  })
})
