import assert from 'node:assert/strict'
import { before, suite, test, type TestContext } from 'node:test'
import type { SqliteStore } from '@mailstead/sqlite'
import { CHUNK_SIZE } from '@mailstead/store'
import { sharedContext } from '@mailstead/testkit'
import { FetchedMessage } from '../src/fetch/message.ts'
import { previewOf } from '../src/fetch/preview.ts'
import { PREVIEW_CHARACTERS, PreviewText } from '../src/fetch/preview-text.ts'
import { Pace } from '../src/pace.ts'
import { selectInbox } from './command-context.ts'
import { openStore } from './support.ts'

const texts: [text: string, preview: string][] = [
  ['', ''],
  [' \r\n\t ', ''],
  ['one\r\ntwo', 'one two'],
  ['a \u00a0\u3000 b', 'a b'],
  ['> q\n> r', 'q r'],
  ['>> q\n>>> r', 'q r'],
  ['> q\nown\n> r\nmore', 'own more'],
  ['a > b\n5 > 4', 'a > b 5 > 4'],
  ['a\0b\x1bc', 'a b c'],
  // A single joiner belongs to the word, rows of them do not.
  ['می\u200cخواهم', 'می\u200cخواهم'],
  ['x\u200c\u200c\u200by', 'xy'],
  ['x \u034f \u200c \u00ad y', 'x y'],
  ['😀'.repeat(300), '😀'.repeat(PREVIEW_CHARACTERS)],
  [`${'x'.repeat(199)} y`, 'x'.repeat(199)],
  [`${' \n'.repeat(5000)}late`, 'late'],
]

suite('the text of a preview', () => {
  for (const [text, preview] of texts) {
    test(JSON.stringify(text.slice(0, 40)), () => {
      for (const size of [1, 2, 3, 7, 100_000]) {
        const written = new PreviewText(true)
        const letters = Array.from(text)
        for (let at = 0; at < letters.length; at += size) written.write(letters.slice(at, at + size).join(''))
        assert.equal(written.text, preview, `in slices of ${size}`)
      }
    })
  }

  test('HTML has no quotes', () => {
    const written = new PreviewText(false)
    written.write('> kept')
    assert.equal(written.text, '> kept')
  })
})

suite('the preview of a message', () => {
  const context = sharedContext()
  let store: SqliteStore

  before(async () => {
    store = await openStore(context)
  })

  /** The preview, and where the blob was read. */
  async function preview(t: TestContext, octets: string): Promise<{ text: string; places: number[] }> {
    const places: number[] = []
    const { context: bench, uids } = await selectInbox(t, store, [{ octets }], (mail) => ({
      blobs: {
        read(blob, offset, length) {
          places.push(offset)
          return mail.blobs.read(blob, offset, length)
        },
      },
    }))
    const { session, respond } = bench
    const [row] = await session.store.fetch(session.view.mailbox.id, uids, { structure: true })
    return { text: await previewOf(new FetchedMessage(uids[0] ?? (0 as never), row, session.store.blobs), new Pace(respond)), places }
  }

  test('reads the first chunk of a large text and no more', async (t) => {
    const { text, places } = await preview(t, `A: 1\r\n\r\nHello ${'world '.repeat(CHUNK_SIZE)}`)
    assert.ok(text.startsWith('Hello world world'))
    assert.deepEqual(places, [8])
  })

  test('gives up on a style sheet without end', async (t) => {
    const { text, places } = await preview(t, `Content-Type: text/html\r\n\r\n<style>${'x {} '.repeat(CHUNK_SIZE)}</style>Hello`)
    assert.equal(text, '')
    assert.equal(places.length, 1)
  })

  test('finds the first word behind a long style sheet', async (t) => {
    const { text } = await preview(t, `Content-Type: text/html\r\n\r\n<style>${'x {} '.repeat(20_000)}</style>Hello`)
    assert.equal(text, 'Hello')
  })

  test('is of what clients show as text', async (t) => {
    const calendar = '--x\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n'
    const alternative = (parts: string): string => `Content-Type: multipart/alternative; boundary=x\r\n\r\n${parts}--x--\r\n`
    assert.equal((await preview(t, alternative(`${calendar}--x\r\nContent-Type: text/html\r\n\r\n<p>Come!\r\n`))).text, 'Come!')
    assert.equal((await preview(t, alternative(calendar))).text, '')
    assert.equal((await preview(t, 'A message of old\r\n\r\nwithout MIME')).text, 'without MIME')
  })

  test('tries no more than a few parts', async (t) => {
    const empty = '--x\r\n\r\n \r\n'
    const parts = (count: number): string =>
      `Content-Type: multipart/mixed; boundary=x\r\n\r\n${empty.repeat(count)}--x\r\n\r\nlast\r\n--x--\r\n`
    assert.equal((await preview(t, parts(4))).text, 'last')
    assert.equal((await preview(t, parts(1000))).text, '')
  })
})
