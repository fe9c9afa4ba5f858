import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { silentLogger, systemClock } from '@mailstead/base'
import { CHUNK_SIZE, NO_FLAGS, type Uid } from '@mailstead/store'
import { append, DOMAIN, fetchOne, newPerson, NOON, stage, StandingClock, text } from '@mailstead/store/contract'
import { RENDERER_VERSION } from '@mailstead/mime'
import { ManualClock } from '@mailstead/testkit'
import { checkConsistency, NewerSchemaError, openSqlite, type SqliteStore } from '@mailstead/sqlite'
import { connect } from '../src/connection.ts'
import { LOGINS_MS } from '../src/limits.ts'
import { migrations } from '../src/migrate.ts'
import { fixtureOf, openTemporary, temporaryFolder, type Temporary, withTemporary } from './temporary.ts'

const clock = new StandingClock()

describe('opening', () => {
  test('every connection has the settings the promises rest on, also on a file that was there', async () => {
    await withTemporary(clock, async (temporary) => {
      const again = await temporary.reopen()
      for (const role of ['create', 'writer', 'maintenance'] as const) {
        const db = connect(again.path, role)
        assert.deepEqual(
          ['journal_mode', 'synchronous', 'page_size', 'auto_vacuum', 'foreign_keys', 'wal_autocheckpoint'].map((name) =>
            db.pragma(name, { simple: true }),
          ),
          ['wal', 2, 4096, 2, 1, 0],
          role,
        )
        db.close()
      }
      assert.equal(statSync(again.path).mode & 0o077, 0, 'nobody else reads mail')
      return again
    })
  })

  test('without being set, synchronous is NORMAL on a reopened file: what the assertion is for', async () => {
    await withTemporary(clock, async (temporary) => {
      const { default: Database } = await import('better-sqlite3')
      const db = new Database(temporary.path)
      assert.equal(db.pragma('synchronous', { simple: true }), 1)
      db.close()
      return temporary
    })
  })

  test('a database of an earlier version keeps its pages of 16 KiB', async () => {
    const folder = temporaryFolder()
    const { default: Database } = await import('better-sqlite3')
    const path = join(folder, 'mail.db')
    const db = new Database(path)
    db.exec('PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL')
    db.close()
    const temporary = await openTemporary({ clock }, folder)
    try {
      await temporary.store.directory.addDomain(DOMAIN)
      const backup = join(folder, 'backup.db')
      await temporary.store.maintenance.backup(backup)
      while (await temporary.store.maintenance.purgeExpunged(clock.now()));
      for (const file of [path, backup]) {
        const reader = connect(file, 'reader')
        assert.equal(reader.pragma('page_size', { simple: true }), 16_384)
        reader.close()
        assert.deepEqual(checkConsistency(file).problems, [])
      }
    } finally {
      await temporary.store.close()
      temporary.remove()
    }
  })

  test('a database with another page size is refused', async () => {
    const folder = temporaryFolder()
    const { default: Database } = await import('better-sqlite3')
    const path = join(folder, 'mail.db')
    const db = new Database(path)
    db.exec('PRAGMA page_size = 8192; CREATE TABLE t (a)')
    db.close()
    await assert.rejects(openSqlite({ path, log: silentLogger, clock }), /page_size = 8192/)
  })

  test('a schema newer than the program is refused, in words', async () => {
    await withTemporary(clock, async (temporary) => {
      await temporary.store.close()
      const db = connect(temporary.path, 'writer')
      db.prepare('INSERT INTO migration VALUES (?, ?, ?)').run((migrations().at(-1)?.number ?? 0) + 1, 'from-the-future', 0)
      db.close()
      await assert.rejects(openSqlite({ path: temporary.path, log: silentLogger, clock }), (error) => {
        assert.ok(error instanceof NewerSchemaError)
        assert.match(error.message, /newer version/)
        return true
      })
      return temporary
    })
  })

  test('a folder that is not there is an error that says so', async () => {
    await assert.rejects(openSqlite({ path: '/nonexistent/folder/mail.db', log: silentLogger, clock: systemClock }), /ENOENT.*nonexistent/)
  })

  test('what was postponed is written though nothing else commits', async () => {
    const hands = new ManualClock()
    await withTemporary(hands, async (temporary) => {
      const { directory } = temporary.store
      await directory.addDomain(DOMAIN)
      const { account } = await newPerson(fixtureOf(temporary, clock))
      directory.noteLogin(account.id, (await directory.credentials(account.id))[0]?.id ?? 0, 4711)
      hands.advance(LOGINS_MS)
      while ((await directory.account(account.id))?.lastLoginAt !== 4711) await new Promise((resolve) => setTimeout(resolve, 20))
      return temporary
    })
  })

  test('what is there before is there after, ids go on', async () => {
    await withTemporary(clock, async (temporary) => {
      await temporary.store.directory.addDomain(DOMAIN)
      const first = fixtureOf(temporary, clock)
      const { account, store, inbox } = await newPerson(first)
      await append(first.backend, store, inbox.id, [{ octets: text('kept') }, {}])
      await store.recent(inbox.id, true)
      const credential = (await temporary.store.directory.credentials(account.id))[0]
      temporary.store.directory.noteLogin(account.id, credential?.id ?? 0, 4711)
      await store.expunge(inbox.id, { uids: [2 as Uid], anyFlags: true })
      const before = await store.mailboxById(inbox.id)
      const row = await fetchOne(store, inbox.id, 1 as Uid)

      const again = await temporary.reopen()
      const reopened = again.store.stores.for(account.id)
      assert.deepEqual(await reopened.mailboxById(inbox.id), before)
      assert.deepEqual(await fetchOne(reopened, inbox.id, 1 as Uid), row)
      assert.equal(await reopened.recent(inbox.id, false), 3, 'a claim is written at the latest on closing')
      assert.equal((await again.store.directory.account(account.id))?.lastLoginAt, 4711)
      assert.deepEqual(await append(fixtureOf(again, clock).backend, reopened, inbox.id, [{}]), [3])
      return again
    })
  })

  test('blobs that were still arriving are swept', async () => {
    await withTemporary(clock, async (temporary) => {
      const writer = temporary.store.stores.blobs.stage()
      await writer.write(Buffer.alloc(3 * CHUNK_SIZE, 'x'))
      await stage(fixtureOf(temporary, clock).backend, Buffer.alloc(2 * CHUNK_SIZE, 'y'))
      await new Promise((resolve) => setTimeout(resolve, 20))
      assert.ok(checkConsistency(temporary.path).staged > 0)
      const again = await temporary.reopen()
      assert.deepEqual(checkConsistency(again.path), { problems: [], staged: 0 })
      return again
    })
  })
})

