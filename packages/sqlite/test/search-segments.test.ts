import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import Database from 'better-sqlite3'
import { decodeStructure, foldCase, MessageScanner, type TextSource } from '@mailstead/mime'
import type { TextFilter } from '@mailstead/store'
import { withSeed, type Random } from '@mailstead/testkit'
import { IndexFile } from '../src/search/index-file.ts'
import { BLOCK_BUCKETS, BlockWriter, allDocuments, keepListed, SEGMENT } from '../src/search/lists.ts'
import { matchingEmails } from '../src/search/matches.ts'
import { trigramQuery, type TrigramQuery } from '../src/search/query.ts'
import { TextIndex } from '../src/search/text-index.ts'
import { BUCKETS, bucketOf, hasBucket, TrigramReader, unpackBuckets } from '../src/search/trigrams.ts'
import { temporaryFolder } from './temporary.ts'

suite('trigrams', () => {
  const bucketsIn = (text: string): number[] => {
    const all = Array.from({ length: Math.max(0, text.length - 2) }, (_, at) =>
      bucketOf(text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2)),
    )
    return [...new Set(all)].toSorted((a, b) => a - b)
  }

  test('of a text in slices they are those of the whole text, few or many', () =>
    withSeed((random) => {
      const reader = new TrigramReader()
      for (let round = 0; round < 30; round++) {
        const length = random.pick([0, 1, 2, 3, 50, 30_000])
        const text = Array.from({ length }, () => random.pick(['A', 'B', ' ', '語', '\0', String.fromCharCode(random.int(0xffff))])).join(
          '',
        )
        for (let at = 0; at < text.length;) {
          const end = at + random.int(1 + text.length / 3)
          reader.read(text.slice(at, end))
          at = end
        }
        const packed = reader.take()
        const wanted = bucketsIn(text)
        assert.deepEqual([...unpackBuckets(packed)], wanted)
        for (const bucket of [...wanted.slice(0, 50), random.int(BUCKETS)]) assert.equal(hasBucket(packed, bucket), wanted.includes(bucket))
      }
    }))
})

test('lists of documents are read as they were written', () =>
  withSeed((random) => {
    const writer = new BlockWriter()
    for (let round = 0; round < 20; round++) {
      const lists = Array.from({ length: BLOCK_BUCKETS }, () => {
        const share = random.pick([0, 1, 0.5, 0.1, 0.02, 0.002])
        return Array.from({ length: SEGMENT }, (_, document) => document).filter(() => random.next() < share)
      })
      for (const [bucket, list] of lists.entries()) for (const document of list) writer.add(bucket, document)
      const block = writer.take().slice()
      for (const [bucket, list] of lists.entries()) {
        const bits = allDocuments()
        assert.equal(keepListed(bits, block, bucket), list.length > 0)
        const found = Array.from({ length: SEGMENT }, (_, document) => document).filter((at) => ((bits[at >>> 5]! >>> (at & 31)) & 1) === 1)
        assert.deepEqual(found, list)
      }
    }
    assert.equal(keepListed(allDocuments(), undefined, 3), false)
  }))

/** A database of texts, and an index of them. */
class Mail {
  readonly texts = new Map<number, { account: number; text: string }>()
  readonly #gone = new Set<number>()
  readonly #path = join(temporaryFolder(), 'search.index')
  readonly #file: IndexFile<TextIndex>
  #next = 1

