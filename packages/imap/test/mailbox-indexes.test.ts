import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { silentLogger } from '@mailstead/base'
import type { SqliteStore } from '@mailstead/sqlite'
import { SEEN, type Mailbox, type MailStore, type Uid } from '@mailstead/store'
import { sharedContext } from '@mailstead/testkit'
import { RESTING_AT_LEAST } from '../src/limits.ts'
import type { MailboxIndex } from '../src/mailbox-index.ts'
import { MailboxIndexes } from '../src/mailbox-indexes.ts'
import { selectInbox } from './command-context.ts'
import { openStore } from './support.ts'

suite('indexes that nobody uses', () => {
  const context = sharedContext()
  let store: SqliteStore

  before(async () => {
    store = await openStore(context)
  })

  async function mailWithTwo(t: Parameters<typeof selectInbox>[0]): Promise<{ mail: MailStore; open: (name: string) => Promise<Mailbox> }> {
    const bench = await selectInbox(t, store, [{ octets: 'Subject: 1\r\n\r\n' }, { octets: 'Subject: 2\r\n\r\n' }])
    const mail = store.stores.for(bench.context.session.account)
    return { mail, open: (name) => mail.openMailbox(name) }
  }

  test('the next one finds them as the mailbox is by then, and keeps nothing that was to be told to nobody', async (t) => {
    const { mail, open } = await mailWithTwo(t)
    const indexes = new MailboxIndexes(store.stores, silentLogger, 1000)
    const inbox = await open('INBOX')
    const first = await indexes.acquire(mail, inbox)
    indexes.release(first)
    await mail.changeFlags(inbox.id, [1 as Uid], { mode: 'add', flags: { system: SEEN, keywords: [] } })
    await mail.expunge(inbox.id, { uids: [2 as Uid], anyFlags: true })
    const again = await indexes.acquire(mail, await open('INBOX'))
    assert.equal(again, first)
    assert.deepEqual([again.count, again.systemAt(0)], [1, SEEN])
    assert.equal(again.log.end - again.log.start, 0)
    indexes.release(again)
  })

  test('a deleted mailbox leaves nothing', async (t) => {
    const { mail, open } = await mailWithTwo(t)
    const indexes = new MailboxIndexes(store.stores, silentLogger, 1000)
    const archive = await open('Archive')
    const index = await indexes.acquire(mail, archive)
    indexes.release(index)
    await mail.deleteMailbox('Archive')
    assert.notEqual(await indexes.acquire(mail, archive).catch(() => 'gone'), index)
  })

  test('beyond the limit the longest unused goes', async (t) => {
    const { mail, open } = await mailWithTwo(t)
    const indexes = new MailboxIndexes(store.stores, silentLogger, 1000, 2 * RESTING_AT_LEAST)
    const names = ['Sent', 'Junk', 'INBOX'] as const
    const first: MailboxIndex[] = []
    for (const name of names) first.push(await indexes.acquire(mail, await open(name)))
    for (const index of first) indexes.release(index)
    await new Promise(setImmediate)
    const again: MailboxIndex[] = []
    for (const name of names.toReversed()) again.unshift(await indexes.acquire(mail, await open(name)))
    assert.deepEqual(
      again.map((index, at) => index === first[at]),
      [false, true, true],
    )
    for (const index of again) indexes.release(index)
  })
})