describe('what an older renderer made', () => {
  async function withOutdated(size: number, look: (temporary: Temporary, read: () => Promise<Buffer>) => Promise<void>): Promise<void> {
    await withTemporary(clock, async (temporary) => {
      await temporary.store.directory.addDomain(DOMAIN)
      const { account, store, inbox } = await newPerson(fixtureOf(temporary, clock))
      const octets = Buffer.concat([text('rendered anew'), Buffer.alloc(size, 'x')])
      await append(fixtureOf(temporary, clock).backend, store, inbox.id, [{ octets }])
      const envelope = async (from: SqliteStore): Promise<Buffer> => {
        const [row] = await from.stores.for(account.id).fetch(inbox.id, [1 as Uid], { envelope: true })
        return Buffer.from(row?.envelope ?? [])
      }
      const good = await envelope(temporary.store)
      assert.match(good.toString(), /rendered anew/)
      await temporary.store.close()
      const db = connect(temporary.path, 'writer')
      db.exec(
        "UPDATE rendered SET version = 0, envelope = x'00', structure = x'00'; UPDATE meta SET value = 0 WHERE key = 'rendered-version'",
      )
      db.close()
      const again = await temporary.reopen()
      await look(again, async () => {
        assert.deepEqual(await envelope(again.store), good)
        return good
      })
      return again
    })
  }

  test('is made again when it is read, without the octets being touched', async () => {
    await withOutdated(2 * CHUNK_SIZE, async (temporary, read) => {
      await Promise.all([read(), read()])
      assert.deepEqual(temporary.check(), [])
    })
  })

  test('is made again in the background', async () => {
    await withOutdated(10, async ({ path }) => {
      const db = connect(path, 'reader')
      const versions = db.prepare('SELECT version FROM rendered').pluck()
      const end = Date.now() + 10_000
      const mark = db.prepare("SELECT value FROM meta WHERE key = 'rendered-version'").pluck()
      while (mark.get() === 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 5))
      assert.deepEqual([versions.get(), mark.get()], [RENDERER_VERSION, RENDERER_VERSION])
      db.close()
    })
  })
})

test('the consistency check finds what is planted', async () => {
  const temporary = await openTemporary({ clock })
  try {
    await temporary.store.directory.addDomain(DOMAIN)
    const fixture = fixtureOf(temporary, clock)
    const { store, inbox } = await newPerson(fixture)
    const blob = await stage(fixture.backend, text('x'))
    await store.append(inbox.id, [{ blob, flags: NO_FLAGS, internalDate: NOON }])
    await temporary.store.close()
    assert.deepEqual(checkConsistency(temporary.path).problems, [])
    for (const [damage, undo, says] of [
      ['UPDATE mailbox SET unseen = 7 WHERE messages = 1', 'UPDATE mailbox SET unseen = 1 WHERE messages = 1', /counters of a mailbox/],
      ['UPDATE account SET used_octets = used_octets + 1', 'UPDATE account SET used_octets = used_octets - 1', /use of an account/],
      ['UPDATE email SET refs = 2', 'UPDATE email SET refs = 1', /references of an email/],
      ['UPDATE blob SET refs = 2', 'UPDATE blob SET refs = 1', /references of a blob/],
      ["INSERT INTO blob_chunk VALUES (65536000, x'00')", 'DELETE FROM blob_chunk WHERE id = 65536000', /a chunk without a blob/],
      ['UPDATE message SET modseq = modseq + 100', 'UPDATE message SET modseq = modseq - 100', /modseq above/],
      ['UPDATE mailbox SET uidnext = 1 WHERE messages = 1', 'UPDATE mailbox SET uidnext = 2 WHERE messages = 1', /UIDNEXT/],
    ] as const) {
      const db = connect(temporary.path, 'writer')
      db.exec(damage)
      assert.match(checkConsistency(temporary.path).problems.join('\n'), says)
      db.exec(undo)
      db.close()
    }
    assert.deepEqual(checkConsistency(temporary.path).problems, [])
  } finally {
    await temporary.store.close()
    temporary.remove()
  }
})
