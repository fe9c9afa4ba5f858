import assert from 'node:assert/strict'
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CHUNK_SIZE } from '@mailstead/store'
import { append, DOMAIN, newPerson, StandingClock, text } from '@mailstead/store/contract'
import { connect } from '../src/connection.ts'
import { maintenanceOps } from '../src/maintenance/ops.ts'
import { migrate } from '../src/migrate.ts'
import { GroupCommitter } from '../src/writer/group.ts'
import { asBackend, openTemporary, temporaryFolder } from './temporary.ts'

const MIB = 1024 * 1024
const clock = new StandingClock()

test('an emptied WAL is written over, and shrinks only when it is told to', () => {
  const folder = temporaryFolder()
  const path = join(folder, 'mail.db')
  const db = connect(path, 'create')
  migrate(db, path)
  const committer = new GroupCommitter(path)
  let id = 0
  const call = (op: string, ...args: unknown[]): unknown => {
    const [answer] = committer.run([{ id: ++id, op, args, now: 0, octets: 0, lazy: false }]).answers
    return answer !== undefined && 'value' in answer ? answer.value : assert.fail(answer?.error.message)
  }
  const grow = (): number => {
    call('writeChunk', undefined, 0, new Uint8Array(CHUNK_SIZE))
    return statSync(`${path}-wal`).size
  }
  try {
    const ops = maintenanceOps(db, path, new AbortController().signal)
    grow()
    const size = grow()
    assert.ok(ops.checkpoint().used > 2 * CHUNK_SIZE)
    committer.restartWal(false)
    assert.equal(grow(), size)
    const { wal, used } = ops.checkpoint()
    assert.equal(wal, size)
    assert.ok(used < size && used > CHUNK_SIZE)
    committer.restartWal(true)
    assert.equal(statSync(`${path}-wal`).size, 0)
  } finally {
    committer.close()
    db.close()
    rmSync(folder, { recursive: true })
  }
})

test('no reader, however slow its caller, keeps the WAL from being emptied', async () => {
  const temporary = await openTemporary({ clock })
  const db = connect(temporary.path, 'maintenance')
  try {
    const ops = maintenanceOps(db, temporary.path, new AbortController().signal)
    const backend = asBackend(temporary)
    await temporary.store.directory.addDomain(DOMAIN)
    const { store, inbox } = await newPerson({ backend, clock })
    await append(backend, store, inbox.id, [{ octets: text('first') }])
    const listing = store.listMessages(inbox.id)[Symbol.asyncIterator]()
    await listing.next() // and the caller goes on to other things
    const write = async (): Promise<number> => {
      for (let n = 0; n < 8; n++) {
        await append(backend, store, inbox.id, [{ octets: Buffer.alloc(2 * MIB, 'x') }])
        await store.fetch(inbox.id, [1 as never], { envelope: true })
        ops.checkpoint()
      }
      return ops.checkpoint().wal
    }
    assert.ok((await write()) < 6 * MIB)

    const stuck = connect(temporary.path, 'reader')
    stuck.exec('BEGIN')
    stuck.prepare('SELECT count(*) FROM mailbox').get()
    assert.ok((await write()) > 16 * MIB, 'what a stuck reader would do')
    stuck.close()
    assert.ok(ops.checkpoint().wal > 16 * MIB, 'the file shrinks when the writer empties it')
  } finally {
    db.close()
    await temporary.store.close()
    temporary.remove()
  }
})
