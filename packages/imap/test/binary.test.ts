import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { decodeStructure, findPart, transferDecoder } from '@mailstead/mime'
import type { SqliteStore } from '@mailstead/sqlite'
import { CHUNK_SIZE, type StagedBlob } from '@mailstead/store'
import { sharedContext, type Random, withSeed } from '@mailstead/testkit'
import { ImapDecoder } from '@mailstead/wire'
import { parseFetch } from '../src/fetch/parse.ts'
import { runFetch } from '../src/fetch/run.ts'
import type { Pace } from '../src/pace.ts'
import { withoutNul } from '../src/staged-message.ts'
import { fullRegistry } from '../src/registry.ts'
import { selectInbox } from './command-context.ts'
import { openStore } from './support.ts'

const pace = { pause: () => undefined } as unknown as Pace

suite('BINARY and the store', () => {
  const context = sharedContext()
  let store: SqliteStore

  before(async () => {
    store = await openStore(context)
  })

  test('a part larger than what is kept is counted first and decoded while it is sent', async (t) => {
    const content = Buffer.alloc(700_001, 'a\0bcdefghij\r\n', 'latin1')
    const base64 = content.toString('base64').replace(/.{76}/g, '$&\r\n')
    const places: number[] = []
    const bench = await selectInbox(t, store, [{ octets: `Content-Transfer-Encoding: base64\r\n\r\n${base64}\r\n` }], (mail) => ({
      blobs: {
        read(blob, offset, length) {
          places.push(offset)
          return mail.blobs.read(blob, offset, length)
        },
      },
    }))
    const { attributes } = parseFetch(
      new ImapDecoder(Buffer.from(' 1 (BINARY.SIZE[1] BINARY.PEEK[1]<699990.20> BINARY.PEEK[1])')),
      fullRegistry(),
      'sequence',
    )
    assert.equal(await runFetch(bench.context, bench.uids, attributes, false), 0)
    const text = content.toString('latin1')
    const expected = `* 1 FETCH (BINARY.SIZE[1] 700001 BINARY[1]<699990> ~{11}\r\n${text.slice(699_990)} BINARY[1] ~{700001}\r\n${text})\r\n`
    assert.ok(bench.written === expected)
    // For the size, for the partial, and twice for the whole.
    assert.equal(places.length, 4 * Math.ceil((base64.length + 37) / CHUNK_SIZE))
  })

  async function staged(octets: Uint8Array): Promise<StagedBlob> {
    const writer = store.stores.blobs.stage()
    for (let at = 0; at < octets.length; at += 100_000) await writer.write(octets.subarray(at, at + 100_000))
    return writer.finish()
  }

  async function octetsOf(blob: StagedBlob): Promise<Buffer> {
    const pieces: Uint8Array[] = []
    for (let at = 0; at < blob.size; at += CHUNK_SIZE) pieces.push(await blob.read(at, CHUNK_SIZE))
    return Buffer.concat(pieces)
  }

  /** The part's content, its encoding undone. */
  function contentOf(blob: StagedBlob, octets: Buffer, numbers: readonly number[]): Buffer {
    const part = findPart(decodeStructure(blob.rendered.structure) ?? assert.fail(), numbers) ?? assert.fail()
    const decoder = transferDecoder(part.encoding)
    return Buffer.concat([decoder.write(octets.subarray(part.body, part.end)), decoder.end()])
  }

  test('parts with NUL come back as they were, the others are not touched', () =>
    withSeed(async (random) => {
      for (const size of [1, 2, 3, 56, 57, 58, 113, 114, 115, 1000, 57 * 512, 57 * 512 + 1, CHUNK_SIZE - 100, CHUNK_SIZE + 77]) {
        const contents = [content(random, size), content(random, random.int(300)), content(random, 1 + random.int(300))]
        const parts = contents.map((each, index) => Buffer.concat([Buffer.from(`--b\r\nX: ${index}\r\n\r\n`), each, Buffer.from('\r\n')]))
        const octets = Buffer.concat([Buffer.from('Content-Type: multipart/mixed; boundary=b\r\n\r\n'), ...parts, Buffer.from('--b--\r\n')])
        const before = await staged(octets)
        const blob = await withoutNul(before, store.stores.blobs, pace)
        const encoded = await octetsOf(blob)
        assert.ok(!encoded.includes(0))
        for (const [index, each] of contents.entries()) {
          assert.deepEqual(contentOf(blob, encoded, [index + 1]), each, `part ${index + 1} of ${each.length} octets`)
          if (!each.includes(0)) assert.ok(encoded.includes(parts[index] ?? ''), 'a part without NUL is as it was')
        }
        await blob.release()
      }
    }))

  test('a whole message ends with a line end, and has one encoding', async () => {
    const header = 'content-transfer-encoding: 8bit\r\nSubject: x\r\nContent-Transfer-Encoding: binary\r\n\r\n'
    const blob = await withoutNul(await staged(Buffer.from(`${header}\0${'y'.repeat(56)}`)), store.stores.blobs, pace)
    const line = Buffer.from(`\0${'y'.repeat(56)}`).toString('base64')
    assert.equal(String(await octetsOf(blob)), `Content-Transfer-Encoding: base64\r\nSubject: x\r\n\r\n${line}\r\n`)
    await blob.release()
  })
})

/** Some have NUL in them; none has what could be a boundary. */
function content(random: Random, size: number): Buffer {
  const octets = Buffer.from(Array.from({ length: size }, () => random.pick([0x20, 0x61, 0x80, 0xff, 0x0d])))
  if (random.chance(0.6)) for (let count = 1 + random.int(3); count > 0; count--) octets[random.int(size)] = 0
  return octets
}
