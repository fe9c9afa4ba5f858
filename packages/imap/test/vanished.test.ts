import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { SqliteStore } from '@mailstead/sqlite'
import type { ModSeq } from '@mailstead/store'
import { sharedContext } from '@mailstead/testkit'
import { ImapDecoder } from '@mailstead/wire'
import { tellVanished } from '../src/vanished.ts'
import { EVERYTHING } from '../src/telling.ts'
import { selectInbox } from './command-context.ts'
import { openStore } from './support.ts'

suite('VANISHED (EARLIER) below what the store remembers', () => {
  const context = sharedContext()
  let store: SqliteStore
  before(async () => {
    store = await openStore(context)
  })

  /** Of UIDs 1 to 8, with 2, 5, 6 and 8 gone before the mailbox was selected. */
  const table: [set: string, above: number, told: string][] = [
    ['1:*', 0, '2,5:6,8'],
    ['1:4294967295', 0, '2,5:6,8'],
    ['1:*', 2, '5:6,8'],
    ['6:7,5,1', 0, '5:6'],
    ['2:3,3:5', 0, '2,5'],
    ['1,3:4', 0, ''],
    ['9:20', 0, ''],
  ]
  for (const [set, above, told] of table) {
    test(`${set} above ${above}`, async (t) => {
      const messages = Array.from({ length: 8 }, (_, index) => ({ octets: `Subject: ${index}\r\n\r\n` }))
      const bench = await selectInbox(t, store, messages, (mail) => ({
        store: { changesSince: async (mailbox, modSeq) => ({ ...(await mail.changesSince(mailbox, modSeq)), incomplete: true }) },
      }))
      const { session } = bench.context
      const { view } = session
      const gone = await session.store.expunge(view.mailbox.id, { uids: [2, 5, 6, 8] as never, anyFlags: true })
      await view.index.forget(gone)
      await view.sync(EVERYTHING, bench.context.respond)
      const before = bench.written.length
      const ranges = new ImapDecoder(Buffer.from(set)).sequenceSet()
      assert.ok(ranges !== '$')
      await tellVanished(bench.context, ranges, 1 as ModSeq, above)
      assert.equal(bench.written.slice(before), told === '' ? '' : `* VANISHED (EARLIER) ${told}\r\n`)
    })
  }
})