  constructor(t: Pick<TestContext, 'after'>) {
    const source = {
      after: (mark: number, limit: number) =>
        [...this.texts]
          .filter(([email]) => email > mark)
          .map(([email, { account }]) => ({ email, account }))
          .slice(0, limit),
      gone: (limit: number) => [...this.#gone].slice(0, limit),
      text: (email: number) => sourceOf(this.texts.get(email)?.text),
    }
    this.#file = new IndexFile(
      this.#path,
      { owner: Buffer.from('test'), lastEmail: Number.MAX_SAFE_INTEGER },
      (sql) => new TextIndex(sql, source),
    )
    t.after(() => this.#file.close())
  }

  add(account: number, text: string): void {
    this.texts.set(this.#next++, { account, text })
  }

  remove(email: number): void {
    this.texts.delete(email)
    this.#gone.add(email)
  }

  again(account: number): void {
    const emails = [...this.texts].filter(([, mail]) => mail.account === account).map(([email]) => email)
    this.#file.work((index) => index.again(account, emails))
  }

  /** What is begun may be left half done. */
  reopen(): void {
    this.#file.close()
  }

  step(): boolean {
    const { dropped, more } = this.#file.work((index) => index.step())
    for (const email of dropped) this.#gone.delete(email)
    return more
  }

  find(account: number, filter: TextFilter): number[] {
    const query = trigramQuery(filter)
    assert.ok(query !== undefined)
    const waiting = this.#file.work(({ statements }) => statements.redoOf(account).map(([email]) => email))
    const mark = this.#file.work((index) => index.mark)
    const found = new Set(this.#file.work(({ statements }) => matchingEmails(statements, account, query, 1_000_000)))
    for (const email of waiting) found.add(email)
    const seen = [...this.texts].filter(([email, mail]) => mail.account === account && (email > mark || found.has(email)))
    return seen.map(([email]) => email)
  }

  count(table: string): number {
    const db = new Database(this.#path, { readonly: true })
    try {
      return db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0
    } finally {
      db.close()
    }
  }
}

function sourceOf(text: string | undefined): TextSource | undefined {
  if (text === undefined) return undefined
  const octets = Buffer.from(`Subject: x\r\n\r\n${text}`)
  const scanner = new MessageScanner()
  scanner.push(octets)
  const structure = decodeStructure(scanner.end().structure) ?? assert.fail()
  return { prefix: Buffer.alloc(0), structure, chunkAt: () => ({ start: 0, octets }) }
}

/** Whether a text has all that the query asks for. */
function passes(text: string, query: TrigramQuery): boolean {
  if ('all' in query) return query.all.every((each) => passes(text, each))
  if ('any' in query) return query.any.some((each) => passes(text, each))
  const folded = `SUBJECT: X\n${foldCase(text)}`
  const has = new Set(
    Array.from({ length: folded.length - 2 }, (_, at) =>
      bucketOf(...([0, 1, 2].map((i) => folded.charCodeAt(at + i)) as [number, number, number])),
    ),
  )
  return query.buckets.every((bucket) => has.has(bucket))
}

const WORDS = ['invoice', 'meeting', 'holiday', 'contract', 'garden', 'letter', 'window', 'number']

function randomFilter(random: Random): TextFilter {
  const one = (): TextFilter => ({ text: foldCase(random.pick([...WORDS, 'nowhere', `w${random.int(2000)} `])) })
  return random.pick([one, () => ({ all: [one(), one()] }), () => ({ any: [one(), { all: [one(), one()] }] })])()
}

test('documents are found, loose, in segments, on their way there, dropped and made anew', (t) =>
  withSeed((random) => {
    const mail = new Mail(t)
    const compare = (): void => {
      for (const account of [1, 2, 3]) {
        for (let n = 0; n < 4; n++) {
          const filter = randomFilter(random)
          const query = trigramQuery(filter) ?? assert.fail()
          const found = mail.find(account, filter)
          const wanted = [...mail.texts]
            .filter(([, { account: owner, text }]) => owner === account && passes(text, query))
            .map(([email]) => email)
          assert.deepEqual(
            wanted.filter((email) => !found.includes(email)),
            [],
          )
          if (isSettled) assert.deepEqual(found, wanted, JSON.stringify(filter))
        }
      }
    }
    let isSettled = false
    for (let round = 0; round < 12; round++) {
      isSettled = false
      for (let n = 0; n < 300; n++) {
        const words = Array.from({ length: 1 + random.int(3) }, () => random.pick(WORDS))
        mail.add(random.chance(0.7) ? 1 : 2, `${words.join(' ')} w${random.int(2000)} end`)
      }
      if (random.chance(0.5)) for (const email of mail.texts.keys()) if (random.chance(0.4)) mail.remove(email)
      if (random.chance(0.2)) mail.again(1)
      if (random.chance(0.5)) mail.step()
      if (random.chance(0.5)) mail.reopen()
      compare()
      while (mail.step()) if (random.chance(0.1)) compare()
      isSettled = true
      compare()
      assert.equal(mail.count('loose') + mail.count('sealed'), mail.texts.size)
      assert.equal(mail.count('redo'), 0)
    }
    // Chance may have removed so much that no segment was left.
    for (let n = 0; n < SEGMENT; n++) mail.add(1, random.pick(WORDS))
    while (mail.step());
    compare()
    assert.ok(mail.count('segment') > 0)
    for (const email of mail.texts.keys()) mail.remove(email)
    while (mail.step());
    for (const table of ['loose', 'sealed', 'segment', 'block', 'redo']) assert.equal(mail.count(table), 0, table)
  }))
