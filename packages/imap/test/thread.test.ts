import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { normalId } from '@mailstead/mime'
import type { Uid } from '@mailstead/store'
import { withSeed, type Random } from '@mailstead/testkit'
import type { Pace } from '../src/pace.ts'
import type { ThreadMessages } from '../src/thread/message.ts'
import { orderedSubject } from '../src/thread/ordered-subject.ts'
import { printThreads } from '../src/thread/print.ts'
import { references } from '../src/thread/references.ts'
import type { ThreadAlgorithm } from '../src/thread/threads.ts'
import { threadSlowly, type ThreadMessage } from './thread-reference.ts'

const pace = { pause: () => undefined } as unknown as Pace

async function threads(algorithm: ThreadAlgorithm, messages: readonly ThreadMessage[]): Promise<string> {
  const columns = columnsOf(messages)
  return Buffer.concat([...printThreads(await algorithm(columns, pace), columns.uids)]).toString()
}

function columnsOf(messages: readonly ThreadMessage[]): ThreadMessages {
  const ends: number[] = []
  for (const { references: line } of messages) ends.push((ends.at(-1) ?? 0) + line.length)
  const places = Array.from(messages.keys()).sort((a, b) => messages[a]!.sent - messages[b]!.sent || a - b)
  return {
    uids: Uint32Array.from(messages, ({ uid }) => uid),
    byDate: Uint32Array.from(places),
    subjects: Uint32Array.from(messages, ({ subject }) => subject),
    replies: Uint8Array.from(messages, ({ isReply }) => (isReply ? 1 : 0)),
    ids: Uint32Array.from(messages, ({ id }) => id),
    references: Uint32Array.from(messages.flatMap(({ references: line }) => line)),
    starts: Uint32Array.from([0, ...ends.slice(0, -1)]),
    ends: Uint32Array.from(ends),
  }
}

/** Words as numbers, in their order as long as they are of one length; 0 for none. */
function numbered(word: string): number {
  return word === '' ? 0 : Number.parseInt(`1${word}`, 36)
}

/** `id<references>subject@sent`; the subject begins with a capital in a reply. UIDs count from 1, and so does what is sent. */
function read(text: string, index: number): ThreadMessage {
  const [, id = '', refs = '', subject = '', sent] = /^(\w*)(?:<([\w,]*)>)?([A-Za-z]*)(?:@(\d+))?$/.exec(text) ?? assert.fail(text)
  return {
    uid: (index + 1) as Uid,
    sent: Number(sent ?? index + 1),
    subject: numbered(subject.toLowerCase()),
    isReply: /^[A-Z]/.test(subject),
    id: numbered(id),
    references: refs === '' ? [] : refs.split(',').map(numbered),
  }
}

const table: [name: string, messages: string, threads: string][] = [
  ['nothing', '', ''],
  ['strangers', '1<>a 2<>b', '(1)(2)'],
  ['a reply', '1<> 2<1>', '(1 2)'],
  ['a reply before what it answers', '2<1>@2 1<>@1', '(2 1)'],
  ['a chain, by the whole line of ancestors', '1<> 2<1> 3<1,2> 4<1,2,3>', '(1 2 3 4)'],
  ['two answers', '1<> 2<1> 3<1> 4<1,3>', '(1 (2)(3 4))'],
  ['siblings by date', '1<> 2<1>@9 3<1>@5', '(1 (3)(2))'],
  ['equal dates by number', '1<>@5 2<>@5 3<>@4', '(3)(1)(2)'],
  ['an ancestor that is not there, with one answer', '2<1>', '(1)'],
  ['and with two', '2<1> 3<1>', '((1)(2))'],
  ['and with two, their date being that of the first', '2<1>@5 3<1>@2 4<>@3 5<>@1', '(4)((2)(1))(3)'],
  ['a missing one in the middle', '1<> 3<1,2> 4<1,2>', '(1 (2)(3))'],
  ['missing ones upon each other', '4<1,2,3> 5<1,2> 6<1,2,3>', '((1)(2)(3))'],
  ['no id is nobody', '<> <1> 1<>', '(1)(3 2)'],
  ['the first of equal ids has it', '1<>@3 1<>@2 2<1>@4', '(2)(1 3)'],
  ['a message that answers itself', '1<1> 2<1,1>', '(1 2)'],
  ['a loop of two', '1<2> 2<1>', '(2 1)'],
  ['a loop of three', '1<3> 2<1> 3<2>', '(3 1 2)'],
  ['references that turn around', '1<> 2<1> 3<2,1>', '(1 (2)(3))'],
  ['a truncated line makes way for what the message says', '4<1,3> 3<2> 2<1>', '(3 2 1)'],
  ['a message without references has no parent, whatever others say', '3<1,2> 2<> 1<>', '(2 1)(3)'],
  // Step 5.
  ['replies join by subject', '1<>a 2<>A 3<>A', '(1 (2)(3))'],
  ['also when they came first', '1<>A 2<>a@9', '(2 1)'],
  ['equals get a dummy', '1<>a 2<>b 3<>a', '((1)(3))(2)'],
  ['replies without what they answer get one too', '1<>A 2<>A 3<>A', '((1)(2)(3))'],
  ['no subject joins nothing', '1<> 2<> 3<>', '(1)(2)(3)'],
  ['a dummy takes others in', '2<1>a 3<1>b 4<>a', '((1)(2)(3))'],
  ['two dummies become one', '2<1>a 3<1>b 5<4>a 6<4>c', '((1)(2)(3)(4))'],
  ['a reply joins with its own thread', '1<>a 2<>A 3<2>b', '(1 2 3)'],
]

