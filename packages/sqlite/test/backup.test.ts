import assert from 'node:assert/strict'
import { chmodSync, copyFileSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import type { MailStore, Uid } from '@mailstead/store'
import { append, DOMAIN, fetchOne, newPerson, octetsOf, rejectsWith, StandingClock, text } from '@mailstead/store/contract'
import { checkConsistency, restoreDatabase, RestoreError } from '@mailstead/sqlite'
import { connect } from '../src/connection.ts'
import { fixtureOf, type Temporary, withTemporary } from './temporary.ts'

const clock = new StandingClock()

describe('backup and restore', () => {
  test('a backup made while others write is complete; restored, it has new UIDVALIDITYs, old UIDLs, and reuses no id', async () => {
    await withTemporary(clock, async (temporary) => {
      await temporary.store.directory.addDomain(DOMAIN)
      const fixture = fixtureOf(temporary, clock)
      const { account, store, inbox } = await newPerson(fixture)
      await append(fixture.backend, store, inbox.id, [{ octets: text('in the backup') }])
      const file = join(dirname(temporary.path), 'backup.db')
      const writing = append(
        fixture.backend,
        store,
        inbox.id,
        Array.from({ length: 20 }, () => ({})),
      )
      await temporary.store.maintenance.backup(file)
      await writing
      assert.deepEqual(checkConsistency(file).problems, [])
      const copy = connect(file, 'reader')
      assert.equal(
        copy.prepare("SELECT value FROM meta WHERE key = 'restored'").pluck().get(),
        1,
        'also for who copies it into place by hand',
      )
      copy.close()
      const row = await fetchOne(store, inbox.id, 1 as Uid)
      await append(fixture.backend, store, inbox.id, [{ octets: text('after the backup') }])
      const [lost] = await store.fetch(inbox.id, [22 as Uid], {})
      const lostMailbox = await store.createMailbox('after the backup')
      await temporary.store.close()

      clock.advance(1000)
      chmodSync(file, 0o644)
      restoreDatabase(file, temporary.path)
      assert.equal(statSync(temporary.path).mode & 0o077, 0)
      const again = await temporary.reopen()
      const restored = again.store.stores.for(account.id)
      const mailbox = await restored.openMailbox('INBOX')
      assert.ok(mailbox.uidValidity > lostMailbox.uidValidity)
      assert.equal(mailbox.id, inbox.id)
      const same = await fetchOne(restored, mailbox.id, 1 as Uid)
      assert.deepEqual({ ...same, blob: 0 }, { ...row, blob: 0 })
      assert.deepEqual(await octetsOf(restored, same), text('in the backup'))
      const [uid] = await append(fixtureOf(again, clock).backend, restored, mailbox.id, [{}])
      const [fresh] = await restored.fetch(mailbox.id, [uid as Uid], {})
      assert.ok(fresh && lost)
      assert.ok(fresh.uidl > lost.uidl && fresh.emailId > lost.emailId)
      assert.ok((await restored.createMailbox('new')).id > lostMailbox.id)
      const names = (await restored.listMailboxes()).map(({ uidValidity }) => uidValidity)
      assert.equal(new Set(names).size, names.length)
      assert.ok(!existsSync(`${temporary.path}.replaced`))

      const third = await again.reopen()
      assert.equal((await third.store.stores.for(account.id).openMailbox('INBOX')).uidValidity, mailbox.uidValidity, 'once only')
      return third
    })
  })

  test('a backup comes to its end under steady writing, and is nobody else’s to read', async () => {
    await withTemporary(clock, async (temporary) => {
      const store = await somebodyWith(temporary, 5, 6_000_000)
      const file = join(dirname(temporary.path), 'backup.db')
      const done = new AbortController()
      const backup = temporary.store.maintenance.backup(file).finally(() => done.abort())
      const writers = [1, 2, 3, 4].map(async (writer) => {
        for (let n = 0; n < 10_000 && !done.signal.aborted; n++) await store.subscribe(`${writer} ${n}`)
      })
      await Promise.all(writers)
      assert.ok(done.signal.aborted, 'each write began the copy anew')
      await backup
      assert.deepEqual(checkConsistency(file).problems, [])
      assert.equal(statSync(file).mode & 0o077, 0)
      return temporary
    })
  })

  test('closing ends a backup that is under way, and leaves nothing of it', async () => {
    await withTemporary(clock, async (temporary) => {
      await somebodyWith(temporary, 12, 1_000_000)
      const backup = temporary.store.maintenance.backup(join(dirname(temporary.path), 'backup.db'))
      const refused = rejectsWith('unavailable', backup)
      await temporary.store.close()
      await refused
      assert.deepEqual(readdirSync(dirname(temporary.path)), ['mail.db'])
      return temporary.reopen()
    })
  })

  test('what is no backup is refused and harms nothing', async () => {
    await withTemporary(clock, async (temporary) => {
      await temporary.store.close()
      const folder = dirname(temporary.path)
      const junk = join(folder, 'junk')
      writeFileSync(junk, 'this is no database, '.repeat(1000))
      assert.throws(() => restoreDatabase(junk, temporary.path), RestoreError)
      assert.throws(() => restoreDatabase(join(folder, 'nothing'), temporary.path), RestoreError)
      const { default: Database } = await import('better-sqlite3')
      const foreign = new Database(join(folder, 'foreign.db'))
      foreign.exec('CREATE TABLE t (a)')
      foreign.close()
      assert.throws(() => restoreDatabase(join(folder, 'foreign.db'), temporary.path), /not a backup/)
      const damaged = join(folder, 'damaged.db')
      copyFileSync(temporary.path, damaged)
      const { openSync, writeSync, closeSync } = await import('node:fs')
      const fd = openSync(damaged, 'r+')
      writeSync(fd, Buffer.alloc(40_000, 0xff), 0, 40_000, 40_000)
      closeSync(fd)
      assert.throws(() => restoreDatabase(damaged, temporary.path), RestoreError)
      assert.ok(!existsSync(`${temporary.path}.restoring`))
      return temporary.reopen()
    })
  })
})

/** The store of one who has so many messages of that many octets. */
async function somebodyWith(temporary: Temporary, count: number, size: number): Promise<MailStore> {
  await temporary.store.directory.addDomain(DOMAIN)
  const fixture = fixtureOf(temporary, clock)
  const { store, inbox } = await newPerson(fixture)
  await append(
    fixture.backend,
    store,
    inbox.id,
    Array.from({ length: count }, () => ({ octets: Buffer.alloc(size, 'x') })),
  )
  return store
}
