import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded } from '@mailstead/testkit'
import { logIn } from './client.ts'
import { Random, unreliable } from '@mailstead/store/contract'
import type { MailStores } from '@mailstead/store'
import { Actor } from './hammer/actor.ts'
import { Truth } from './hammer/model.ts'
import { openStore, startServer, type ServerOptions } from './support.ts'

/** Acts of each client; MAILSTEAD_HAMMER=20000 for a long run. */
const ACTS = Number(process.env['MAILSTEAD_HAMMER'] ?? 250)
const SEED = Number(process.env['MAILSTEAD_SEED'] ?? Math.floor(Math.random() * 2 ** 32))

/** Notifications are lost, come twice, or late. */
function disturbed(stores: MailStores): MailStores {
  const random = new Random(SEED)
  return {
    blobs: stores.blobs,
    for: (account) => unreliable(stores.for(account), random),
    watchAccounts: (run) => stores.watchAccounts(run),
  }
}

const VARIANTS: Readonly<Record<string, ServerOptions>> = {
  'as it is': {},
  // Views fall behind the log and compare everything instead.
  'with a short log': { limits: { pendingChanges: 3 } },
  'badly notified': { stores: disturbed },
}

for (const [variant, options] of Object.entries(VARIANTS)) {
  test(`clients on one mailbox never see a wrong message: ${variant}, MAILSTEAD_SEED=${SEED}`, async (t) => {
    const store = await openStore(t)
    const server = await startServer(t, store, options)
    const truth = new Truth()
    const actors = await Promise.all(
      ['a', 'b', 'c'].map(async (name, index) => new Actor(name, await logIn(server), seeded(SEED + index), truth)),
    )
    await Promise.all(
      actors.map(async (actor) => {
        await actor.select()
        for (let act = 0; act < ACTS; act++) await actor.act()
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
  })
}