suite('THREAD=REFERENCES', () => {
  for (const [name, messages, expected] of table) {
    test(name, async () => {
      const read_ = messages === '' ? [] : messages.split(' ').map(read)
      assert.equal(threadSlowly(read_), expected, 'by the letter')
      assert.equal(await threads(references, read_), expected)
    })
  }

  test('random mail is threaded as by the letter', () =>
    withSeed(async (random) => {
      for (let round = 0; round < 3000; round++) {
        const messages = randomMail(random)
        assert.equal(await threads(references, messages), threadSlowly(messages), JSON.stringify(messages))
      }
    }))

  test('what is printed in several pieces is whole', () => {
    const count = 29_999
    const none = new Int32Array(count).fill(-1)
    // Odd numbers have two answers each, an even one that has none, and the next odd one.
    const firstChild = none.map((_, at) => (at % 2 === 0 && at + 1 < count ? at + 1 : -1))
    const next = none.map((_, at) => (at % 2 === 1 ? at + 1 : -1))
    const uids = Uint32Array.from(none, (_, at) => at + 1)
    const pieces = [...printThreads({ count, first: 0, firstChild, next }, uids)]
    assert.ok(pieces.length > 5)
    const pairs = Array.from({ length: (count - 1) / 2 }, (_, pair) => `(${2 * pair + 1} (${2 * pair + 2})`)
    assert.equal(Buffer.concat(pieces).toString(), `${pairs.join('')}(${count}${')'.repeat(pairs.length + 1)}`)
  })

  test('endless threads are threaded, in either order', async () => {
    const count = 20_000
    const line = (at: number): number[] =>
      Array.from({ length: Math.min(at, 20) }, (_, index) => numbered(`m${at - Math.min(at, 20) + index}`))
    const chain = Array.from({ length: count }, (_, at) => ({ ...read(`m${at}`, at), references: line(at) }))
    const text = await threads(references, chain)
    assert.equal(text, `(${Array.from({ length: count }, (_, at) => at + 1).join(' ')})`)
    const turned = chain.toReversed().map((message, index) => ({ ...message, uid: (index + 1) as Uid }))
    assert.ok((await threads(references, turned)).startsWith(`(${count} ${count - 1} `))
  })
})

function randomMail(random: Random): ThreadMessage[] {
  const ids = 1 + random.int(8)
  const id = (): number => 1 + random.int(ids)
  return Array.from({ length: 1 + random.int(9) }, (_, index) => ({
    uid: (index + 1) as Uid,
    sent: random.int(6),
    subject: random.int(4),
    isReply: random.chance(0.5),
    id: random.chance(0.9) ? id() : 0,
    references: random.chance(0.7) ? Array.from({ length: random.int(5) }, id) : [],
  }))
}

suite('THREAD=ORDEREDSUBJECT', () => {
  const orderings: [messages: string, threads: string][] = [
    ['', ''],
    ['<>a', '(1)'],
    ['<>b <>a', '(1)(2)'],
    ['<>a <>A', '(1 2)'],
    ['<>a@9 <>a@5 <>a@7 <>b@6', '(2 (3)(1))(4)'],
    ['<>b@3 <>a@3 <>b@1 <>a@2 <>', '(3 1)(4 2)(5)'],
    ['<> <>', '(1 2)'],
  ]
  for (const [messages, expected] of orderings) {
    test(messages, async () => assert.equal(await threads(orderedSubject, messages === '' ? [] : messages.split(' ').map(read)), expected))
  }
})

suite('message ids', () => {
  const ids: [written: string, id: string | undefined][] = [
    ['01KF8JCEOCBS0045PS@xxx.yyy.com', '01KF8JCEOCBS0045PS@xxx.yyy.com'],
    ['"01KF8JCEOCBS0045PS"@xxx.yyy.com', '01KF8JCEOCBS0045PS@xxx.yyy.com'],
    ['"a\\"b\\\\c"@x', 'a"b\\c@x'],
    ['"a@b"@x', 'a@b@x'],
    ['Case@X', 'Case@X'],
    ['none', undefined],
    ['@x', undefined],
    ['a@', undefined],
  ]
  for (const [written, id] of ids) test(written, () => assert.equal(normalId(written), id))
})
