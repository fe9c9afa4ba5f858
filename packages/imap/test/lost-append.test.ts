import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Blobs, MailStore, MailStores } from '@mailstead/store'
import { logIn } from './client.ts'
import { openStore, startServer } from './support.ts'

interface Watched {
  /** Writers that were given back. */
  aborted: number
  staged: number
  /** Mailboxes wait for this before they are found. */
  hold: Promise<void>
}

function watching(stores: MailStores, seen: Watched): MailStores {
  const blobs = (inner: Blobs): Blobs =>
    Object.assign(Object.create(inner) as Blobs, {
      stage() {
        seen.staged++
        const writer = inner.stage()
        const abort = writer.abort.bind(writer)
        writer.abort = async () => {
          await abort()
          seen.aborted++
        }
        return writer
      },
    })
  const mail = (inner: MailStore): MailStore =>
    new Proxy(inner, {
      get(target, name): unknown {
        if (name === 'blobs') return blobs(target.blobs)
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        const bound = value.bind(target) as (...args: unknown[]) => unknown
        return name === 'openMailbox' ? async (...args: unknown[]) => seen.hold.then(() => bound(...args)) : bound
      },
    })
  return { blobs: blobs(stores.blobs), for: (account) => mail(stores.for(account)), watchAccounts: (run) => stores.watchAccounts(run) }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await wait(5)
}

test('what came of a message whose client is lost is given back', async (t) => {
  const seen: Watched = { aborted: 0, staged: 0, hold: Promise.resolve() }
  const server = await startServer(t, await openStore(t), { stores: (stores) => watching(stores, seen) })

  const inside = await logIn(server)
  inside.send('a APPEND INBOX {1000+}\r\nSubject: half')
  await until(() => seen.staged === 1)
  inside.socket.destroy()
  await until(() => seen.aborted === 1)

  // Lost while the server still asks whether the mailbox is there.
  let open = (): void => {}
  seen.hold = new Promise((resolve) => (open = resolve))
  const before = await logIn(server)
  before.send('a APPEND INBOX {1000}\r\n')
  await wait(20)
  before.socket.resetAndDestroy()
  await until(() => server.connections() === 0)
  open()
  await until(() => seen.aborted === 2)

  assert.equal(seen.staged, 2)
  assert.deepEqual(
    server.log.events.filter(({ level }) => level === 'error'),
    [],
  )
})
