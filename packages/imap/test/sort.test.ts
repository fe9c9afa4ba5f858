import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { compareFolded, foldCase } from '@mailstead/mime'
import type { KeyBatch, KeyName, MailboxId, MailStore, Uid } from '@mailstead/store'
import { ManualClock, withSeed, type Random } from '@mailstead/testkit'
import type { CommandContext } from '../src/command.ts'
import { KeyColumns } from '../src/keys/key-columns.ts'
import { KEYS_REST_MS } from '../src/keys/limits.ts'
import type { Pace } from '../src/pace.ts'
import type { Selected } from '../src/session.ts'
import type { SortCriterion } from '../src/sort/key.ts'
import { displayKeys, sortKeys } from '../src/sort/keys.ts'
import { runSort } from '../src/sort/run.ts'
import { readThreadMessages } from '../src/thread/message.ts'

interface Mail {
  readonly uid: number
  readonly number: number
  readonly text: string
  readonly ids: readonly number[]
}

const WORDS = ['', 'a', 'B', 'ab', 'Ärger', 'über', 'ﬁn', '\u{1f600}', '\uffe0', 'straße', 'STRASSE', '日本']
const KEYS = [...sortKeys, ...displayKeys]
const pace = { pause: () => undefined } as unknown as Pace

function randomMail(random: Random, size: number): Mail[] {
  let uid = 0
  return Array.from({ length: size }, () => ({
    uid: (uid += 1 + random.int(3)),
    number: random.int(size),
    text: foldCase(random.pick(WORDS) + random.pick(WORDS)),
    ids: Array.from({ length: 1 + random.int(4) }, () => random.int(size)),
  }))
}

/** A store that has nothing but keys; how many UIDs it was asked for. */
function storeOf(mail: readonly Mail[]) {
  const state = { asked: 0 }
  const byUid = new Map(mail.map((each) => [each.uid, each]))
  const octetsOf = (each: Mail, name: KeyName): Buffer => {
    if (name !== 'ancestry') return Buffer.from(each.text)
    return Buffer.concat(each.ids.map((id) => (id === 0 ? Buffer.alloc(16) : Buffer.alloc(16, `${id} `))))
  }
  const store = {
    async keys(_mailbox: MailboxId, uids: Uint32Array, name: KeyName): Promise<KeyBatch> {
      assert.ok(uids.length <= 1000 && uids.length * 4 === uids.buffer.byteLength, 'a batch of its own')
      state.asked += uids.length
      await new Promise(setImmediate)
      const found = Array.from(uids).flatMap((uid) => byUid.get(uid) ?? [])
      const octets = found.map((each) => octetsOf(each, name))
      let end = 0
      return {
        uids: Uint32Array.from(found, ({ uid }) => uid),
        numbers: Float64Array.from(found, ({ number }) => (name === 'subject' ? number % 2 : number)),
        ends: Uint32Array.from(octets, ({ length }) => (end += length)),
        octets: new Uint8Array(Buffer.concat(octets)),
      }
    },
  } as unknown as MailStore
  return { state, store }
}

function contextOf(store: MailStore, keys: KeyColumns): CommandContext<Selected> {
  const session = { store, view: { mailbox: { id: 1 } } }
  return { session, services: { keys }, respond: { drain: () => undefined } } as unknown as CommandContext<Selected>
}

/** As RFC 5256 words it. */
function sortSlowly(mail: readonly Mail[], criteria: readonly SortCriterion[]): number[] {
  const sorted = mail.toSorted((a, b) => {
    for (const { key, reverse } of criteria) {
      const order = key.kind === 'number' ? a.number - b.number : compareFolded(a.text, b.text)
      if (order !== 0) return reverse ? -order : order
    }
    return a.uid - b.uid
  })
  return sorted.map(({ uid }) => uid)
}

