import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { decodeStructure, MessageScanner, type Part, transferDecoder } from '@mailstead/mime'
import { type Random, withSeed } from '@mailstead/testkit'
import { chunks, CONTENTS, message, session } from './binary-mime.ts'
import { type Port, site } from './fixture.ts'

const WIRE = readFileSync(new URL('binary-mime.wire', import.meta.url))

test('the generator makes the octets that are checked in', () => assert.ok(session().equals(WIRE)))

test('chunks add up to the message', () =>
  assert.equal(
    chunks(Buffer.from('abcdef'), [1, 0, 3]).toString(),
    'BDAT 1\r\naBDAT 0\r\nBDAT 3\r\nbcdBDAT 1\r\neBDAT 0\r\nBDAT 1\r\nfBDAT 0 LAST\r\n',
  ))

/** Sends the octets in pieces and resolves to all that the server said. */
async function play(port: Port, octets: Buffer, random: Random): Promise<string> {
  const socket = port.connect()
  let said = ''
  socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')))
  const ended = new Promise((resolve) => socket.once('close', resolve))
  for (const piece of random.split(octets, random.pick([100, 1000, 10_000]))) {
    socket.write(piece)
    if (random.chance(0.3)) await new Promise((resolve) => setImmediate(resolve))
  }
  socket.end()
  await ended
  return said
}

/** Contents of the leaves that are not text, their encoding undone. */
function contentsOf(stored: Buffer): Buffer[] {
  const scanner = new MessageScanner()
  scanner.push(stored)
  const leaves = (part: Part): Part[] => (part.children.length === 0 ? [part] : part.children.flatMap(leaves))
  const root = decodeStructure(scanner.end().structure) ?? assert.fail()
  return leaves(root)
    .filter(({ encoding }) => encoding !== '8bit')
    .map(({ encoding, body, end }) => {
      assert.equal(encoding, 'base64')
      const decoder = transferDecoder(encoding)
      return Buffer.concat([decoder.write(stored.subarray(body, end)), decoder.end()])
    })
}

test('what a binary message holds comes out as it went in, however it is cut', async (t) => {
  const s = await site(t)
  const port = await s.serve('mx')
  await withSeed(async (random) => {
    for (let round = 0; round < 12; round++) {
      const octets =
        round === 0
          ? WIRE
          : session(
              message(),
              Array.from({ length: 1 + random.int(4) }, () => random.int(random.pick([2, 50, 3000])) + 1),
            )
      const said = await play(port, octets, random)
      assert.match(said, /\r\n250 2\.0\.0 Queued as \w+\r\n221 /)
      const stored = await s.newest('ann')
      const contents = contentsOf(stored)
      assert.equal(contents.length, 2 * CONTENTS.length)
      for (const [index, content] of contents.entries())
        assert.ok(content.equals(CONTENTS[index % CONTENTS.length] ?? assert.fail()), `part ${index}`)
      assert.ok(stored.includes('Gr\xc3\xbc\xc3\x9fe\r\n', 0, 'latin1') && !stored.includes('binary\r\n\r\n'))
    }
  })
  assert.equal(s.reserved(), 0)
})
