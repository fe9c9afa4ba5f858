import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { openTls, upgradeToTls } from '@mailstead/net'
import type { MailRequests } from '@mailstead/smtp'
import { tempDir } from '@mailstead/testkit'
import { HOST, site, type Site } from './fixture.ts'

/** A customer that has logged in, and is asked no more; the last line of each answer. */
async function customer(
  t: TestContext,
  fetch: MailRequests['fetch'],
): Promise<{ s: Site; socket: TLSSocket; readonly say: (line: string) => Promise<string> }> {
  const s = await site(t)
  const tls = await openTls({ dir: await tempDir(t), hostName: HOST, log: s.log, clock: s.clock })
  t.after(() => tls.close())
  const secure = (raw: Socket): Promise<Socket> => upgradeToTls(raw, tls, { clock: s.clock })
  const requests: MailRequests = { start: async () => ({ kind: 'unable' }), fetch }
  const port = await s.serve('odmr', { tls, secure, requests })
  const socket = connectTls({ socket: port.connect(), rejectUnauthorized: false })
  t.after(() => void socket.destroy())
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const answer = async (): Promise<string> => {
    let end: RegExpExecArray | null
    while ((end = /^\d{3} .*\r\n/m.exec(text)) === null) await once(socket, 'data')
    text = text.slice(end.index + end[0].length)
    return end[0].trimEnd()
  }
  const say = (line: string): Promise<string> => (socket.write(`${line}\r\n`), answer())
  await answer()
  await say('EHLO customer.example')
  assert.match(await say(`AUTH PLAIN ${Buffer.from('\0ann@example.org\0secret').toString('base64')}`), /^235 /)
  return { s, socket, say }
}

test('a store in trouble is 451, and the log says why', async (t) => {
  const { s, say } = await customer(t, () => Promise.reject(new Error('the store is away')))
  assert.equal(await say('ATRN'), '451 4.3.0 Unable to process ATRN request now')
  assert.ok(s.log.events.some(({ level, event }) => level === 'error' && event === 'it is not known what mail there is'))
  assert.equal(await say('QUIT'), '221 2.0.0 Bye')
})

test('an account that was disabled since it logged in fetches nothing', async (t) => {
  const { s, say } = await customer(t, () => assert.fail('asked'))
  await s.setEnabled('ann', false)
  assert.match(await say('ATRN'), /^421 4\.7\.0 /)
})

test('a transfer that fails ends the connection, and nothing is said on it meanwhile', async (t) => {
  const failed = Promise.withResolvers<number>()
  const { s, socket, say } = await customer(t, async () => ({ kind: 'ready', run: () => failed.promise }))
  assert.equal(await say('ATRN'), '250 2.0.0 OK now reversing the connection')
  const heard: Buffer[] = []
  socket.on('data', (chunk: Buffer) => heard.push(chunk))
  const closed = once(socket, 'end')
  // Longer than an idle client is borne with.
  s.clock.advance(3_600_000)
  failed.reject(new Error('not a server'))
  await closed
  assert.deepEqual(heard, [])
  assert.ok(s.log.events.some(({ event, fields }) => event === 'mail was not fetched' && fields['error'] === 'Error: not a server'))
})
