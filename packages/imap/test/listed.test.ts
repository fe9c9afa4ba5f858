import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { ImapDecoder } from '@mailstead/wire'
import type { SqliteStore } from '@mailstead/sqlite'
import { FLAGGED, type MailboxId, type Uid } from '@mailstead/store'
import { sharedContext } from '@mailstead/testkit'
import type { FetchAttribute } from '../src/fetch/item.ts'
import { ListedValues } from '../src/fetch/listed.ts'
import { parseFetch } from '../src/fetch/parse.ts'
import { runFetch } from '../src/fetch/run.ts'
import { fullRegistry } from '../src/registry.ts'
import { selectInbox, type Message } from './command-context.ts'
import { openStore } from './support.ts'

const registry = fullRegistry()
const messages: Message[] = ['one', 'two', 'three'].map((text) => ({ octets: `Subject: ${text}\r\nX-Else: x\r\n\r\n${text}` }))
const LIST = '(UID FLAGS RFC822.SIZE INTERNALDATE ENVELOPE BODYSTRUCTURE BODY BODY.PEEK[HEADER.FIELDS (SUBJECT DATE)])'

suite('lists that are asked for again', () => {
  const context = sharedContext()
  let store: SqliteStore

  before(async () => {
    store = await openStore(context)
  })

  test('are answered without the store from the third time on, as they were before', async (t) => {
    let reads = 0
    const bench = await selectInbox(t, store, messages, (mail) => ({
      store: { fetch: (...args) => (reads++, mail.fetch(...args)) },
    }))
    const ask = async (text: string): Promise<{ written: string; read: boolean }> => {
      const { messages: set, attributes } = parseFetch(new ImapDecoder(Buffer.from(` ${text}`)), registry, 'sequence')
      const [before, seen] = [bench.written, reads]
      assert.equal(await runFetch(bench.context, bench.context.session.view.resolve(set, 'sequence'), attributes, false), 0)
      return { written: bench.written.slice(before.length), read: reads > seen }
    }
    const first = await ask(`1:* ${LIST}`)
    assert.match(
      first.written,
      /RFC822\.SIZE 30 .* ENVELOPE \(NIL "two" .*BODY\[HEADER\.FIELDS \(SUBJECT DATE\)\] \{16\}\r\nSubject: two\r\n\r\n\)/,
    )
    assert.deepEqual(await ask(`1:* ${LIST}`), { written: first.written, read: true })
    assert.deepEqual(await ask(`1:* ${LIST}`), { written: first.written, read: false })
    const second = first.written.split(/(?=^\* \d+ FETCH)/m)[1]
    assert.deepEqual(await ask(`2 ${LIST}`), { written: second, read: false })

    // Flags are those of now.
    const { view, store: mail } = bench.context.session
    const { modSeq } = await mail.changeFlags(view.mailbox.id, [2 as Uid], { mode: 'add', flags: { system: FLAGGED, keywords: [] } })
    await view.index.reach(modSeq)
    const flagged = await ask(`2 ${LIST}`)
    assert.deepEqual([flagged.read, flagged.written], [false, second?.replace('FLAGS (\\Recent)', 'FLAGS (\\Flagged \\Recent)')])

    // What is no list, or not the same.
    for (const other of ['1:* (UID BODY.PEEK[TEXT])', '1:* BODY[HEADER.FIELDS (SUBJECT)]', '1:* BODY.PEEK[HEADER.FIELDS (X-ELSE)]']) {
      for (let again = 0; again < 4; again++) assert.equal((await ask(other)).read, true, other)
    }
  })
})

test('lists that were not used for long make room', () => {
  const kept = new ListedValues(8000)
  const attributes = (label: string): FetchAttribute[] => [{ label, lasting: true, value: () => '' }]
  const list = (mailbox: number): ReturnType<ListedValues['of']> => kept.of(mailbox as MailboxId, attributes('SIZE'))
  const uid = (number: number): Uid => number as Uid

  assert.equal(list(1), undefined)
  const one = list(1)
  assert.ok(one)
  kept.keep(one, uid(7), ['x'.repeat(3000)])
  assert.deepEqual([list(1)?.of(uid(7))?.[0]?.length, list(1)?.hasAll([uid(7), uid(8)])], [3000, false])

  list(2)
  const two = list(2)
  assert.ok(two)
  list(1)
  kept.keep(two, uid(1), ['y'.repeat(3000)])
  assert.deepEqual([one.dropped, two.dropped], [false, true], 'the one that was asked for last stays')
  kept.keep(two, uid(2), ['z'])
  assert.equal(two.of(uid(2)), undefined)
  assert.equal(list(2), undefined)

  // One that has no room at all does not stay.
  kept.keep(one, uid(9), ['x'.repeat(9000)])
  assert.equal(one.dropped, true)
  assert.equal(list(1), undefined)
})
