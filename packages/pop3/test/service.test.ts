import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import { before, suite, test } from 'node:test'
import { createWireTap } from '@mailstead/net'
import type { SqliteStore } from '@mailstead/sqlite'
import { StoreError, type MailStore, type MailStores } from '@mailstead/store'
import { playTranscript, sharedContext, tempDir, withSeed } from '@mailstead/testkit'
import { createPop3Service, pop3ExtensionDocs } from '../src/index.ts'
import { CAPABILITIES } from '../src/capabilities.ts'
import { Pop3Client } from './client.ts'
import { append, HOST, openStore, startServer, type TestServer } from './support.ts'

const message = (body: string): Buffer => Buffer.from(`Subject: x\r\n\r\n${body}\r\n`)

/** The stores with some methods of every account's store replaced. */
function altered(change: (store: MailStore) => Partial<MailStore>): (stores: MailStores) => MailStores {
  const around = <T extends object>(target: T, others: Partial<T>): T =>
    new Proxy(target, {
      get(_, name) {
        const value: unknown = name in others ? others[name as keyof T] : target[name as keyof T]
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
  return (stores) =>
    around(stores, {
      for: (actor) => {
        const store = stores.for(actor)
        return around(store, change(store))
      },
    })
}

suite('POP3 service', () => {
  const context = sharedContext()
  let store: SqliteStore
  before(async () => {
    store = await openStore(context)
  })

  const connect = async (server: TestServer): Promise<Pop3Client> => {
    const client = new Pop3Client(await server.connect())
    assert.equal(await client.line(), `+OK ${HOST} POP3 server ready`)
    return client
  }

  const logIn = async (server: TestServer): Promise<Pop3Client> => {
    const client = await connect(server)
    client.send('USER ann@example.org', 'PASS secret word')
    await client.line()
    assert.match(await client.line(), /^\+OK Maildrop/)
    return client
  }

  const errors = (server: TestServer): string[] => server.log.events.filter(({ level }) => level === 'error').map(({ event }) => event)

  test('QUIT that cannot remove everything says so, and frees the maildrop', async (t) => {
    let fail = true
    const server = await startServer(t, store, {
      around: altered((inner) => ({
        expunge: (...args) => (fail ? Promise.reject(new StoreError('unavailable', 'No space')) : inner.expunge(...args)),
      })),
    })
    await append(server.mail, message('1'), message('2'))
    const client = await logIn(server)
    await client.ask('DELE 1')
    assert.equal(await client.ask('QUIT'), '-ERR [SYS/TEMP] Some deleted messages not removed')
    assert.equal(await client.rest(), '')
    assert.deepEqual(errors(server), ['pop3: messages not removed'])
    fail = false
    const again = await logIn(server)
    await again.ask('DELE 2')
    assert.equal(await again.ask('QUIT'), `+OK ${HOST} signing off (1 message left)`)
    assert.equal((await server.mail.openMailbox('INBOX')).messages, 1)
  })

  test('a removal that fails on the way leaves whole messages, and their unique-ids', async (t) => {
    let acts = 0
    const server = await startServer(t, store, {
      around: altered((inner) => ({
        expunge: (...args) => (++acts === 2 ? Promise.reject(new StoreError('unavailable', 'No space')) : inner.expunge(...args)),
      })),
    })
    await append(server.mail, message('1'))
    const { id } = await server.mail.openMailbox('INBOX')
    for (let count = 1; count < 2048; count *= 2) {
      await server.mail.copy(
        id,
        Array.from({ length: count }, (_, index) => (index + 1) as never),
        id,
      )
    }
    const client = await logIn(server)
    const listing = async (from: Pop3Client): Promise<string[]> => {
      assert.match(await from.ask('UIDL'), /^\+OK/)
      return (await from.content())
        .toString()
        .split('\r\n')
        .map((line) => line.replace(/^\d+ /, ''))
    }
    const before = await listing(client)
    client.send(...Array.from({ length: 2047 }, (_, index) => `DELE ${index + 1}`))
    for (let number = 1; number < 2048; number++) assert.match(await client.line(), /^\+OK/)
    assert.equal(await client.ask('QUIT'), '-ERR [SYS/TEMP] Some deleted messages not removed')
    const again = await logIn(server)
    assert.deepEqual(await listing(again), before.slice(1000))
    assert.match(await again.ask('RETR 1048'), /^\+OK/)
    assert.equal((await again.content()).toString(), 'Subject: x\r\n\r\n1')
    again.socket.destroy()
  })

  test("QUIT's answer follows the commit, and the lock is held until then", async (t) => {
    const gate = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const server = await startServer(t, store, {
      around: altered((inner) => ({
        async expunge(...args) {
          asked.resolve()
          await gate.promise
          return inner.expunge(...args)
        },
      })),
    })
    await append(server.mail, message('1'))
    const client = await logIn(server)
    await client.ask('DELE 1')
    client.send('QUIT')
    await asked.promise
    // The client's patience is over: what it asked for is done all the same.
    client.socket.resetAndDestroy()
    await server.gone()
    const other = await connect(server)
    await other.ask('USER ann@example.org')
    assert.match(await other.ask('PASS secret word'), /^-ERR \[IN-USE\]/)
    gate.resolve()
    while (!server.log.events.some(({ event }) => event === 'pop3: logged out')) await new Promise((resolve) => setTimeout(resolve, 5))
    await other.ask('USER ann@example.org')
    assert.equal(await other.ask('PASS secret word'), '+OK Maildrop has 0 messages (0 octets)')
  })

  test('a maildrop that cannot be opened is free again', async (t) => {
    let failure: Error | undefined = new StoreError('unavailable', 'Storage is not available, try again later')
    const server = await startServer(t, store, {
      around: altered((inner) => ({ openMailbox: (name) => (failure === undefined ? inner.openMailbox(name) : Promise.reject(failure)) })),
    })
    const client = await connect(server)
    await client.ask('USER ann@example.org')
    assert.equal(await client.ask('PASS secret word'), '-ERR [SYS/TEMP] Storage is not available, try again later')
    failure = new TypeError('secret internals')
    await client.ask('USER ann@example.org')
    assert.equal(await client.ask('PASS secret word'), '-ERR [SYS/TEMP] Internal error, see the server log')
    assert.deepEqual(errors(server), ['pop3: command failed'])
    failure = undefined
    await client.ask('USER ann@example.org')
    assert.match(await client.ask('PASS secret word'), /^\+OK/)
  })

  test('a client that goes away during its login leaves no lock', async (t) => {
    const gate = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const server = await startServer(t, store, {
      around: altered((inner) => ({
        async openMailbox(name) {
          asked.resolve()
          await gate.promise
          return inner.openMailbox(name)
        },
      })),
    })
    const client = await connect(server)
    client.send('USER ann@example.org', 'PASS secret word')
    await asked.promise
    client.socket.resetAndDestroy()
    await server.gone()
    gate.resolve()
    const other = await connect(server)
    let answer = ''
    for (let attempt = 0; attempt < 200 && !answer.startsWith('+OK'); attempt++) {
      await other.ask('USER ann@example.org')
      answer = await other.ask('PASS secret word')
    }
    assert.match(answer, /^\+OK/)
  })

  test('a message that fails on the way cuts the connection: its end would be taken for the whole', async (t) => {
    const server = await startServer(t, store, {
      around: altered((inner) => ({
        blobs: {
          stage: () => inner.blobs.stage(),
          release: (octets) => inner.blobs.release(octets),
          read: (blob, offset, length) =>
            offset === 0 ? inner.blobs.read(blob, offset, length) : Promise.reject(new StoreError('unavailable', 'I/O')),
        },
      })),
    })
    await append(server.mail, message('x'.repeat(600_000)))
    const client = await logIn(server)
    client.send('RETR 1')
    const octets = await client.rest()
    assert.match(octets, /^\+OK 600016 octets\r\n/)
    assert.doesNotMatch(octets, /\r\n\.\r\n/)
    assert.deepEqual(errors(server), ['pop3: a message cannot be read to its end'])
  })

  test('a message that fails before its first octet is refused', async (t) => {
    let code: 'message-not-found' | 'unavailable' = 'message-not-found'
    const server = await startServer(t, store, {
      around: altered((inner) => ({
        blobs: { stage: () => inner.blobs.stage(), release: () => {}, read: () => Promise.reject(new StoreError(code, 'Try again later')) },
      })),
    })
    await append(server.mail, message('x'.repeat(600_000)))
    const client = await logIn(server)
    assert.equal(await client.ask('RETR 1'), '-ERR Message 1 was removed by another session')
    code = 'unavailable'
    assert.equal(await client.ask('TOP 1 0'), '-ERR [SYS/TEMP] Storage is not available, try again later')
    assert.equal(await client.ask('NOOP'), '+OK')
  })

  test('a client that does not read is waited for, and not for ever', async (t) => {
    let read = 0
    const server = await startServer(t, store, {
      around: altered((inner) => ({
        blobs: {
          stage: () => inner.blobs.stage(),
          release: (octets) => inner.blobs.release(octets),
          read(blob, offset, length) {
            read += length
            return inner.blobs.read(blob, offset, length)
          },
        },
      })),
    })
    const size = 20 * 1024 * 1024
    await append(server.mail, message('x'.repeat(size)))
    const client = await logIn(server)
    client.socket.pause()
    client.send('RETR 1')
    // On a busy machine a read takes its time.
    for (let before = 0, same = 0; same < 10; before = read) {
      await new Promise((resolve) => setTimeout(resolve, 30))
      same = read === before && read > 0 ? same + 1 : 0
    }
    // What the sockets' buffers take; the rest stays in the store.
    assert.ok(read < size / 2, `${read} octets were read`)
    server.clock.advance(5 * 60_000)
    client.socket.resume()
    assert.ok((await client.rest()).length < size)
  })

  test('any slicing of the commands gives the same answers', (t) =>
    withSeed(async (random) => {
      const server = await startServer(t, store, { limits: { badCommands: 1000 } })
      await append(server.mail, message('1'), message('.2\r\n.'), message('3'.repeat(2000)))
      const line = (): string =>
        random.pick([
          () => random.pick(['STAT', 'NOOP', 'RSET', 'LIST', 'UIDL', 'CAPA', '', 'xyzzy', 'USER x', `PASS ${'y'.repeat(random.int(700))}`]),
          () => `${random.pick(['LIST', 'UIDL', 'RETR', 'DELE', 'retr', 'Top'])} ${random.int(5)}`,
          () => `TOP ${random.int(5)} ${random.int(3)}`,
        ])()
      for (let round = 0; round < 15; round++) {
        const lines = Array.from({ length: 30 }, line).join('\r\n')
        const octets = Buffer.from(`USER ann@example.org\r\nPASS secret word\r\n${lines}\r\nRSET\r\nQUIT\r\n`)
        const whole = await connect(server)
        whole.socket.write(octets)
        const expected = await whole.rest()
        assert.match(expected, /\+OK pop\.example\.org signing off \(3 messages left\)\r\n$/)
        const sliced = await connect(server)
        for (const piece of random.split(octets, 1 + random.int(40))) {
          sliced.socket.write(piece)
          if (random.chance(0.3)) await new Promise((resolve) => setImmediate(resolve))
        }
        assert.equal(await sliced.rest(), expected, lines)
      }
      assert.deepEqual(errors(server), [])
    }))

  test('a command that runs is answered before a shutdown says goodbye', async (t) => {
    const gate = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const server = await startServer(t, store, {
      around: altered((inner) => ({
        async fetch(...args) {
          asked.resolve()
          await gate.promise
          return inner.fetch(...args)
        },
      })),
    })
    await append(server.mail, message('1'))
    const client = await logIn(server)
    client.send('RETR 1', 'NOOP')
    await asked.promise
    const drained = server.drain(1000)
    gate.resolve()
    assert.equal(await client.rest(), '+OK 17 octets\r\nSubject: x\r\n\r\n1\r\n.\r\n-ERR [SYS/TEMP] The server is shutting down\r\n')
    client.socket.end()
    await drained
  })

  test('a session can be written down, without its passwords, and played again', async (t) => {
    const dir = await tempDir(t)
    const server = await startServer(t, store, { wire: createWireTap(dir) })
    await append(server.mail, message('.1'))
    const client = await connect(server)
    const plain = Buffer.from('\0ann@example.org\0wrong word').toString('base64')
    client.send(`AUTH PLAIN ${plain}`, 'AUTH PLAIN', plain, 'USER ann@example.org', 'PASS secret word', 'RETR 1', 'QUIT')
    await client.rest()
    client.socket.destroy()
    let written = ''
    while (!written.includes('signing off')) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      const [file] = readdirSync(dir)
      if (file !== undefined) written = readFileSync(join(dir, file), 'utf8')
    }
    for (const secret of ['secret', 'wrong', plain]) assert.ok(!written.includes(secret), written)
    const replayed = written
      .replace('C: AUTH PLAIN {redacted}', `C: AUTH PLAIN ${plain}`)
      .replace('C: {redacted}', `C: ${plain}`)
      .replace('C: PASS {redacted}', 'C: PASS secret word')
    await playTranscript(`${replayed}\n`, { connect: () => server.connect(), recorded: true })
  })

  test('too many connections, in the words of POP3', async () => {
    const said: Buffer[] = []
    const socket = new Duplex({
      read() {},
      write(chunk: Buffer, _, done) {
        said.push(chunk)
        done()
      },
    }) as unknown as Socket
    const watchAccounts = (): (() => void) => () => {}
    createPop3Service({ stores: { watchAccounts } as unknown as MailStores } as never).refuse?.(socket, {} as never, 'too-many')
    await new Promise((resolve) => socket.once('finish', resolve))
    assert.equal(Buffer.concat(said).toString(), '-ERR [SYS/TEMP] Too many connections, try again later\r\n')
  })

  test('CAPA follows the grammar of RFC 2449 section 3', async (t) => {
    const server = await startServer(t, store, { loginDelay: 1, loginDelayExempt: ['bob@example.org'], expireDays: 3, rfcLogins: true })
    const client = await connect(server)
    for (const before of ['NOOP', 'AUTH PLAIN ' + Buffer.from('\0ann@example.org\0secret word').toString('base64')]) {
      await client.ask(before)
      assert.match(await client.ask('CAPA'), /^\+OK /)
      for (const line of (await client.content()).toString().split('\r\n')) {
        assert.match(line, /^[\x21-\x2d\x2f-\x7e]+( [\x21-\x7e]+)*$/)
        assert.ok(line.length <= 510)
      }
    }
  })

  test('every capability stands in the document', () => {
    const docs = pop3ExtensionDocs()
    for (const { tag, rfc } of CAPABILITIES) assert.ok(docs.includes(`| \`${tag}\` | [RFC ${rfc}]`), tag)
  })
})
