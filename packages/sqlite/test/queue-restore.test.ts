import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { restoreDatabase } from '@mailstead/sqlite'
import { DOMAIN, newPerson, QueueBench, StandingClock } from '@mailstead/store/contract'
import { asBackend, openTemporary } from './temporary.ts'

test('what waited when a backup was made is held once it is restored, and can be released', async () => {
  const clock = new StandingClock()
  let temporary = await openTemporary({ clock })
  try {
    const bench = new QueueBench(asBackend(temporary), clock)
    await temporary.store.directory.addDomain(DOMAIN)
    const { account } = await newPerson(bench)
    await bench.send(account.id, ['a@one.test', 'b@two.test'])
    const claimed = await bench.claim([{ account: account.id, domain: 'one.test' }])
    const file = join(dirname(temporary.path), 'backup.db')
    await temporary.store.maintenance.backup(file)
    await bench.claimAll()
    await temporary.store.close()

    restoreDatabase(file, temporary.path)
    clock.advance(1000)
    temporary = await temporary.reopen()
    bench.backend = asBackend(temporary)
    const { queue } = temporary.store
    assert.deepEqual(await bench.due(), [])
    assert.equal((await queue.status()).held, 2)
    const settlements = claimed.flatMap(({ attempt, entries }) =>
      entries.map(({ id }) => ({ attempt, entry: id, outcome: { kind: 'returned', until: 0 } as const })),
    )
    assert.equal((await queue.settle(settlements)).length, 1, 'no attempt from before the restore counts')
    assert.equal(await queue.act({ recipient: 'a@one.test' }, { kind: 'release' }), 1)
    assert.deepEqual(await bench.due(), ['one.test'])
    assert.deepEqual(temporary.check(), [])
  } finally {
    await temporary.store.close()
    temporary.remove()
  }
})
