import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { checkConsistency } from '@mailstead/sqlite'
import { DOMAIN, newPerson, QueueBench, queuedTo, StandingClock } from '@mailstead/store/contract'
import { connect, type Connection } from '../src/connection.ts'
import { asBackend, openTemporary, type Temporary } from './temporary.ts'

let temporary: Temporary
let db: Connection

before(async () => {
  const clock = new StandingClock()
  temporary = await openTemporary({ clock })
  const bench = new QueueBench(asBackend(temporary), clock)
  await temporary.store.directory.addDomain(DOMAIN)
  const { account } = await newPerson(bench)
  const copies = [{ mailFrom: 'srs@one.test', prefix: Buffer.from('X: 1\r\n'), own: true }]
  await bench.send(account.id, ['a@one.test', queuedTo('b@two.test', { held: true, copy: 0 })], { copies })
  await bench.send(account.id, ['c@three.test'])
  await temporary.store.queue.act({ domain: 'three.test' }, { kind: 'bounce', diagnosis: { status: '5.0.0', text: 'No' } })
  await temporary.store.close()
  db = connect(temporary.path, 'maintenance')
})
after(() => {
  db.close()
  temporary.remove()
})

const broken: [name: string, sql: string, says: RegExp][] = [
  ['a lane that is too late', 'UPDATE queue_lane SET due_at = due_at + 1', /^a lane of the queue differs/m],
  ['a lane of nothing', "INSERT INTO queue_lane VALUES (1, 'none.test', 0)", /^a lane of the queue differs/m],
  [
    'a lane of what is held',
    'INSERT INTO queue_lane SELECT account_id, domain, due_at FROM queue_entry WHERE held = 1',
    /^a lane of the queue differs/m,
  ],
  ['a lane that is lost', 'DELETE FROM queue_lane', /^a lane of the queue differs/m],
  ['an entry in another account’s lane', 'UPDATE queue_entry SET account_id = account_id + 1', /lane is of another account/],
  [
    'an entry without octets',
    'UPDATE acceptance SET blob_id = NULL',
    /^queued recipients, or reports that are owed, without their message/m,
  ],
  ['octets of a report that is gone', 'DELETE FROM queue_report', /^a message kept for the queue of which nothing waits/m],
  ['a copy that is lost', 'DELETE FROM queue_copy', /^queued recipients whose copy is gone/m],
  [
    'a copy of nothing',
    "INSERT INTO queue_copy SELECT NULL, queue_id, '', x'', 1, NULL, NULL, NULL FROM acceptance; UPDATE acceptance SET blob_id = NULL",
    /^copies of a message of which/m,
  ],
  ['octets that nobody counts', 'UPDATE blob SET refs = refs + 1', /^references of a blob/m],
]

for (const [name, sql, says] of broken) {
  test(`the check finds ${name}`, () => {
    assert.deepEqual(checkConsistency(temporary.path).problems, [])
    const undo = snapshot()
    db.exec(sql)
    assert.match(checkConsistency(temporary.path).problems.join('\n'), says)
    undo()
  })
}

/** Puts the tables of the queue back as they are now. */
function snapshot(): () => void {
  const tables = ['queue_entry', 'queue_lane', 'queue_report', 'queue_copy', 'acceptance', 'blob']
  for (const table of tables) db.exec(`CREATE TEMP TABLE saved_${table} AS SELECT * FROM ${table}`)
  return () => {
    db.pragma('foreign_keys = OFF')
    for (const table of tables)
      db.exec(`DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM saved_${table}; DROP TABLE saved_${table}`)
    db.pragma('foreign_keys = ON')
  }
}
