import assert from 'node:assert/strict'
import { existsSync, mkdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import Database from 'better-sqlite3'
import { foldCase, type TextNeedle } from '@mailstead/mime'
import { append, delivery, DOMAIN, plan, text } from '@mailstead/store/contract'
import { rightsOf, type AccountId, type MailboxId, type MailStore, type TextFilter, type Uid } from '@mailstead/store'
import { checkSearchIndex, restoreDatabase, type SqliteStore } from '@mailstead/sqlite'
import { ManualClock } from '@mailstead/testkit'
import { INDEX_DELAY_MS, MAX_INDEXED_TEXT } from '../src/limits.ts'
import { openTemporary, temporaryFolder, type Temporary } from './temporary.ts'

interface Bench extends Temporary {
  readonly account: AccountId
  readonly mail: MailStore
  readonly inbox: MailboxId
  readonly index: string
}

async function bench(t: TestContext, temporary?: Temporary): Promise<Bench> {
  // Nothing is indexed behind the test's back: time stands still.
  const opened = temporary ?? (await openTemporary({ clock: new ManualClock() }))
  if (temporary === undefined) {
    await opened.store.directory.addDomain(DOMAIN)
    await opened.store.directory.addAccounts([{ localPart: 'ann', domain: DOMAIN, quota: undefined, argon2: 'none', mailboxes: [] }])
    t.after(() => opened.remove())
  }
  t.after(() => opened.store.close())
  const account = (await opened.store.directory.resolve('ann', DOMAIN))?.account.id as AccountId
  const mail = opened.store.stores.for(account)
  const { id } = await mail.openMailbox('INBOX')
  return { ...opened, account, mail, inbox: id, index: join(dirname(opened.path), 'search.index') }
}

function add({ store, mail, inbox }: Bench, ...bodies: string[]): Promise<readonly Uid[]> {
  return append(
    store as never,
    mail,
    inbox,
    bodies.map((body) => ({ octets: text('x', ['Content-Type: text/plain; charset=utf-8'], body) })),
  )
}

async function candidates({ mail, inbox }: Bench, filter: TextFilter | string): Promise<readonly number[]> {
  const all: Uid[] = []
  for await (const { uids } of mail.listMessages(inbox)) all.push(...([...uids] as Uid[]))
  return mail.searchCandidates(inbox, all, typeof filter === 'string' ? { text: foldCase(filter) } : filter)
}

const indexed = async ({ store }: { readonly store: SqliteStore }): Promise<void> => {
  while ((await store.maintenance.status()).unindexed > 0) await new Promise((resolve) => setImmediate(resolve))
}

test('the index excludes what cannot hold the texts, and nothing else', async (t) => {
  const it = await bench(t)
  await add(it, 'the quick brown fox', 'Straße nach Köln', 'a "quoted" * AND OR (word)', '日本語のテキスト', 'nothing of it\0here')
  assert.deepEqual(await candidates(it, 'quick'), [1, 2, 3, 4, 5])
  await it.store.maintenance.reindex()
  const table: [TextFilter | string, number[]][] = [
    ['QUICK BROWN', [1]],
    ['straße', [2]],
    ['"quoted" * and', [3]],
    ['本語の', [4]],
    ['ing', [5]],
    ['it\0here', [5]],
    ['it here', []],
    ['subject: x', [1, 2, 3, 4, 5]],
    ['qu', [1, 2, 3, 4, 5]],
    ['no such words', []],
    [{ any: [{ text: 'QUICK' }, { text: foldCase('köln') }] }, [1, 2]],
    [{ any: [{ text: 'QUICK' }, { text: 'Q' }] }, [1, 2, 3, 4, 5]],
    [{ all: [{ text: 'QU' }, { text: 'QUO' }] }, [3]],
    [{ all: [{ text: 'QUI' }, { any: [{ text: 'FOX' }, { text: 'CAT' }] }] }, [1]],
    [{ text: 'x'.repeat(3000) + foldCase('quick') }, []],
  ]
  for (const [filter, uids] of table) assert.deepEqual(await candidates(it, filter), uids, JSON.stringify(filter))
  await add(it, 'not yet indexed')
  assert.deepEqual(await candidates(it, 'quick'), [1, 6])
  assert.deepEqual(checkSearchIndex(it.path), [])
})

test('mail that came from another account is looked into, whatever the index says', async (t) => {
  const it = await bench(t)
  const directory = it.store.directory
  const [bob] = await directory.addAccounts([{ localPart: 'bob', domain: DOMAIN, quota: undefined, argon2: 'none', mailboxes: [] }])
  const mail = it.store.stores.for(bob?.id as AccountId)
  const { id } = await mail.openMailbox('INBOX')
  await it.mail.setRights(it.inbox, mail.actor, { mode: 'replace', rights: rightsOf('lri') })
  await append(it.store as never, mail, id, [{ octets: text('x', [], 'a red fox') }, { octets: text('x', [], 'a grey hen') }])
  await add(it, 'a blue whale')
  await mail.copy(id, [1 as Uid], it.inbox)
  await mail.move(id, [2 as Uid], it.inbox)
  await it.store.maintenance.reindex()
  await it.store.maintenance.reindex(it.account)
  await indexed(it)
  assert.deepEqual(await candidates(it, 'grey'), [2, 3])
  assert.deepEqual(await mail.searchCandidates(it.inbox, [1, 2, 3] as Uid[], { text: foldCase('whale') }), [1, 2, 3])
  assert.deepEqual(await mail.searchCandidates(id, [1] as Uid[], { text: foldCase('whale') }), [])
  assert.deepEqual(checkSearchIndex(it.path), [])
})

test('new mail is indexed a while after its commit', async (t) => {
  const clock = new ManualClock()
  const it = await bench(t, await withAnn(await openTemporary({ clock })))
  await add(it, 'one fish', 'two birds')
  assert.equal((await it.store.maintenance.status()).unindexed, 2)
  clock.advance(INDEX_DELAY_MS)
  await indexed(it)
  assert.deepEqual(await candidates(it, 'fish'), [1])
  await it.store.intake.accept(await plan(it.store as never, text('x', [], 'three cats'), { deliveries: [delivery(it.account)] }))
  clock.advance(INDEX_DELAY_MS)
  await indexed(it)
  assert.deepEqual(await candidates(it, 'cats'), [3])
  // The prefix of a delivery is text of the message.
  assert.deepEqual(await candidates(it, 'return-path:'), [3])
  it.remove()
})

async function withAnn(temporary: Temporary): Promise<Temporary> {
  await temporary.store.directory.addDomain(DOMAIN)
  await temporary.store.directory.addAccounts([{ localPart: 'ann', domain: DOMAIN, quota: undefined, argon2: 'none', mailboxes: [] }])
  return temporary
}

test('what is purged leaves the index, what is copied or moved stays', async (t) => {
  const it = await bench(t)
  await add(it, 'gone for good', 'copied', 'moved')
  await it.store.maintenance.reindex()
  const other = await it.mail.createMailbox('Other')
  await it.mail.copy(it.inbox, [2 as Uid], other.id)
  await it.mail.move(it.inbox, [3 as Uid], other.id)
  await it.mail.expunge(it.inbox, { uids: [1, 2] as Uid[], anyFlags: true })
  // Sessions may still see it.
  assert.deepEqual(await it.mail.searchCandidates(it.inbox, [1, 2, 3] as Uid[], { text: 'NOTHING' }), [1, 2, 3])
  assert.deepEqual(await it.mail.searchCandidates(other.id, [1, 2] as Uid[], { text: 'MOVED' }), [2])
  await it.store.maintenance.purgeExpunged(Date.now() + 1000)
  await it.store.maintenance.reindex(it.account)
  assert.deepEqual(it.check(), [])
  assert.deepEqual(checkSearchIndex(it.path), [])
  assert.deepEqual(count(it.index, 'loose'), 2)
})

function count(index: string, table: string): number {
  const db = new Database(index, { readonly: true })
  try {
    return db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0
  } finally {
    db.close()
  }
}

for (const [what, harm] of Object.entries<(index: string) => void>({
  damaged: (index) => writeFileSync(index, Buffer.alloc(20_000, 'x')),
  'of another version': (index) => {
    const db = new Database(index)
    db.pragma('user_version = 4711')
    db.close()
  },
  'ahead of its database': (index) => {
    const db = new Database(index)
    db.exec('UPDATE state SET mark = 1000000')
    db.close()
  },
})) {
  test(`an index that is ${what} is made anew`, async (t) => {
    const first = await bench(t)
    await add(first, 'the quick brown fox', 'jumps')
    await first.store.maintenance.reindex()
    await first.store.close()
    harm(first.index)
    const again = await bench(t, await openTemporary({ clock: new ManualClock() }, dirname(first.path)))
    assert.deepEqual(await candidates(again, 'jumps'), [1, 2])
    await again.store.maintenance.reindex()
    assert.deepEqual(await candidates(again, 'jumps'), [2])
    assert.equal(statSync(again.index).mode & 0o777, 0o600)
  })
}

test('an index that breaks while it is used is made anew, and no message is lost to a search', async (t) => {
  const it = await bench(t)
  await add(it, ...Array.from({ length: 200 }, (_, n) => `message ${n} of quite some words, so that there is something to break`))
  await it.store.maintenance.reindex()
  const db = new Database(it.index)
  db.unsafeMode(true)
  db.pragma('writable_schema = ON')
  db.exec("UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'loose'")
  db.pragma('schema_version = 4711')
  db.close()
  assert.equal((await candidates(it, 'message 77 of')).length, 200)
  await it.store.maintenance.reindex()
  assert.deepEqual(await candidates(it, 'message 77 of'), [78])
})

test('a restored database does not take the index of the one before', async (t) => {
  const first = await bench(t)
  await add(first, 'before the backup')
  const backup = join(temporaryFolder(), 'backup.db')
  await first.store.maintenance.backup(backup)
  await add(first, 'lost by the restore')
  await first.store.maintenance.reindex()
  await first.store.close()
  restoreDatabase(backup, first.path)
  const again = await bench(t, await openTemporary({ clock: new ManualClock() }, dirname(first.path)))
  await add(again, 'after the restore')
  assert.ok(existsSync(again.index))
  assert.deepEqual(await candidates(again, 'after the'), [1, 2])
  await again.store.maintenance.reindex()
  assert.deepEqual(await candidates(again, 'after the'), [2])
  assert.deepEqual(await candidates(again, 'lost by'), [])
})

test('of very long mail the beginning is indexed, and all of it is searched', async (t) => {
  const it = await bench(t)
  await add(it, `${'lorem ipsum '.repeat(MAX_INDEXED_TEXT / 12 + 100)} needle`, 'short')
  await it.store.maintenance.reindex()
  assert.deepEqual(await candidates(it, 'needle'), [1])
  const needle: TextNeedle = { text: 'NEEDLE', place: 'content' }
  assert.deepEqual([...(await it.mail.searchTexts(it.inbox, [1 as Uid], [needle])).found], [100])
})

test('where the index cannot be written, searches look into everything', async (t) => {
  const it = await bench(t, await withAnn(await openTemporary({ clock: new ManualClock() })))
  mkdirSync(it.index)
  await add(it, 'the quick brown fox', 'jumps')
  assert.deepEqual(await candidates(it, 'jumps'), [1, 2])
  await assert.rejects(it.store.maintenance.reindex(it.account))
  rmdirSync(it.index)
  await it.store.maintenance.reindex()
  assert.deepEqual(await candidates(it, 'jumps'), [2])
  it.remove()
})
