/** Listeners of their own, as the configuration describes them, in the whole server. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, lstatSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLogger } from '@mailstead/base'
import { parseConfig } from '@mailstead/config'
import { compose } from '@mailstead/server'
import { tempDir } from '@mailstead/testkit'
import { dialogue } from './dialogue.ts'

test('mail comes by a Unix socket, each listener has its own policy, and all are told of and closed', async (t) => {
  const dir = await tempDir(t)
  const path = join(dir, 'lmtp')
  const toml = `
    host_name = "localhost"
    port_base = 10000
    data_dir = ${JSON.stringify(join(dir, 'data'))}
    [rates]
    messages = "2/hour"
    exempt = []
    [limits]
    recipients = 50
    [[listener]]
    role = "lmtp"
    socket = ${JSON.stringify(path)}
    socket_mode = "0600"
    recipients = 1
    expn = true
    [[listener]]
    role = "mx"
    port = 2525
    clients = ["192.0.2.0/24"]`
  const server = await compose(parseConfig(toml, 'm.toml').config, { anyPort: true, log: silentLogger })
  let stopped = false
  t.after(() => (stopped ? undefined : server.stop()))
  await server.admin.accounts.addDomain('example.test')
  for (const name of ['ann', 'ben']) await server.admin.accounts.add({ address: `${name}@example.test`, password: 'x', quota: undefined })
  await server.start()
  const { listeners } = server.facts()
  assert.deepEqual(
    listeners.filter(({ socket }) => socket !== undefined),
    [{ role: 'lmtp', host: '', port: 0, socket: path }],
  )
  assert.equal(lstatSync(path).mode & 0o777, 0o600)

  await server.admin.accounts.addAlias('all@example.test', 'ben@example.test')
  const envelope = ['LHLO x', 'MAIL FROM:<a@far.test>', 'RCPT TO:<ann@example.test>', 'RCPT TO:<ben@example.test>']
  const replies = await dialogue(connect(path), [...envelope, 'EXPN all@example.test', 'DATA', 'Subject: x\r\n\r\nx\r\n.', 'QUIT'])
  assert.match(replies[0] ?? '', /^220 localhost LMTP$/)
  assert.deepEqual(
    replies.slice(2).map((reply) => reply.slice(0, 9)),
    ['250 2.1.0', '250 2.1.5', '452 4.5.3', '250 2.1.5', '354 End d', '250 2.0.0', '221 2.0.0'],
  )
  const mx = listeners.filter(({ role }) => role === 'mx').map(({ port }) => port)
  const wide = await dialogue(connect(mx[0] ?? 0, '127.0.0.1'), [
    'EHLO x',
    ...envelope.slice(1),
    'RSET',
    envelope[1] ?? '',
    'RSET',
    envelope[1] ?? '',
    'QUIT',
  ])
  assert.deepEqual(
    wide.slice(2).map((reply) => reply.slice(0, 3)),
    ['250', '250', '250', '250', '250', '250', '450', '221'],
  )
  assert.deepEqual(await dialogue(connect(mx.at(-1) ?? 0, '127.0.0.1'), []), ['554 localhost You may not connect from there'])

  const open = connect(path)
  await once(open, 'data')
  const goodbye = once(open, 'data')
  const end = once(open, 'close')
  stopped = true
  await server.stop()
  assert.match(String((await goodbye)[0]), /^421 /)
  await end
  assert.equal(existsSync(path), false)
})
