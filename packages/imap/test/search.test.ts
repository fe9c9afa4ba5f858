import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { ImapDecoder } from '@mailstead/wire'
import { ANSWERED, FLAGGED, SEEN } from '@mailstead/store'
import type { SqliteStore } from '@mailstead/sqlite'
import { sharedContext, type Random, withSeed } from '@mailstead/testkit'
import { fullRegistry } from '../src/registry.ts'
import { parseSearch } from '../src/search/parse.ts'
import { runSearch } from '../src/search/run.ts'
import { selectInbox } from './command-context.ts'
import { openStore } from './support.ts'

const WORDS = ['alpha', 'beta', 'Größe', 'delta']
/** ß has no titlecase of one character, so to i;unicode-casemap it is not SS (RFC 5051). */
const upperCase = (word: string): string => word.toUpperCase().replaceAll('SS', 'ß')
const FLAGS = { ANSWERED, FLAGGED, SEEN }

interface Sample {
  readonly number: number
  readonly system: number
  readonly subject: string
  readonly odd: string
  readonly body: string
  readonly octets: string
}

function sample(random: Random, number: number): Sample {
  const system = random.int(2) * ANSWERED + random.int(2) * FLAGGED + random.int(2) * SEEN
  const [subject, odd, body] = [random.pick(WORDS), random.pick(WORDS), random.pick(WORDS)]
  const encoded = `=?utf-8?B?${Buffer.from(subject).toString('base64')}?=`
  const octets = `Subject: ${encoded}\r\nX-Odd: ${odd}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${'.'.repeat(number)} ${body}`
  return { number, system, subject, odd, body, octets }
}

/** A random search as text, and what it says about a sample. */
interface Asked {
  readonly text: string
  readonly holds: (sample: Sample) => boolean
}

function ask(random: Random, depth: number): Asked {
  if (depth > 0 && random.chance(0.6)) return compound(random, depth)
  const word = random.pick(WORDS)
  const [name, bit] = random.pick(Object.entries(FLAGS))
  const first = 1 + random.int(40)
  const last = 1 + random.int(40)
  const inRange = ({ number }: Sample): boolean => number >= Math.min(first, last) && number <= Math.max(first, last)
  return random.pick<Asked>([
    { text: 'ALL', holds: () => true },
    { text: name, holds: ({ system }) => (system & bit) !== 0 },
    { text: `UN${name}`, holds: ({ system }) => (system & bit) === 0 },
    { text: `${first}:${last}`, holds: inRange },
    { text: `UID ${first}:${last},${first}`, holds: inRange },
    { text: `SUBJECT "${upperCase(word)}"`, holds: ({ subject }) => subject === word },
    { text: `HEADER X-Odd "${word.slice(1)}"`, holds: ({ odd }) => odd === word },
    { text: `BODY "${word}"`, holds: ({ body }) => body === word },
    { text: `TEXT "${word}"`, holds: ({ body, odd, subject }) => [body, odd, subject].includes(word) },
    { text: `LARGER ${100 + first}`, holds: ({ octets }) => Buffer.byteLength(octets) > 100 + first },
  ])
}

function compound(random: Random, depth: number): Asked {
  const [a, b, c] = [ask(random, depth - 1), ask(random, depth - 1), ask(random, depth - 1)]
  return random.pick<Asked>([
    { text: `NOT ${a.text}`, holds: (it) => !a.holds(it) },
    { text: `OR ${a.text} ${b.text}`, holds: (it) => a.holds(it) || b.holds(it) },
    { text: `(${a.text} ${b.text} ${c.text})`, holds: (it) => a.holds(it) && b.holds(it) && c.holds(it) },
  ])
}

suite('SEARCH', () => {
  const context = sharedContext()
  let store: SqliteStore

  before(async () => {
    store = await openStore(context)
  })

  test('random searches find what their keys say', (t) =>
    withSeed(async (random) => {
      const samples = Array.from({ length: 40 }, (_, index) => sample(random, index + 1))
      const bench = await selectInbox(
        t,
        store,
        samples.map(({ octets, system }) => ({ octets, flags: { system, keywords: [] } })),
      )
      const registry = fullRegistry()
      for (let round = 0; round < 200; round++) {
        const asked = Array.from({ length: 1 + random.int(3) }, () => ask(random, 3))
        const text = asked.map((each) => each.text).join(' ')
        const found = await runSearch(bench.context, parseSearch(new ImapDecoder(Buffer.from(` CHARSET UTF-8 ${text}`)), registry))
        const expected = samples.filter((it) => asked.every(({ holds }) => holds(it))).map(({ number }) => number)
        assert.deepEqual(found, expected, text)
      }
    }))
})
