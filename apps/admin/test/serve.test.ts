/** What `serve` promises beyond mail: transcripts, certificates by file, imports beside logins, an end in time. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { copyFile, writeFile } from 'node:fs/promises'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { silentLogger, systemClock } from '@mailstead/base'
import { openTls } from '@mailstead/net'
import { playTranscript } from '@mailstead/testkit'
import { run, start } from './harness.ts'
import { serve, withAccount, type Running } from './serving.ts'

const root = mkdtempSync(join(tmpdir(), 'mailstead-'))
const fresh = await withAccount(join(root, 'fresh'))
after(() => rmSync(root, { recursive: true, force: true }))

/** A data folder as `fresh` is, so that two servers give the same answers. */
function copyOf(name: string): string {
  cpSync(fresh, join(root, name), { recursive: true })
  return join(root, name)
}

async function secured(server: Running, port: number): Promise<TLSSocket> {
  const socket = connect({
    port: server.base + port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: readFileSync(join(server.dir, 'ca.pem')),
  })
  await once(socket, 'secureConnect')
  return socket
}

test('a session written down by --wire, without its password, plays again on another server', async (t) => {
  const wire = join(root, 'wire')
  const first = await serve(copyOf('first'), { args: ['--wire', wire] })
  t.after(() => first.stop())
  const client = await first.login('ann@example.org', 'secret one')
  for (const line of [
    'SELECT INBOX',
    'APPEND INBOX (\\Seen) {23+}\r\nSubject: x\r\n\r\nA body.\r\n',
    'FETCH 1 (FLAGS BODY.PEEK[])',
    'NOPE',
    'LOGOUT',
  ])
    assert.match(await client.command(line), /^t (OK|BAD)/m)
  const pop = await secured(first, 995)
  let popped = ''
  pop.on('data', (chunk: Buffer) => (popped += chunk.toString()))
  pop.write('USER ann@example.org\r\nPASS secret one\r\nSTAT\r\nQUIT\r\n')
  await once(pop, 'close')
  assert.match(popped, /^\+OK 1 23\r$/m)
  const smtp = connectPlain(first.base + 25, '127.0.0.1')
  smtp.resume()
  smtp.write(
    'EHLO client.example\r\nMAIL FROM:<x@example.net>\r\nRCPT TO:<nobody@example.org>\r\nRCPT TO:<ann@example.org>\r\nRSET\r\nQUIT\r\n',
  )
  await once(smtp, 'close')
  first.child.kill('SIGTERM')
  assert.equal((await first.ended()).code, 0)

  const transcript = (kind: string): string => {
    const name = readdirSync(wire).find((file) => file.startsWith(`${kind}-`))
    assert.ok(name, `no ${kind} session in ${readdirSync(wire).join(', ')}`)
    return join(wire, name)
  }
  for (const name of readdirSync(wire)) assert.doesNotMatch(readFileSync(join(wire, name), 'utf8'), /secret one/)
  assert.match(readFileSync(transcript('imap'), 'utf8'), /^C: t LOGIN \{redacted\}$/m)

  const second = await serve(copyOf('second'))
  t.after(() => second.stop())
  const imap = { connect: () => secured(second, 993), recorded: true, variables: { redacted: '"ann@example.org" "secret one"' } }
  await playTranscript(transcript('imap'), imap)
  await playTranscript(transcript('pop3'), { connect: () => secured(second, 995), recorded: true, variables: { redacted: 'secret one' } })
  await playTranscript(transcript('smtp'), { connect: () => connectPlain(second.base + 25, '127.0.0.1'), recorded: true })
})

test('a certificate given by file is served, and another one once it stands there', async (t) => {
  // Key and certificate stand in one file there.
  const made = async (name: string): Promise<string> => {
    const dir = mkdtempSync(join(root, name))
    const tls = await openTls({ dir, hostName: name, log: silentLogger, clock: systemClock })
    tls.close()
    return join(dir, 'tls', 'server.pem')
  }
  const [one, two] = [await made('one'), await made('two')]
  const file = join(root, 'given.pem')
  await copyFile(one, file)
  const server = await serve(copyOf('given'), { environment: { MAILSTEAD_TLS_CERT_FILE: file, MAILSTEAD_TLS_KEY_FILE: file } })
  t.after(() => server.stop())
  const served = async (): Promise<string> => {
    const socket = connect({ port: server.base + 993, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { fingerprint256 } = socket.getPeerCertificate()
    socket.destroy()
    return fingerprint256
  }
  const before = await served()
  await copyFile(two, file)
  server.child.kill('SIGHUP')
  while ((await served()) === before) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(existsSync(join(server.dir, 'ca.pem')), false)
  const status = JSON.parse((await server.mailstead('status --json')).out) as { server: { certificate: { source: string } } }
  assert.equal(status.server.certificate.source, 'files')
})

test('an import lets people log in meanwhile', async (t) => {
  const server = await serve(copyOf('import'))
  t.after(() => server.stop())
  const file = join(root, 'many.csv')
  await writeFile(file, Array.from({ length: 100 }, (_, index) => `user${index}@example.org,p${index},100M\n`).join(''))
  const state = { importing: true }
  const imported = run(`account import ${file} --json --data ${server.dir}`).finally(() => (state.importing = false))
  let logins = 0
  while (state.importing) {
    const client = await server.login('ann@example.org', 'secret one')
    client.end()
    // Another password each time, so that nothing but a hash can tell.
    await assert.rejects(server.login('ann@example.org', `wrong ${logins++}`), /t NO/)
  }
  const { code, out, err } = await imported
  assert.equal(code, 0, err)
  assert.deepEqual(JSON.parse(out), { created: 100, failed: [] })
  assert.ok(logins > 0)
  await server.login('user99@example.org', 'p99')
})

test('sessions that never end do not hold up the end, and a socket left behind is no server', async (t) => {
  const server = await serve(copyOf('held'), { args: ['--json'] })
  t.after(() => server.stop())
  const { ready, listeners } = JSON.parse(await server.printed(/^\}\n/m)) as { ready: boolean; listeners: { port: number }[] }
  assert.ok(ready && listeners.some(({ port }) => port === server.base + 25))
  const stuck = connectPlain(server.base + 25, '127.0.0.1')
  let replies = ''
  stuck.on('data', (chunk: Buffer) => (replies += chunk.toString())).on('error', () => undefined)
  stuck.write('EHLO x\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\nSubject: never\r\n')
  while (!/^354 /m.test(replies)) await once(stuck, 'data')
  const idle = await server.login('ann@example.org', 'secret one')
  await idle.command('SELECT INBOX')
  server.child.kill('SIGTERM')
  assert.equal((await server.ended()).code, 0)
  assert.match(replies, /^421 /m)
  assert.equal((JSON.parse((await run(`account list --json --data ${server.dir}`)).out) as { usedMessages: number }[])[0]?.usedMessages, 0)

  const killed = await serve(server.dir)
  await killed.stop()
  assert.ok(existsSync(join(server.dir, 'control.sock')))
  const listed = await start(['account', 'list', '--data', server.dir]).ended()
  assert.equal(listed.code, 0, listed.err)
})
