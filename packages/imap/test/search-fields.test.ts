import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { SqliteStore } from '@mailstead/sqlite'
import { MAX_FIELD_TEXT, type KeyBatch, type MailboxId, type MailStore, type Uid } from '@mailstead/store'
import { sharedContext, type Random, withSeed } from '@mailstead/testkit'
import { ImapDecoder } from '@mailstead/wire'
import { KeyColumns } from '../src/keys/key-columns.ts'
import { FIELD_OCTETS, SEARCHES_BEFORE } from '../src/keys/limits.ts'
import type { Pace } from '../src/pace.ts'
import { fullRegistry } from '../src/registry.ts'
import { parseSearch } from '../src/search/parse.ts'
import { runSearch } from '../src/search/run.ts'
import { selectInbox, type Bench, type Message } from './command-context.ts'
import { openStore } from './support.ts'

const registry = fullRegistry()
const pace = { pause: () => undefined } as unknown as Pace

interface Mail {
  readonly uid: number
  readonly fields: readonly string[]
}

/** Short texts of few letters, so that much is found, also where one ends and the next begins. */
function randomMail(random: Random, size: number): Mail[] {
  const text = (): string => Array.from({ length: random.int(30) }, () => random.pick(['A', 'A', 'B', 'Ü', '日', '\u{1f600}'])).join('')
  let uid = 0
  return Array.from({ length: size }, () => ({ uid: (uid += 1 + random.int(3)), fields: Array.from({ length: random.int(3) }, text) }))
}

/** A store that has nothing but these fields, and what it was asked for. */
function storeOf(mail: readonly Mail[], numberOf: (mail: Mail) => number = () => 0) {
  const byUid = new Map(mail.map((each) => [each.uid, each]))
  const state = { asked: 0 }
  const store = {
    async keys(_: MailboxId, uids: Uint32Array): Promise<KeyBatch> {
      state.asked += uids.length
      await new Promise(setImmediate)
      const found = Array.from(uids).flatMap((uid) => byUid.get(uid) ?? [])
      const octets = found.map(({ fields }) => Buffer.concat(fields.flatMap((field) => [Buffer.from(field), Buffer.of(255)])))
      let end = 0
      return {
        uids: Uint32Array.from(found, ({ uid }) => uid),
        numbers: Float64Array.from(found, numberOf),
        ends: Uint32Array.from(octets, ({ length }) => (end += length)),
        octets: Buffer.concat(octets),
      }
    },
  } as unknown as MailStore
  return { state, of: { store, mailbox: 1 as MailboxId } }
}

const uidsOf = (mail: readonly Mail[]): Uint32Array => Uint32Array.from(mail, ({ uid }) => uid)

suite('fields that are kept', () => {
  test('have what stands in one of them, whatever was read before', () =>
    withSeed(async (random) => {
      for (const size of [0, 1, 40, 700, 9000]) {
        const mail = randomMail(random, size)
        const { of } = storeOf(mail)
        const keys = new KeyColumns()
        for (const share of [0.3, 0.9, 1]) {
          const some = mail.filter(() => random.chance(share))
          let column
          for (let tries = 0; column === undefined; tries++) {
            assert.ok(tries < 500, 'it is read at last')
            column = await keys.fields(of, 'all-to', uidsOf(some), pace)
            await new Promise(setImmediate)
          }
          for (const needle of ['A', 'AB', 'BA', 'AAAA', 'Ü', 'A日B', '\u{1f600}', 'C', 'AÜAÜAÜAÜAÜAÜ']) {
            const found = await column.containing(needle, pace)
            const expected = some.filter(({ fields }) => fields.some((field) => field.includes(needle)))
            assert.deepEqual(
              some.filter(({ uid }) => found.has(uid)),
              expected,
              needle,
            )
          }
        }
      }
    }))

  test('are read once searches go on, large mailboxes behind the answer, and new mail at once', async () => {
    const mail = Array.from({ length: 2001 }, (_, at) => ({ uid: at + 1, fields: [`TEXT ${at}`] }))
    const { state, of } = storeOf(mail)
    const keys = new KeyColumns()
    const all = uidsOf(mail.slice(0, 2000))
    for (let search = 1; search <= SEARCHES_BEFORE; search++) {
      assert.equal(state.asked, 0)
      assert.equal(await keys.fields(of, 'all-subject', all, pace), undefined)
    }
    while (state.asked < 2000) await new Promise(setImmediate)
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    assert.ok((await keys.fields(of, 'all-subject', all, pace)) !== undefined)
    const column = await keys.fields(of, 'all-subject', uidsOf(mail), pace)
    assert.deepEqual([...((await column?.containing('TEXT 2000', pace)) ?? [])], [2001])
    assert.equal(state.asked, 2001)
  })

  test('that are too large are not kept, and not read again and again', async () => {
    const much = Array.from({ length: 500 }, (_, at) => ({ uid: at + 1, fields: [`${at} ${'x'.repeat(FIELD_OCTETS / 500)}`] }))
    const odd = much.map(({ uid }) => ({ uid, fields: [] }))
    for (const [mail, number] of [
      [odd, 1],
      [much, 0],
    ] as const) {
      const { state, of } = storeOf(mail, () => number)
      const keys = new KeyColumns()
      for (let search = 0; search < 10 * SEARCHES_BEFORE; search++) {
        assert.equal(await keys.fields(of, 'all-to', uidsOf(mail), pace), undefined)
      }
      assert.equal(state.asked, 500)
    }
  })
})

