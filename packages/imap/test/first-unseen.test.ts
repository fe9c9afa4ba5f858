import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@mailstead/base'
import { SEEN, type Uid } from '@mailstead/store'
import { sharedContext, withSeed } from '@mailstead/testkit'
import { MailboxIndexes } from '../src/mailbox-indexes.ts'
import { selectInbox } from './command-context.ts'
import { openStore } from './support.ts'

const context = sharedContext()

test('the first message without \\Seen is known through all changes', async (t) => {
  const store = await openStore(context)
  const messages = Array.from({ length: 40 }, (_, n) => ({ octets: `Subject: ${n}\r\n\r\n` }))
  const bench = await selectInbox(t, store, messages)
  const mail = store.stores.for(bench.context.session.account)
  const inbox = await mail.openMailbox('INBOX')
  const index = await new MailboxIndexes(store.stores, silentLogger, 1000).acquire(mail, inbox)
  await withSeed(async (random) => {
    while (index.count > 0) {
      const uids = Array.from(index.uids.subarray(0, index.count)) as Uid[]
      const some = uids.filter(() => random.chance(0.3))
      if (random.chance(0.2)) await mail.expunge(inbox.id, { uids: some, anyFlags: true })
      // Mostly from the beginning, as people read.
      else if (random.chance(0.5))
        await mail.changeFlags(inbox.id, uids.slice(0, random.int(40)), { mode: 'add', flags: { system: SEEN, keywords: [] } })
      else await mail.changeFlags(inbox.id, some, { mode: random.pick(['add', 'remove']), flags: { system: SEEN, keywords: [] } })
      const naive = Array.from({ length: index.count }, (_, at) => index.systemAt(at) & SEEN).indexOf(0)
      assert.equal(index.firstUnseen, naive === -1 ? index.count : naive)
    }
  })
})