suite('SORT from keys', () => {
  test('any messages by any criteria, whatever was asked before, as by comparing them all', () =>
    withSeed(async (random) => {
      for (let round = 0; round < 60; round++) {
        const mail = randomMail(random, random.pick([0, 1, 5, 300, 2500]))
        const { store } = storeOf(mail)
        const keys = new KeyColumns(random.pick([0, 20_000, 1e9]))
        for (let step = 0; step < 4; step++) {
          const share = random.pick([0.01, 0.5, 1])
          const some = mail.filter(() => random.chance(share))
          const criteria = Array.from({ length: 1 + random.int(3) }, () => ({ key: random.pick(KEYS), reverse: random.chance(0.5) }))
          const uids = [...some.map(({ uid }) => uid), 1_000_000 + step] as Uid[]
          assert.deepEqual(await runSort(contextOf(store, keys), uids, criteria), sortSlowly(some, criteria))
        }
      }
    }))

  test('sessions that sort at the same time do not disturb each other', () =>
    withSeed(async (random) => {
      const mail = randomMail(random, 3000)
      const { state, store } = storeOf(mail)
      const context = contextOf(store, new KeyColumns())
      const criteria = [{ key: KEYS.find(({ name }) => name === 'SUBJECT')!, reverse: false }]
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          const some = mail.filter(() => random.chance(0.5))
          const sorted = await runSort(
            context,
            some.map(({ uid }) => uid as Uid),
            criteria,
          )
          assert.deepEqual(sorted, sortSlowly(some, criteria))
        }),
      )
      assert.ok(state.asked <= mail.length, 'each key was asked for once')
    }))

  test('columns beyond the limit are read again, the latest are not', async () => {
    const mail = randomMail({ int: () => 1, pick: () => 'a', chance: () => true } as unknown as Random, 1000)
    const { state, store } = storeOf(mail)
    const keys = new KeyColumns(40_000)
    const uids = Uint32Array.from(mail, ({ uid }) => uid)
    const of = { store, mailbox: 1 as MailboxId }
    for (const name of ['sent', 'size', 'internal-date'] as const) await keys.numbers(of, name, uids)
    assert.equal(state.asked, 3000)
    await keys.numbers(of, 'size', uids)
    assert.equal(state.asked, 3000)
    await keys.numbers(of, 'sent', uids)
    assert.equal(state.asked, 4000)
  })

  test('columns that nobody uses are given back', async () => {
    const { state, store } = storeOf(randomMail({ int: () => 1, pick: () => 'a', chance: () => true } as unknown as Random, 10))
    const clock = new ManualClock()
    const keys = new KeyColumns(1e9, clock)
    const of = { store, mailbox: 1 as MailboxId }
    const sort = (name: 'sent' | 'size'): Promise<unknown> => keys.numbers(of, name, Uint32Array.of(2, 4))
    await sort('sent')
    await sort('size')
    clock.advance(KEYS_REST_MS - 1)
    await sort('size')
    assert.equal(state.asked, 4)
    clock.advance(1)
    await sort('size')
    assert.equal(state.asked, 4)
    await sort('sent')
    assert.equal(state.asked, 6)
    clock.advance(2 * KEYS_REST_MS)
    await sort('size')
    assert.equal(state.asked, 8)
  })
})

suite('THREAD from keys', () => {
  test('ids, subjects and dates, whatever was asked before', () =>
    withSeed(async (random) => {
      for (let round = 0; round < 30; round++) {
        const mail = randomMail(random, random.pick([1, 40, 1500]))
        const of = { store: storeOf(mail).store, mailbox: 1 as MailboxId }
        const keys = new KeyColumns()
        const read = async (some: readonly Mail[]): Promise<void> => {
          const messages = await readThreadMessages(
            keys,
            of,
            Uint32Array.from(some, ({ uid }) => uid),
            true,
            pace,
          )
          const [ids, subjects] = [new Map<number, number>([[0, 0]]), new Map<string, number>()]
          for (const [at, { uid, number, text, ids: own }] of some.entries()) {
            const subject = messages.subjects[at]!
            const given = [messages.ids[at]!, ...messages.references.subarray(messages.starts[at], messages.ends[at])]
            const wanted = own.filter((id, place) => place === 0 || id !== 0)
            assert.equal(given.length, Math.max(wanted.length, 1))
            for (const [place, id] of wanted.entries()) {
              assert.equal(ids.get(id) ?? given[place], given[place])
              ids.set(id, given[place]!)
            }
            assert.equal(subjects.get(text) ?? subject, subject)
            subjects.set(text, subject)
            assert.deepEqual([messages.uids[at], messages.replies[at] === 1, subject === 0], [uid, number % 2 === 1, text === ''])
          }
          const byDate = [...some.keys()].toSorted((a, b) => some[a]!.number - some[b]!.number)
          assert.deepEqual([...messages.byDate], byDate)
          assert.equal(new Set(ids.values()).size, ids.size)
          assert.deepEqual(
            [...subjects.keys()].toSorted(compareFolded),
            [...subjects].toSorted(([, a], [, b]) => a - b).map(([text]) => text),
          )
        }
        await read(mail.filter(() => random.chance(0.3)))
        await read(mail)
      }
    }))
})