suite('SEARCH of fields', () => {
  const context = sharedContext()
  let store: SqliteStore

  before(async () => {
    store = await openStore(context)
  })

  const mail = (subject: string, more = ''): Message => ({ octets: `Subject: ${subject}\r\nTo: Ann <ann@a.example>\r\n${more}\r\ntext` })

  async function search({ context: own }: Bench, text: string): Promise<readonly number[]> {
    return runSearch(own, parseSearch(new ImapDecoder(Buffer.from(` CHARSET UTF-8 ${text}`)), registry))
  }

  test('reads no message where they are kept, and finds the same', async (t) => {
    let reads = 0
    const long = `Cc:${' somebody@a.example,\r\n'.repeat(MAX_FIELD_TEXT / 16)} last@a.example\r\n`
    const messages = [mail('one two'), mail('=?utf-8?q?Stra=C3=9Fe?= two'), mail('two', 'Subject: one\r\n'), mail('three', long)]
    const bench = await selectInbox(t, store, messages, (own) => ({
      store: {
        fetch(...args) {
          reads++
          return own.fetch(...args)
        },
      },
    }))
    const asked: readonly (readonly [string, readonly number[]])[] = [
      ['SUBJECT one', [1, 3]],
      ['SUBJECT "one two"', [1]],
      ['SUBJECT "STRAßE"', [2]],
      ['SUBJECT "two one"', []],
      ['NOT SUBJECT ONE', [2, 4]],
      ['OR SUBJECT three TO nobody', [4]],
      ['HEADER to "ann@" SUBJECT TWO LARGER 1', [1, 2, 3]],
      ['OR SUBJECT three LARGER 1000000', [4]],
    ]
    for (let round = 0; round <= SEARCHES_BEFORE; round++) {
      reads = 0
      for (const [text, found] of asked) assert.deepEqual(await search(bench, text), found, text)
    }
    assert.equal(reads, 0)
    assert.deepEqual(await search(bench, 'SUBJECT ""'), [1, 2, 3, 4])
    assert.deepEqual(await search(bench, 'OR SUBJECT one BODY text'), [1, 2, 3, 4])
    for (let round = 0; round < 2 * SEARCHES_BEFORE; round++) assert.deepEqual(await search(bench, 'CC last@a.example'), [4])
    assert.ok(reads > 2 * SEARCHES_BEFORE, 'one has too much to keep')
  })

  test('follows what comes and goes', async (t) => {
    const bench = await selectInbox(t, store, [mail('one'), mail('two'), mail('one')])
    const { session } = bench.context
    const { view, store: own } = session
    for (let round = 0; round < 2 * SEARCHES_BEFORE; round++) assert.deepEqual(await search(bench, 'SUBJECT one'), [1, 3])
    const { mailbox } = await own.copy(view.mailbox.id, [1 as Uid], (await own.openMailbox('INBOX')).id)
    assert.equal(mailbox, view.mailbox.id)
    await own.expunge(view.mailbox.id, { uids: [3 as Uid], anyFlags: true })
    const seen = [1, 2, 3, 4] as Uid[]
    const asked = parseSearch(new ImapDecoder(Buffer.from(' SUBJECT one')), registry)
    assert.deepEqual(await runSearch(bench.context, asked, seen), [1, 3, 4], 'who still sees a message finds it')
    assert.deepEqual(
      await runSearch(bench.context, parseSearch(new ImapDecoder(Buffer.from(' NOT SUBJECT one')), registry), [...seen, 99 as Uid]),
      [2],
    )
  })
})
