import assert from 'node:assert/strict'
import { test } from 'node:test'
import { append, DOMAIN, newPerson, StandingClock, text } from '@mailstead/store/contract'
import { connect } from '../src/connection.ts'
import { maintenanceOps } from '../src/maintenance/ops.ts'
import { asBackend, openTemporary } from './temporary.ts'

const MIB = 1024 * 1024
const clock = new StandingClock()

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
