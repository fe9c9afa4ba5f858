import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { ImapDecoder } from '@mailstead/wire'
import { FLAGGED, type Uid } from '@mailstead/store'
import { sharedContext } from '@mailstead/testkit'
import type { SqliteStore } from '@mailstead/sqlite'
import { ConnectionLost } from '@mailstead/net'
import { fullRegistry } from '../src/registry.ts'
import { parseSearch } from '../src/search/parse.ts'
import { runSearch } from '../src/search/run.ts'
import { selectInbox, type Bench, type Message } from './command-context.ts'
import { openStore } from './support.ts'

const registry = fullRegistry()

function search({ context }: Bench, text: string): Promise<readonly number[]> {
  return runSearch(context, parseSearch(new ImapDecoder(Buffer.from(` ${text}`)), registry))
}

/** Every tenth is flagged. */
const many: Message[] = Array.from({ length: 400 }, (_, index) => ({
  octets: `Subject: number ${index + 1}\r\n\r\nbody ${index + 1}.`,
  flags: { system: index % 10 === 9 ? FLAGGED : 0, keywords: [] },
}))

suite('SEARCH and the store', () => {
  const context = sharedContext()
  let store: SqliteStore

  before(async () => {
    store = await openStore(context)
  })

  test('dear keys are asked only of what cheap ones leave, in whatever order they are written', async (t) => {
    const asked: [number, readonly number[]][] = []
    const bench = await selectInbox(t, store, many, (mail) => ({
      store: {
        keys(mailbox, uids, name) {
          asked.push([1, [...uids]])
          return mail.keys(mailbox, uids, name)
        },
        fetch(mailbox, uids, wants) {
          asked.push([wants.headers === undefined ? 1 : 2, uids])
          return mail.fetch(mailbox, uids, wants)
        },
        searchTexts(mailbox, uids, needles) {
          asked.push([3, uids])
          return mail.searchTexts(mailbox, uids, needles)
        },
      },
    }))
    assert.deepEqual(await search(bench, 'BODY "body 30." SUBJECT "number 3" SMALLER 1000 FLAGGED 1:100'), [30])
    assert.deepEqual(asked, [
      [1, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]],
      [2, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]],
      [3, [30]],
    ])
    asked.length = 0
    assert.deepEqual(await search(bench, 'OR FLAGGED BODY "body 7." UID 1:10'), [7, 10])
    assert.deepEqual(asked, [[3, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]])
    asked.length = 0
    assert.deepEqual(await search(bench, 'HEADER X-Odd "" BODY a 1:3'), [])
    assert.deepEqual(asked, [[3, [1, 2, 3]]])
    asked.length = 0
    assert.equal((await search(bench, 'NOT FLAGGED 1:*')).length, 360)
    assert.deepEqual(asked, [])
  })

  test('the store looks into some messages at a time, until all were looked into', async (t) => {
    const bench = await selectInbox(t, store, many, (mail) => ({
      store: { searchTexts: async (mailbox, uids, needles) => mail.searchTexts(mailbox, uids.slice(0, 3), needles) },
    }))
    assert.deepEqual(await search(bench, 'BODY "body 39"'), [39, ...Array.from({ length: 10 }, (_, last) => 390 + last)])
    assert.deepEqual(await search(bench, 'OR FLAGGED BODY "body 391."'), [
      ...Array.from({ length: 39 }, (_, ten) => 10 * ten + 10),
      391,
      400,
    ])
  })

  test('nothing more is read for a client that is gone', async (t) => {
    let reads = 0
    const bench: Bench = await selectInbox(t, store, many, (mail) => ({
      store: {
        searchTexts(mailbox, uids, needles) {
          if (++reads === 3) bench.lose()
          return mail.searchTexts(mailbox, uids.slice(0, 50), needles)
        },
      },
    }))
    await assert.rejects(search(bench, 'TEXT nothing'), ConnectionLost)
    assert.equal(reads, 3)
  })

  test('a message that is gone for good is not found, and hinders nobody', async (t) => {
    const bench = await selectInbox(t, store, many.slice(0, 5), (mail) => ({
      store: {
        fetch: async (...args) => (await mail.fetch(...args)).filter(({ uid }) => uid !== 2),
        searchTexts: (mailbox, uids, needles) =>
          mail.searchTexts(
            mailbox,
            uids.map((uid) => (uid === 2 ? (99 as Uid) : uid)),
            needles,
          ),
      },
    }))
    assert.deepEqual(await search(bench, 'TEXT number'), [1, 3, 4, 5])
    assert.deepEqual(await search(bench, 'NOT TEXT nothing'), [1, 3, 4, 5])
  })
})
