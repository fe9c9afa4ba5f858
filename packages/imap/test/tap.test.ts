import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createWireTap } from '@mailstead/net'
import { playTranscript, tempDir } from '@mailstead/testkit'
import { Client } from './client.ts'
import { deliver, openStore, startServer } from './support.ts'

/** Nothing in it changes the mailbox, so that it can be had twice. */
const SESSION = [
  'a CAPABILITY',
  'c LOGIN ann@example.org secret',
  'd NAMESPACE',
  'e LIST "" "{*}"',
  'f EXAMINE {5}',
  'INBOX',
  'g FETCH 1:2 (FLAGS BODY.PEEK[] RFC822.SIZE)',
  'h SEARCH SUBJECT {3+}',
  'two',
  'i FROBNICATE',
  'j IDLE',
  'DONE',
  'l LOGOUT',
]

test('a session that was written down can be played again, and holds no password', async (t) => {
  const dir = await tempDir(t)
  const server = await startServer(t, await openStore(t), { wire: createWireTap(dir) })
  for (const text of ['one', 'two']) await deliver(server.mail, 'INBOX', text)
  const client = new Client(await server.connect())
  client.send(`${SESSION.join('\r\n')}\r\n`)
  await client.until('l')
  await client.rest()
  client.socket.end()

  // It is written without anybody waiting for it.
  let text = ''
  for (let tries = 0; tries < 500 && !text.includes('Logged out'); tries++) {
    await sleep(10)
    const [file] = globSync('*.txt', { cwd: dir })
    if (file !== undefined) text = readFileSync(join(dir, file), 'utf8')
  }
  assert.doesNotMatch(text, /secret/)
  assert.match(text, /^C: g FETCH 1:2 \(FLAGS BODY\.PEEK\[\] RFC822\.SIZE\)$/m)
  assert.match(text, /^S: l OK Logged out$/m)
  await playTranscript(text, { connect: () => server.connect(), recorded: true, variables: { redacted: 'ann@example.org secret' } })
})
