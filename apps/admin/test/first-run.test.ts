import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { freePortBase, run, start, type Spawned } from './harness.ts'
import { ImapClient } from './imap-client.ts'

const root = mkdtempSync(join(tmpdir(), 'mailstead-'))
after(() => rmSync(root, { recursive: true, force: true }))

const dir = join(root, 'data')
const base = await freePortBase()
const begin = (...args: string[]): Spawned => start(['start', '--data', dir, '--port-base', `${base}`, ...args])

test('the first run makes two accounts with mail, says how to reach them, and can be filled; the second keeps them', async (t) => {
  const first = begin()
  t.after(() => first.child.kill('SIGKILL'))
  const said = await first.printed(/End:/)
  const users = [...said.matchAll(/^ +((?:ann|ben)@example\.test) +([a-z2-9-]{23})$/gm)].map(([, address = '', password = '']) => ({
    address,
    password,
  }))
  assert.deepEqual(
    users.map(({ address }) => address),
    ['ann@example.test', 'ben@example.test'],
  )
  assert.equal(new Set(users.map(({ password }) => password)).size, 2)
  assert.ok(said.includes(join(dir, 'ca.pem')))
  for (const port of [993, 465, 143, 995, 110, 587, 25]) assert.match(said, new RegExp(`\\b${base + port}\\b`))
  for (const { address, password } of users) {
    const client = new ImapClient(base + 993, join(dir, 'ca.pem'))
    t.after(() => client.end())
    await client.until(/^\* OK.*\r\n/)
    assert.match(await client.command(`LOGIN ${address} ${password}`), /^t OK/m)
    assert.match(await client.command('SELECT INBOX'), /^\* 1 EXISTS\r$/m)
    const message = await client.command('FETCH 1 (BODY.PEEK[])')
    assert.match(message, /^Subject: Welcome to Mailstead\r$/m)
    assert.ok(message.includes('grüß dich, привет, こんにちは'))
  }

  const filled = await run(`demo --messages 30 --data ${dir} --json`)
  assert.equal(filled.code, 0, filled.err)
  const accounts = JSON.parse((await run(`account list --json --data ${dir}`)).out) as { usedMessages: number }[]
  assert.equal(
    accounts.reduce((sum, { usedMessages }) => sum + usedMessages, 0),
    2 + 30,
  )
  first.child.kill('SIGTERM')
  const { code, err } = await first.ended()
  assert.equal(code, 0)
  for (const { password } of users) assert.ok(!err.includes(password), 'a password stands in the log')

  const second = begin('--json')
  t.after(() => second.child.kill('SIGKILL'))
  const json = await second.printed(/^\}\n/m)
  const { ready, users: kept } = JSON.parse(json) as { ready: boolean; users: { address: string; password?: string }[] }
  assert.equal(ready, true)
  assert.deepEqual(kept, [{ address: 'ann@example.test' }, { address: 'ben@example.test' }])
})

test('a folder with a domain of its own gets no trial accounts', async (t) => {
  const own = join(root, 'own')
  assert.equal((await run(`domain add example.org --data ${own}`)).code, 0)
  const server = start(['start', '--data', own, '--port-base', `${await freePortBase()}`])
  t.after(() => server.child.kill('SIGKILL'))
  assert.match(await server.printed(/End:/), /There is no account yet/)
  assert.deepEqual(JSON.parse((await run(`account list --json --data ${own}`)).out), [])
})
