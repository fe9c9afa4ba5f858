import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { ImapDecoder } from '@mailstead/wire'
import { CHUNK_SIZE, SEEN, StoreError, type MessageRow } from '@mailstead/store'
import { sharedContext } from '@mailstead/testkit'
import type { SqliteStore } from '@mailstead/sqlite'
import { ConnectionLost } from '@mailstead/net'
import { parseFetch } from '../src/fetch/parse.ts'
import { runFetch } from '../src/fetch/run.ts'
import { fullRegistry } from '../src/registry.ts'
import { selectInbox, type Bench, type Message } from './command-context.ts'
import { openStore } from './support.ts'

const registry = fullRegistry()

function fetch({ context }: Bench, text: string): Promise<number> {
  const { messages, attributes } = parseFetch(new ImapDecoder(Buffer.from(` ${text}`)), registry, 'sequence')
  return runFetch(context, context.session.view.resolve(messages, 'sequence'), attributes, false)
}

const three: Message[] = ['one', 'two', 'three'].map((text) => ({ octets: `Subject: ${text}\r\n\r\n${text}` }))
const large: Message = { octets: `Subject: large\r\n\r\n${'x'.repeat(3 * CHUNK_SIZE)}` }

suite('FETCH when the store has other news', () => {
  const context = sharedContext()
  let store: SqliteStore

  before(async () => {
    store = await openStore(context)
  })

  test('a message that is gone for good is left out and counted; the others keep their numbers', async (t) => {
    const bench = await selectInbox(t, store, three, (mail) => ({
      store: { fetch: async (...args) => (await mail.fetch(...args)).filter(({ uid }: MessageRow) => uid !== 2) },
    }))
    assert.equal(await fetch(bench, '1:* (UID BODY.PEEK[TEXT])'), 1)
    assert.equal(bench.written, '* 1 FETCH (UID 1 BODY[TEXT] {3}\r\none)\r\n* 3 FETCH (UID 3 BODY[TEXT] {5}\r\nthree)\r\n')
  })

  test('a message whose octets are gone is left out whole, before anything of it is written', async (t) => {
    const bench = await selectInbox(t, store, [large, ...three.slice(0, 1)], () => ({
      blobs: { read: () => Promise.reject(new StoreError('message-not-found', 'gone')) },
    }))
    assert.equal(await fetch(bench, '1:* (UID BODY.PEEK[TEXT])'), 1)
    assert.equal(bench.written, '* 2 FETCH (UID 2 BODY[TEXT] {3}\r\none)\r\n')
  })

  test('a literal that cannot be finished ends the connection', async (t) => {
    const bench = await selectInbox(t, store, [large], (mail) => ({
      blobs: {
        read: (blob, offset, length) =>
          offset > CHUNK_SIZE ? Promise.reject(new StoreError('unavailable', 'disk')) : mail.blobs.read(blob, offset, length),
      },
    }))
    await assert.rejects(fetch(bench, '1 BODY.PEEK[TEXT]'), ConnectionLost)
    assert.ok(bench.destroyed)
    assert.match(bench.written, /^\* 1 FETCH \(BODY\[TEXT\] \{786432\}\r\nx+$/)
  })

  test('mail can be read while the disk is full, but is not marked as seen', async (t) => {
    const bench = await selectInbox(t, store, three, () => ({
      store: { changeFlags: () => Promise.reject(new StoreError('unavailable', 'disk full')) },
    }))
    assert.equal(await fetch(bench, '1 BODY[TEXT]'), 0)
    assert.equal(bench.written, '* 1 FETCH (BODY[TEXT] {3}\r\none)\r\n')
    assert.equal(bench.context.session.view.systemFlagsOf(1) & SEEN, 0)
  })

  test('bodies that are more than a batch takes come all, in their order', async (t) => {
    const sizes = Array.from({ length: 120 }, (_, index) => (index % 10 === 0 ? 200_000 : index * 50))
    const bodies = sizes.map((size, index) => `A: 1\r\n\r\n${String(index).padEnd(size, '.')}`)
    const reads: number[] = []
    const messages = bodies.map((octets) => ({ octets }))
    const bench = await selectInbox(t, store, messages, (mail) => ({
      store: {
        async fetch(...args) {
          const rows = await mail.fetch(...args)
          reads.push(rows.length)
          return rows
        },
      },
    }))
    assert.equal(await fetch(bench, '1:* (UID BODY.PEEK[] BODY.PEEK[TEXT]<0.3>)'), 0)
    const expected = bodies.map((body, index) => {
      const text = body.slice(8, 11)
      return `* ${index + 1} FETCH (UID ${index + 1} BODY[] {${body.length}}\r\n${body} BODY[TEXT]<0> {${text.length}}\r\n${text})\r\n`
    })
    assert.equal(bench.written, expected.join(''))
    assert.ok(reads.length > 3 && reads.every((count) => count < 50), reads.join(' '))
  })

  test('nothing more is read for a client that is gone', async (t) => {
    let reads = 0
    const many = Array.from({ length: 600 }, () => three).flat()
    const bench: Bench = await selectInbox(t, store, many, (mail) => ({
      store: {
        fetch(...args) {
          if (++reads === 3) bench.lose()
          return mail.fetch(...args)
        },
      },
    }))
    await assert.rejects(fetch(bench, '1:* (UID ENVELOPE)'), ConnectionLost)
    assert.ok(reads <= 4, `${reads} reads of 9`)
  })

  test('batches that are all at hand let others have their turn', async (t) => {
    const many = Array.from({ length: 200 }, () => three).flat()
    const bench = await selectInbox(t, store, many)
    // What is asked for again is kept, and then at hand.
    for (let n = 0; n < 2; n++) await fetch(bench, '1:* (UID ENVELOPE)')
    let turns = 0
    const turn = (): void => {
      turns++
      next = setImmediate(turn)
    }
    let next = setImmediate(turn)
    t.after(() => clearImmediate(next))
    // A clock that shows less than a turn's time for one batch.
    let now = 0
    t.mock.method(performance, 'now', () => (now += 0.5))
    await fetch(bench, '1:* (UID ENVELOPE)')
    assert.ok(turns > 0)
  })

  test('no octet is read twice', async (t) => {
    const reads: [number, number][] = []
    const bench = await selectInbox(t, store, [large], (mail) => ({
      blobs: {
        async read(blob, offset, length) {
          const octets = await mail.blobs.read(blob, offset, length)
          reads.push([offset, octets.length])
          return octets
        },
      },
    }))
    await fetch(bench, '1 BODY.PEEK[TEXT]')
    assert.deepEqual(reads, [
      [18, CHUNK_SIZE - 18],
      [CHUNK_SIZE, CHUNK_SIZE],
      [2 * CHUNK_SIZE, CHUNK_SIZE],
      [3 * CHUNK_SIZE, 18],
    ])
  })

  test('what the rows tell is not read from the blob', async (t) => {
    const bench = await selectInbox(t, store, [large, ...three], () => ({
      blobs: { read: () => Promise.reject(new Error('the blob was read')) },
    }))
    await fetch(
      bench,
      '1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To Received)])',
    )
    assert.match(bench.written, /Subject: large/)
  })

  test('flags and UIDs are told without a look at the database', async (t) => {
    const bench = await selectInbox(t, store, three, () => ({
      store: { fetch: () => Promise.reject(new Error('the database was asked')) },
    }))
    await fetch(bench, '1:3 (FLAGS UID)')
    assert.equal(bench.written, [1, 2, 3].map((n) => `* ${n} FETCH (FLAGS (\\Recent) UID ${n})\r\n`).join(''))
  })
})
