/** Which threads begin: each takes some 60 ms of a processor and 15 MiB. */
import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { append, DOMAIN, text } from '@mailstead/store/contract'
import { SEEN, type AccountId, type Uid } from '@mailstead/store'
import { ManualClock } from '@mailstead/testkit'
import { CHECKPOINT_EVERY_MS, INDEX_DELAY_MS } from '../src/limits.ts'
import { openTemporary, type Temporary } from './temporary.ts'

const begun: (string | null)[] = []
const note = (worker: Worker): void => void begun.push(worker.threadName)
process.on('worker', note)
after(() => process.off('worker', note))

/** All that is due has come to its end. */
async function settle(clock: ManualClock): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    clock.advance(Math.max(INDEX_DELAY_MS, CHECKPOINT_EVERY_MS))
    await wait(5)
  }
}

test('a start with nothing to do, and a commit that brings no mail, begin no thread that looks for work', async (t) => {
  const clock = new ManualClock()
  let temporary: Temporary = await openTemporary({ clock })
  t.after(async () => {
    await temporary.store.close()
    temporary.remove()
  })
  await temporary.store.directory.addDomain(DOMAIN)
  const person = { localPart: 'ann', domain: DOMAIN, quota: undefined, argon2: 'none', mailboxes: [] }
  await temporary.store.directory.addAccounts([person])
  const account = (await temporary.store.directory.resolve('ann', DOMAIN))?.account.id as AccountId
  const add = async (): Promise<void> => {
    const mail = temporary.store.stores.for(account)
    await append(temporary.store as never, mail, (await mail.openMailbox('INBOX')).id, [{ octets: text('x') }])
  }
  const restart = async (): Promise<void> => {
    begun.length = 0
    temporary = await temporary.reopen()
    await settle(clock)
  }

  await restart()
  assert.deepEqual(begun, ['store-writer'])
  await add()
  await settle(clock)
  assert.ok(begun.includes('store-search'), `${begun.join(', ')}: a message is indexed`)
  while ((await temporary.store.maintenance.status()).unindexed > 0) await settle(clock)

  await restart()
  assert.deepEqual(begun, ['store-writer'])
  const mail = temporary.store.stores.for(account)
  await mail.changeFlags((await mail.openMailbox('INBOX')).id, [1 as Uid], { mode: 'add', flags: { system: SEEN, keywords: [] } })
  await settle(clock)
  assert.deepEqual(begun, ['store-writer', 'store-reader'])

  const index = join(dirname(temporary.path), 'search.index')
  assert.ok(existsSync(index))
  await temporary.store.close()
  writeFileSync(index, 'damaged')
  await restart()
  assert.ok(begun.includes('store-search'), 'an index that is no use is made anew')
})
