import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { seeded } from '@mailstead/testkit'
import { logIn, type Client } from './client.ts'
import { openStore, startServer } from './support.ts'

const MIB = 1024 * 1024
const SIZE = 40 * MIB
const PIECE = 64 * 1024
/** Octets between two looks at the memory. */
const SAMPLE = 8 * MIB

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Octets that are in use, garbage left out. */
function inUse(): number {
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** 40 MiB in pieces: a header, lines of octets above 127, and no line end at the end. */
function* message(): Generator<Buffer> {
  const random = seeded(40)
  const line = Buffer.from(Array.from({ length: 126 }, () => 128 + random.int(128)))
  const lines = Buffer.concat(Array.from({ length: PIECE / 128 }, () => Buffer.concat([line, Buffer.from('\r\n')])))
  const header = Buffer.from('Subject: forty\r\n\r\n')
  yield header
  let left = SIZE - header.length
  for (; left > lines.length; left -= lines.length) yield lines
  yield Buffer.alloc(left, 'z')
}

async function send(socket: Socket, sha: ReturnType<typeof createHash>): Promise<number> {
  let [sent, peak] = [0, 0]
  for (const piece of message()) {
    sha.update(piece)
    if (!socket.write(piece)) await once(socket, 'drain')
    sent += piece.length
    if (sent % SAMPLE < PIECE) peak = Math.max(peak, inUse())
  }
  return peak
}

interface Taken {
  /** What came around the literal. */
  readonly frame: string
  readonly peak: number
}

/** Sends a FETCH of one literal and takes the answer without keeping it. */
function take({ socket }: Client, command: string, size: number, sha: ReturnType<typeof createHash>): Promise<Taken> {
  socket.removeAllListeners('data')
  let [frame, left, peak, sampled] = ['', -1, 0, 0]
  return new Promise((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      const begins = left === -1 ? chunk.indexOf('\r\n') + 2 : 0
      if (left === -1) left = size
      frame += chunk.toString('latin1', 0, begins)
      const part = chunk.subarray(begins, begins + left)
      sha.update(part)
      left -= part.length
      frame += chunk.toString('latin1', begins + part.length)
      if (sampled - left > SAMPLE || sampled === 0) {
        sampled = left
        peak = Math.max(peak, inUse())
      }
      if (!frame.endsWith('OK Fetched\r\n')) return
      socket.removeAllListeners('data')
      socket.resume()
      resolve({ frame, peak })
    })
    socket.write(command)
  })
}

test('40 MiB go through APPEND and FETCH unchanged, a missing last line end too, and are never in memory', async (t) => {
  const server = await startServer(t, await openStore(t))
  const client = await logIn(server)
  const before = inUse()
  const [sent, received] = [createHash('sha256'), createHash('sha256')]
  client.send(`a APPEND INBOX {${SIZE}+}\r\n`)
  const peakIn = await send(client.socket, sent)
  client.send('\r\n')
  assert.match((await client.until('a')).join(), /^a OK \[APPENDUID \d+ 1\]/)
  await client.ok('SELECT INBOX')
  assert.deepEqual((await client.ok('FETCH 1 RFC822.SIZE'))[0], `* 1 FETCH (RFC822.SIZE ${SIZE})`)

  const { frame, peak: peakOut } = await take(client, 'b FETCH 1 BODY.PEEK[]\r\n', SIZE, received)
  assert.equal(frame, `* 1 FETCH (BODY[] {${SIZE}}\r\n)\r\nb OK Fetched\r\n`)
  assert.equal(received.digest('hex'), sent.digest('hex'))
  for (const [what, peak] of Object.entries({ APPEND: peakIn, FETCH: peakOut })) {
    assert.ok(peak - before < 12 * MIB, `${what}: ${Math.round((peak - before) / MIB)} MiB in use`)
  }
})
