import assert from 'node:assert/strict'
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import { before, suite, test } from 'node:test'
import type { SqliteStore } from '@mailstead/sqlite'
import { sharedContext } from '@mailstead/testkit'
import { Client, logIn } from './client.ts'
import { deliver, openStore, startServer } from './support.ts'

const BYE = '* BYE [UNAVAILABLE] The server is shutting down'
/** More than the buffers of two sockets take. */
const LARGE = 8 * 1024 * 1024

/** Holds every password check until `open`. */
function gate() {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}

suite('the IMAP service', () => {
  const context = sharedContext()
  let store: SqliteStore
  before(async () => {
    store = await openStore(context)
  })

  test('drains: who idles is told at once, who waits for an answer gets it first, newcomers are refused', async (t) => {
    const { opened, open } = gate()
    const server = await startServer(t, store, {
      accounts: (accounts) => ({
        ...accounts,
        async checkPassword(...args) {
          if (args[1] === 'slow') await opened
          return accounts.checkPassword(args[0], 'secret', args[2], args[3])
        },
      }),
    })
    const [quiet, busy] = [await logIn(server), new Client(await server.connect())]
    await busy.response()
    busy.send('a LOGIN ann@example.org slow\r\nb NOOP\r\n')
    // The server has taken the command once it has answered something sent later.
    await quiet.ok('NOOP')
    const drained = server.drain(60_000)
    assert.deepEqual(await quiet.rest(), [BYE])
    const late = new Client(await server.connect())
    assert.match((await late.rest()).join(), /^\* BYE \[UNAVAILABLE\]/)
    open()
    const answers = await busy.rest()
    assert.match(answers[0] ?? '', /^a OK /)
    assert.deepEqual(answers.slice(1), [BYE])
    for (const client of [quiet, busy]) client.socket.end()
    await drained
  })

  test('IDLE rests before it tells; what came until then is told at its end too', async (t) => {
    const server = await startServer(t, store, { limits: { idleRest: 500 } })
    const client = await logIn(server)
    await client.ok('SELECT INBOX')
    client.send('a IDLE\r\n')
    assert.equal(await client.response(), '+ idling')
    await deliver(server.mail, 'INBOX', 'one')
    server.clock.advance(499)
    client.send('DONE\r\nb IDLE\r\n')
    assert.deepEqual((await client.until('a')).slice(0, 1), ['* 1 EXISTS'])
    assert.equal(await client.response(), '+ idling')
    await deliver(server.mail, 'INBOX', 'two')
    server.clock.advance(500)
    assert.equal(await client.response(), '* 2 EXISTS')
    await deliver(server.mail, 'INBOX', 'three')
    assert.equal(await client.response(), '* 2 RECENT')
    assert.equal(await client.response(), '* 3 EXISTS')
    client.socket.end()
  })

  test('drains: who does not leave is cut off after the time given', async (t) => {
    const server = await startServer(t, store)
    const client = await logIn(server)
    client.socket.pause()
    const drained = Promise.all([server.drain(5000), server.drain(5000)])
    server.clock.advance(5000)
    await drained
  })

  test('a goodbye waits for the literal that is being sent', async (t) => {
    const server = await startServer(t, store)
    await deliver(server.mail, 'INBOX', 'x'.repeat(LARGE))
    const client = await logIn(server)
    await client.ok('SELECT INBOX')
    client.socket.pause()
    client.send('a FETCH 1 BODY.PEEK[TEXT]\r\n')
    const other = await logIn(server)
    await other.ok('NOOP')
    await store.directory.setPassword(server.account.id, 'another')
    assert.deepEqual(await other.rest(), ['* BYE Your account has changed, log in again'])
    client.socket.resume()
    const answers = await client.rest()
    assert.equal(answers[0], `* 1 FETCH (BODY[TEXT] {${LARGE + 2}}\r\n${'x'.repeat(LARGE)}\r\n)`)
    assert.deepEqual(answers.slice(1), ['a OK Fetched', '* BYE Your account has changed, log in again'])
  })

  test('a goodbye does not wait for ever', async (t) => {
    const server = await startServer(t, store)
    await deliver(server.mail, 'INBOX', 'x'.repeat(LARGE))
    const client = await logIn(server)
    await client.ok('SELECT INBOX')
    client.socket.pause()
    client.send('a FETCH 1 BODY.PEEK[TEXT]\r\n')
    const other = await logIn(server)
    await store.directory.setPassword(server.account.id, 'another')
    await other.rest()
    server.clock.advance(10_000)
    client.socket.resume()
    // Ten seconds are enough to say that the command goes on, if its response has not begun.
    const answers = (await client.rest()).filter((response) => !response.includes('INPROGRESS'))
    assert.deepEqual(answers, [])
  })

  test('commands sent before the end of the connection are answered, all of them and in order', async (t) => {
    const server = await startServer(t, store)
    const client = new Client(await server.connect())
    await client.response()
    client.socket.end('a LOGIN ann@example.org secret\r\nb SELECT INBOX\r\nc CHECK\r\nd NOOP\r\ne NO')
    const tagged = (await client.rest()).filter((response) => !response.startsWith('*'))
    assert.deepEqual(
      tagged.map((response) => response.slice(0, 4)),
      ['a OK', 'b OK', 'c OK', 'd OK'],
    )
  })

  test('IDLE ends with the connection, and its session is forgotten', async (t) => {
    const server = await startServer(t, store, { limits: { sessionsPerAccount: 1 } })
    for (const end of ['end', 'resetAndDestroy'] as const) {
      const client = await logIn(server)
      await client.ok('SELECT INBOX')
      client.send('i IDLE\r\n')
      assert.equal(await client.response(), '+ idling')
      client.socket[end]()
      await client.rest()
      // The server sees a reset a moment later.
      while (server.connections() > 0) await nextTurn()
    }
    await logIn(server)
  })

  test('many pipelined commands are answered in order', async (t) => {
    const server = await startServer(t, store)
    const client = await logIn(server)
    const tags = Array.from({ length: 20_000 }, (_, index) => `n${index}`)
    client.send(tags.map((tag) => `${tag} NOOP\r\n`).join(''))
    for (const tag of tags) assert.equal(await client.response(), `${tag} OK Nothing done`)
  })

  test('a client that does not read is not read from', async (t) => {
    const server = await startServer(t, store)
    const client = await logIn(server)
    client.socket.pause()
    const commands = 'a LIST "" *\r\n'.repeat(1000)
    // Enough to answer with gigabytes.
    for (let sent = 0; sent < 1000; sent++) client.send(commands)
    let read = -1
    while (read !== server.received()) {
      read = server.received()
      await wait(100)
    }
    assert.ok(client.socket.writableLength > 0, 'everything was taken')
    assert.ok(read < 4 * 1024 * 1024, `${read} octets were taken`)
    client.socket.destroy()
  })

  test('what nobody foresaw is NO [SERVERBUG], with the stack in the log and the session alive', async (t) => {
    const server = await startServer(t, store, {
      stores: (stores) => ({
        blobs: stores.blobs,
        watchAccounts: (run) => stores.watchAccounts(run),
        for: (account) =>
          new Proxy(stores.for(account), {
            get(target, name): unknown {
              if (name === 'quota') return () => Promise.reject(new TypeError('secret of the house'))
              const value: unknown = Reflect.get(target, name, target)
              return typeof value === 'function' ? (value.bind(target) as unknown) : value
            },
          }),
      }),
    })
    const client = await logIn(server)
    const [answer = ''] = await client.command('GETQUOTAROOT INBOX')
    assert.match(answer, /^\S+ NO \[SERVERBUG\] Internal error, see the server log$/)
    await client.ok('NOOP')
    const logged = server.log.events.find(({ level }) => level === 'error')
    const error = logged?.fields['error']
    assert.match(error instanceof Error ? String(error.stack) : '', /TypeError: secret of the house/)
  })
})
