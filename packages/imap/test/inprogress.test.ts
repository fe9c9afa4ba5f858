import assert from 'node:assert/strict'
import { before, suite, test, type TestContext } from 'node:test'
import type { SqliteStore } from '@mailstead/sqlite'
import type { Uid } from '@mailstead/store'
import { sharedContext } from '@mailstead/testkit'
import { logIn, type Client } from './client.ts'
import { deliver, openStore, startServer, type TestServer } from './support.ts'

const context = sharedContext()
let store: SqliteStore
before(async () => {
  store = await openStore(context)
})

interface Bench {
  readonly server: TestServer
  readonly client: Client
  /** Lets the call that waits go on. */
  readonly release: () => void
  /** The next call of the gated method has begun. */
  readonly reached: () => Promise<void>
}

/** A client whose mailbox has some messages, and whose store, or its blobs, waits at each call of `method`. */
async function gated(
  t: TestContext,
  method: 'copy' | 'searchTexts' | 'read',
  change: (args: unknown[]) => unknown[] = (args) => args,
): Promise<Bench> {
  let gate = Promise.withResolvers<void>()
  let reached = Promise.withResolvers<void>()
  const wrap = <T extends object>(wrapped: T): T =>
    new Proxy(wrapped, {
      get(target, name): unknown {
        const value: unknown = Reflect.get(target, name, target)
        if (name === 'blobs') return wrap(value as object)
        if (typeof value !== 'function') return value
        if (name !== method) return value.bind(target) as unknown
        return async (...args: unknown[]): Promise<unknown> => {
          reached.resolve()
          await gate.promise
          gate = Promise.withResolvers()
          return Reflect.apply(value, target, change(args))
        }
      },
    })
  const server = await startServer(t, store, { stores: (stores) => ({ ...stores, for: (account) => wrap(stores.for(account)) }) })
  for (const text of ['one', 'two', 'three']) await deliver(server.mail, 'INBOX', text)
  const client = await logIn(server)
  await client.ok('SELECT INBOX')
  return {
    server,
    client,
    release: () => gate.resolve(),
    async reached() {
      await reached.promise
      reached = Promise.withResolvers()
    },
  }
}

suite('INPROGRESS', () => {
  test('comes every ten seconds, and not without need', async (t) => {
    const { server, client, release, reached } = await gated(t, 'copy')
    client.send('a COPY 1 Archive\r\n')
    await reached()
    server.clock.advance(9_999)
    server.clock.advance(1)
    assert.equal(await client.response(), '* OK [INPROGRESS ("a" NIL NIL)] Still at work')
    server.clock.advance(20_000)
    release()
    const rest = await client.until('a')
    assert.deepEqual(
      rest.slice(0, -1),
      Array.from({ length: 2 }, () => '* OK [INPROGRESS ("a" NIL NIL)] Still at work'),
    )
    assert.match(rest.at(-1) ?? '', /^a OK \[COPYUID /)
    server.clock.advance(60_000)
    assert.equal((await client.ok('NOOP')).length, 1)
  })

  test('tells how far a search is', async (t) => {
    // The store looks into one message a call.
    const one = ([mailbox, uids, ...more]: unknown[]): unknown[] => [mailbox, (uids as Uid[]).slice(0, 1), ...more]
    const { server, client, release, reached } = await gated(t, 'searchTexts', one)
    client.send('b] UID SEARCH TEXT two\r\n')
    for (const done of [0, 1, 2]) {
      await reached()
      server.clock.advance(10_000)
      assert.equal(await client.response(), `* OK [INPROGRESS (NIL ${done} 3)] Still at work`)
      release()
    }
    assert.deepEqual(await client.until('b]'), ['* SEARCH 2', 'b] OK Searched'])
  })

  test('never stands inside a response', async (t) => {
    const { server, client, release, reached } = await gated(t, 'read')
    await deliver(server.mail, 'INBOX', `\r\n\r\n${'x'.repeat(150_000)}`)
    client.send('c NOOP\r\nc FETCH 4 (BODY.PEEK[])\r\n')
    // The first octets are there before the response begins, the others when it has begun.
    await reached()
    release()
    await reached()
    server.clock.advance(30_000)
    release()
    const told = [...(await client.until('c')), ...(await client.until('c'))]
    assert.ok(told.some((response) => /^\* 4 FETCH \(BODY\[\] \{\d+\}\r\n[^]*x\r\n\)$/.test(response)))
    assert.deepEqual(
      told.filter((response) => response.includes('INPROGRESS')),
      [],
    )
  })

  test('is not said while a client idles', async (t) => {
    const { server, client } = await gated(t, 'copy')
    client.send('d IDLE\r\n')
    assert.match((await client.response()) ?? '', /^\+/)
    server.clock.advance(60_000)
    client.send('DONE\r\n')
    assert.deepEqual(await client.until('d'), ['d OK Idle completed'])
  })
})
