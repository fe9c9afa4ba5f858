import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Duplex, pipeline } from 'node:stream'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { constants, createDeflateRaw, createInflateRaw, deflateRawSync } from 'node:zlib'
import { createWireTap } from '@mailstead/net'
import type { SqliteStore } from '@mailstead/sqlite'
import { tempDir } from '@mailstead/testkit'
import { Client, logIn } from './client.ts'
import { deliver, openStore, startServer, type TestServer } from './support.ts'

/** The client's side of RFC 4978, with the windows that clients have: 32 KiB both ways. */
function compressed(socket: Socket): Client {
  const out = createDeflateRaw({ flush: constants.Z_SYNC_FLUSH })
  const input = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH })
  socket.removeAllListeners('data')
  out.pipe(socket)
  pipeline(socket, input, () => {})
  return new Client(Duplex.from({ readable: input, writable: out }) as unknown as Socket)
}

async function begin(server: TestServer): Promise<{ client: Client; socket: Socket }> {
  const plain = await logIn(server)
  await plain.ok('COMPRESS DEFLATE')
  return { client: compressed(plain.socket), socket: plain.socket }
}

suite('COMPRESS', () => {
  const cleanUp: (() => unknown)[] = []
  const context = { after: (run: () => unknown) => void cleanUp.push(run) } as Pick<TestContext, 'after'>
  let store: SqliteStore

  before(async () => {
    store = await openStore(context)
  })
  after(async () => {
    for (const run of cleanUp.reverse()) await run()
  })

  test('is refused before login, twice, and for other mechanisms', async (t) => {
    const server = await startServer(t, store)
    const stranger = new Client(await server.connect())
    await stranger.response()
    assert.match((await stranger.command('COMPRESS DEFLATE')).at(-1) ?? '', / BAD .*Log in first/)
    const friend = await logIn(server)
    assert.match((await friend.command('COMPRESS LZ4')).at(-1) ?? '', / BAD /)
    const { client } = await begin(server)
    assert.match((await client.command('COMPRESS DEFLATE')).at(-1) ?? '', / BAD .*active already/)
    assert.match((await client.command('STARTTLS')).at(-1) ?? '', / BAD .*Logged in already/)
    await client.ok('NOOP')
  })

  test('carries messages whole, in fewer octets, both ways', async (t) => {
    const server = await startServer(t, store)
    const { client, socket } = await begin(server)
    const text = `Subject: long\r\n\r\n${'All work and no play makes a dull text.\r\n'.repeat(50_000)}`
    const before = socket.bytesWritten
    client.send(`x APPEND INBOX {${text.length}+}\r\n${text}\r\n`)
    assert.match((await client.until('x')).at(-1) ?? '', /^x OK /)
    assert.ok(socket.bytesWritten - before < text.length / 10)
    await client.ok('SELECT INBOX')
    const came = socket.bytesRead
    const [fetched = ''] = await client.ok('FETCH 1 BODY.PEEK[]')
    assert.ok(fetched.includes(text))
    assert.ok(socket.bytesRead - came < text.length / 10)
  })

  test('refers back to what was sent before', async (t) => {
    const server = await startServer(t, store)
    const { client, socket } = await begin(server)
    for (let name = 0; name < 100; name++) await client.ok(`CREATE "a mailbox ${name}"`)
    const sizes: number[] = []
    for (let round = 0; round < 3; round++) {
      const before = socket.bytesRead
      const listed = await client.ok('LIST "" "*"')
      assert.equal(listed.filter((line) => line.includes('a mailbox')).length, 100)
      sizes.push(socket.bytesRead - before)
    }
    assert.ok((sizes[2] ?? 0) < (sizes[0] ?? 0) / 2, sizes.join(' '))
  })

  test('tells what is new while a client idles', async (t) => {
    const server = await startServer(t, store)
    const { client } = await begin(server)
    await client.ok('SELECT INBOX')
    client.send('i IDLE\r\n')
    assert.match((await client.response()) ?? '', /^\+/)
    await deliver(server.mail, 'INBOX', 'one')
    assert.equal(await client.response(), '* 1 EXISTS')
    assert.equal(await client.response(), '* 1 RECENT')
    client.send('DONE\r\n')
    await client.until('i')
    await client.ok('LOGOUT')
    assert.equal(await client.response(), undefined)
  })

  test('ends with a goodbye when what comes is not DEFLATE, or when the login is given up', async (t) => {
    const server = await startServer(t, store)
    const broken = await begin(server)
    broken.socket.write(Buffer.alloc(100, 0xff))
    assert.match((await broken.client.response()) ?? '', /^\* BYE /)
    const leaving = await begin(server)
    leaving.client.send('u UNAUTHENTICATE\r\n')
    assert.match((await leaving.client.response()) ?? '', /^\* BYE /)
    assert.equal(await leaving.client.response(), undefined)
  })

  test('keeps its memory small while much is inflated', async (t) => {
    const server = await startServer(t, store)
    const { client, socket } = await begin(server)
    const bomb = deflateRawSync(Buffer.alloc(128 * 1024 * 1024, 'x'), { finishFlush: constants.Z_SYNC_FLUSH })
    client.send('i IDLE\r\n')
    await client.response()
    const rss = process.memoryUsage().rss
    socket.write(bomb)
    socket.write(deflateRawSync(Buffer.from('\r\nn NOOP\r\n'), { finishFlush: constants.Z_SYNC_FLUSH }))
    assert.match((await client.until('i')).at(-1) ?? '', /^i BAD /)
    assert.match((await client.until('n')).at(-1) ?? '', /^n OK /)
    // Garbage that is not collected yet is in it too; whoever keeps what was inflated needs all of 128 MiB.
    const grown = process.memoryUsage().rss - rss
    assert.ok(grown < 112 * 1024 * 1024, `${grown} octets`)
  })

  test('is not seen in what is written down', async (t) => {
    const dir = await tempDir(t)
    const server = await startServer(t, store, { wire: createWireTap(dir) })
    const { client, socket } = await begin(server)
    await client.ok('STATUS INBOX (MESSAGES)')
    client.send('l LOGOUT\r\n')
    await client.until('l')
    if (!socket.destroyed) await once(socket, 'close')
    const [file = ''] = globSync('*.txt', { cwd: dir })
    const read = (): string => readFileSync(join(dir, file), 'utf8')
    for (let tries = 0; tries < 500 && !read().includes('Logged out'); tries++) await sleep(10)
    assert.match(read(), /^C: \S+ STATUS INBOX \(MESSAGES\)$/m)
    assert.match(read(), /^S: \* STATUS INBOX \(MESSAGES 0\)$/m)
  })
})
