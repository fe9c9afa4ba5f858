import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { type Answer, BODY, type Question } from './memory-child.ts'

const LINE = `${'x'.repeat(62)}\r\n`
const BLOCK = Buffer.alloc(65_536, LINE)

/** Octets that the server may take for a message of 40 MiB. */
const ROOM = 64 * 2 ** 20

async function ask(child: ChildProcess, question: Question): Promise<Answer> {
  const answered = once(child, 'message') as Promise<[Answer]>
  child.send(question)
  return (await answered)[0]
}

const readOf = (answer: Answer): number => ('read' in answer ? answer.read : Number.NaN)

const peakOf = (answer: Answer): number => ('peak' in answer ? answer.peak : Number.NaN)

/** Sends as fast as the server reads. */
async function send(port: number, octets: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const said: Buffer[] = []
  socket.on('data', (chunk: Buffer) => said.push(chunk))
  socket.write('EHLO x\r\nMAIL FROM:<a@far.example>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\nSubject: big\r\n\r\n')
  for (let sent = 0; sent < octets; sent += BLOCK.length) if (!socket.write(BLOCK)) await once(socket, 'drain')
  socket.write('.\r\nQUIT\r\n')
  await once(socket, 'close')
  assert.match(Buffer.concat(said).toString(), /\r\n250 2\.0\.0 Queued/)
}

test('40 MiB are stored as they were sent, and the whole server grows by less than 64 MiB', async (t) => {
  const child = fork(new URL('memory-child.ts', import.meta.url), ['serve'])
  t.after(() => child.kill())
  const [started] = (await once(child, 'message')) as [Answer]
  assert.ok('port' in started)
  // What every first message takes is not this one's.
  await send(started.port, 2 ** 20)
  const before = peakOf(await ask(child, 'peak'))
  await send(started.port, BODY)
  const growth = peakOf(await ask(child, 'peak')) - before
  t.diagnostic(`the server grew by ${Math.round(growth / 2 ** 20)} MiB`)
  assert.ok(growth < ROOM, `grew by ${Math.round(growth / 2 ** 20)} MiB`)
  const sent = createHash('sha256')
  for (let i = 0; i < BODY; i += BLOCK.length) sent.update(BLOCK)
  assert.deepEqual(await ask(child, 'digest'), { digest: sent.digest('hex') })
  child.send('end' satisfies Question)
  await once(child, 'exit')
})

const HALVES = 50
/** Octets of each half. */
const HALF = 3 * 2 ** 20

test('clients that send half a message each hold no more than a piece of it each', async (t) => {
  const child = fork(new URL('memory-child.ts', import.meta.url), ['serve'])
  t.after(() => child.kill())
  const [started] = (await once(child, 'message')) as [Answer]
  assert.ok('port' in started)
  await send(started.port, 2 ** 20)
  const before = peakOf(await ask(child, 'peak'))
  const sockets = await Promise.all(Array.from({ length: HALVES }, () => half(started.port)))
  while (readOf(await ask(child, 'read')) < HALVES * HALF) await new Promise((resolve) => setTimeout(resolve, 20))
  const growth = peakOf(await ask(child, 'peak')) - before
  t.diagnostic(`the server grew by ${Math.round(growth / 2 ** 20)} MiB for ${HALVES} halves`)
  assert.ok(growth < (HALVES * HALF * 3) / 4, `grew by ${Math.round(growth / 2 ** 20)} MiB`)
  // Who is honest gets on beside them.
  await send(started.port, 2 ** 20)
  for (const socket of sockets) socket.destroy()
  child.send('end' satisfies Question)
  await once(child, 'exit')
})

/** Sends the first half of a message, and stays. */
async function half(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.resume()
  socket.write('EHLO x\r\nMAIL FROM:<a@far.example>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\nSubject: half\r\n\r\n')
  for (let sent = 0; sent < HALF; sent += BLOCK.length) if (!socket.write(BLOCK)) await once(socket, 'drain')
  return socket
}
