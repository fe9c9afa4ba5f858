import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { ImapDecoder } from '@mailstead/wire'
import { CHUNK_SIZE, FLAGGED, type FetchWants } from '@mailstead/store'
import { sharedContext } from '@mailstead/testkit'
import type { SqliteStore } from '@mailstead/sqlite'
import { ConnectionLost } from '@mailstead/net'
import { BODY_INLINE } from '../src/fetch/limits.ts'
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
        fetch(mailbox, uids, wants) {
          asked.push([wants.bodyUpTo === undefined ? (wants.headers === undefined ? 1 : 2) : 3, uids])
          return mail.fetch(mailbox, uids, wants)
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
    assert.equal(asked.length, 1)
    asked.length = 0
    assert.equal((await search(bench, 'NOT FLAGGED 1:*')).length, 360)
    assert.deepEqual(asked, [])
  })

  test('for a field that is kept nowhere else the header is read, and no body', async (t) => {
    const asked: FetchWants[] = []
    const large = `X-Odd: large\r\nX: ${'x'.repeat(BODY_INLINE)}\r\n\r\nbody`
    const places: number[] = []
    const bench = await selectInbox(t, store, [{ octets: 'X-Odd: small\r\n\r\nbody' }, { octets: large }], (mail) => ({
      store: {
        fetch(mailbox, uids, wants) {
          asked.push(wants)
          return mail.fetch(mailbox, uids, wants)
        },
      },
      blobs: {
        read(blob, offset, length) {
          places.push(offset)
          return mail.blobs.read(blob, offset, length)
        },
      },
    }))
    assert.deepEqual(await search(bench, 'HEADER X-Odd l'), [1, 2])
    assert.deepEqual(asked, [{ structure: true, headerUpTo: BODY_INLINE }])
    assert.deepEqual(places, [0])
  })

  test('a message is read once for all texts that are looked for, and no further than needed', async (t) => {
    const places: number[] = []
    const filler = 'lorem ipsum '.repeat(30_000)
    const bench = await selectInbox(t, store, [{ octets: `Subject: x\r\n\r\nalpha ${filler} beta ${filler} gamma ${filler}` }], (mail) => ({
      blobs: {
        read(blob, offset, length) {
          places.push(offset)
          return mail.blobs.read(blob, offset, length)
        },
      },
    }))
    assert.deepEqual(await search(bench, 'BODY alpha BODY beta NOT BODY nothing'), [1])
    const chunks = Math.ceil((await bench.context.session.store.quota()).octets / CHUNK_SIZE)
    assert.deepEqual(
      places,
      Array.from({ length: chunks }, (_, index) => index * CHUNK_SIZE),
    )
    places.length = 0
    assert.deepEqual(await search(bench, 'BODY alpha TEXT "subject: x"'), [1])
    assert.deepEqual(places, [0])
  })

  test('texts are found wherever they stand, also across slices and chunks', async (t) => {
    const needle = 'Näddel im Heu'
    const messages: Message[] = []
    for (const at of [16_370, 16_375, 16_383, 16_384, CHUNK_SIZE - 30, CHUNK_SIZE - 20, 2 * CHUNK_SIZE - 25]) {
      messages.push({ octets: `Content-Type: text/plain; charset=utf-8\r\n\r\n${'x'.repeat(at)}${needle}${'y'.repeat(50_000)}` })
      messages.push({ octets: `Content-Type: text/plain; charset=utf-8\r\n\r\n${'x'.repeat(at)}${needle.slice(1)}${'y'.repeat(50_000)}` })
    }
    const bench = await selectInbox(t, store, messages)
    assert.deepEqual(await search(bench, 'CHARSET UTF-8 BODY "NÄDDEL IM HEU"'), [1, 3, 5, 7, 9, 11, 13])
  })

  test('nothing more is read for a client that is gone', async (t) => {
    let reads = 0
    const bench: Bench = await selectInbox(t, store, many, (mail) => ({
      store: {
        fetch(...args) {
          if (++reads === 3) bench.lose()
          return mail.fetch(...args)
        },
      },
    }))
    await assert.rejects(search(bench, 'TEXT nothing'), ConnectionLost)
    assert.ok(reads <= 4, `${reads} reads of 8`)
  })

  test('a message that is gone for good is not found, and hinders nobody', async (t) => {
    const bench = await selectInbox(t, store, many.slice(0, 5), (mail) => ({
      store: { fetch: async (...args) => (await mail.fetch(...args)).filter(({ uid }) => uid !== 2) },
    }))
    assert.deepEqual(await search(bench, 'TEXT number'), [1, 3, 4, 5])
    assert.deepEqual(await search(bench, 'NOT TEXT nothing'), [1, 3, 4, 5])
  })
})
