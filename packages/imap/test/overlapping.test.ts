import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { StoreError, type MailStore, type MailStores } from '@mailstead/store'
import { logIn, type Client } from './client.ts'
import { openStore, startServer, type TestServer } from './support.ts'

/** Appends that have come to the store, each of which goes on when it is let. */
type Held = (() => void)[]

/** A store whose appends wait. `fails`: which one the store refuses, from 0. */
function holding(stores: MailStores, held: Held, fails: number | undefined): MailStores {
  const mail = (inner: MailStore): MailStore =>
    new Proxy(inner, {
      get(target, name): unknown {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        const bound = value.bind(target) as (...args: unknown[]) => Promise<unknown>
        if (name !== 'append') return bound
        return async (...args: unknown[]) => {
          const fail = held.length === fails
          const done = fail ? undefined : bound(...args)
          await new Promise<void>((resolve) => held.push(resolve))
          if (fail) throw new StoreError('over-quota', 'Mailbox is full')
          return done
        }
      },
    })
  return { blobs: stores.blobs, for: (account) => mail(stores.for(account)), watchAccounts: (run) => stores.watchAccounts(run) }
}

async function start(t: TestContext, fails?: number): Promise<{ server: TestServer; client: Client; held: Held }> {
  const held: Held = []
  const server = await startServer(t, await openStore(t), { stores: (stores) => holding(stores, held, fails) })
  return { server, client: await logIn(server), held }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await wait(5)
}

const append = (tag: string, mailbox = 'Sent', text = 'Subject: x\r\n\r\ny\r\n'): string =>
  `${tag} APPEND ${mailbox} {${text.length}+}\r\n${text}\r\n`

/** Tags and statuses in their order. */
const outcome = (responses: readonly string[]): string => responses.map((line) => line.split(' ', 2).join(' ')).join(', ')

test('APPENDs come to the store together, and are answered in their order', async (t) => {
  const { client, held } = await start(t)
  client.send(append('a') + append('b') + append('c'))
  await until(() => held.length === 3)
  for (const go of held.toReversed()) {
    go()
    await wait(5)
  }
  const answers = await client.until('c')
  assert.equal(outcome(answers), 'a OK, b OK, c OK')
  assert.deepEqual(
    answers.map((line) => /APPENDUID \d+ (\d+)/.exec(line)?.[1]),
    ['1', '2', '3'],
  )
})

test('one that comes while others wait joins them, with its literal in pieces', async (t) => {
  const { client, held } = await start(t)
  client.send(append('a'))
  await until(() => held.length === 1)
  const next = append('b')
  client.send(next.slice(0, -10))
  await wait(20)
  client.send(next.slice(-10))
  await until(() => held.length === 2)
  for (const go of held) go()
  assert.equal(outcome(await client.until('b')), 'a OK, b OK')
})

test('other commands, and what cannot be read, wait until all are answered', async (t) => {
  const { client, held } = await start(t)
  client.send(`${append('a')}b NOOP\r\n${append('c')}d APPEND Sent (x\r\ne STATUS Sent (MESSAGES)\r\n`)
  await until(() => held.length === 1)
  await wait(20)
  held[0]?.()
  await until(() => held.length === 2)
  await wait(20)
  held[1]?.()
  assert.equal(outcome(await client.until('e')), 'a OK, b OK, c OK, d BAD, * STATUS, e OK')
})

test('one that is refused takes nothing back of the others', async (t) => {
  const { client, server, held } = await start(t, 1)
  client.send(append('a') + append('b') + append('c', 'Nowhere') + append('d'))
  // What is refused at its literal is answered in its turn.
  await until(() => held.length === 2)
  for (const go of held) go()
  await until(() => held.length === 3)
  held[2]?.()
  assert.equal(outcome(await client.until('d')), 'a OK, b NO, c NO, d OK')
  assert.equal((await server.mail.openMailbox('Sent')).messages, 2)
})

test('no more of them wait than fit', async (t) => {
  const { client, held } = await start(t)
  const large = `Subject: x\r\n\r\n${'y'.repeat(200_000)}\r\n`
  client.send(Array.from({ length: 8 }, (_, n) => append(`a${n}`, 'Sent', large)).join(''))
  await until(() => held.length === 5)
  await wait(20)
  assert.equal(held.length, 5)
  for (let done = 0; done < 8; await wait(1)) while (done < held.length) held[done++]?.()
  assert.equal((await client.until('a7')).length, 8)
})

test('they are carried out, and nothing is left, when the client is gone or the server stops', async (t) => {
  const { client, server, held } = await start(t)
  client.send(append('a') + append('b'))
  await until(() => held.length === 2)
  client.socket.resetAndDestroy()
  await until(() => server.connections() === 0)
  for (const go of held) go()
  while ((await server.mail.openMailbox('Sent')).messages < 2) await wait(5)

  const other = await logIn(server)
  other.send(append('c') + append('d'))
  await until(() => held.length === 4)
  const drained = server.drain(5000)
  for (const go of held) go()
  assert.match(outcome(await other.until('d')), /^c OK, d OK$/)
  assert.match((await other.response()) ?? '', /^\* BYE/)
  await drained
  assert.deepEqual(
    server.log.events.filter(({ level }) => level === 'error'),
    [],
  )
})
