import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { SqliteStore } from '@mailstead/sqlite'
import { seeded } from '@mailstead/testkit'
import { logIn } from '../client.ts'
import { startServer, type ServerOptions } from '../support.ts'
import { Actor } from './actor.ts'
import { Truth } from './model.ts'

/** Three clients do `acts` things each on one mailbox. Throws when one is told what cannot be, or not told what it should. */
export async function hammer(
  t: Pick<TestContext, 'after'>,
  store: SqliteStore,
  options: ServerOptions,
  seed: number,
  acts: number,
): Promise<void> {
  const server = await startServer(t, store, options)
  const truth = new Truth()
  const actors = await Promise.all(
    ['a', 'b', 'c'].map(async (name, index) => new Actor(name, await logIn(server), seeded(seed + index), truth, name === 'c')),
  )
  await Promise.all(
    actors.map(async (actor) => {
      await actor.select()
      for (let act = 0; act < acts; act++) await actor.act()
    }),
  )
  const views = []
  for (const actor of actors) views.push(await actor.settle())
  const uids: number[] = []
  const inbox = await server.mail.openMailbox('INBOX')
  for await (const batch of server.mail.listMessages(inbox.id)) uids.push(...batch.uids)
  for (const [index, { told, real }] of views.entries()) {
    assert.deepEqual([...real.keys()], uids, `client ${index} counts other messages than the store`)
    for (const [uid, flags] of told) assert.equal(flags, real.get(uid), `client ${index} was not told the flags of UID ${uid}`)
  }
  assert.deepEqual(
    server.log.events.filter(({ level }) => level === 'error' || level === 'warn'),
    [],
  )
}
