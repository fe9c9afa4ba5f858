import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DELETED, SEEN } from '../flags.ts'
import type { ModSeq, Uid } from '../ids.ts'
import { append, fetchOne, flags, newPerson, octetsOf, rejectsWith, type Fixture } from './fixture.ts'
import { Mirror } from './mirror.ts'
import { chooseSeed, Random } from './random.ts'
import { unreliable } from './unreliable.ts'

/** changesSince, tombstones, purge; notifications as hints. */
export function changeTests(given: () => Fixture): void {
  const purgeAll = Number.MAX_SAFE_INTEGER

  test('changesSince tells what is new, changed and gone, and nothing older', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{}, {}, {}])
    const { highestModSeq: known } = await store.mailboxById(inbox.id)
    await store.changeFlags(inbox.id, [2 as Uid], { mode: 'add', flags: flags(SEEN, 'k') })
    await append(backend, store, inbox.id, [{}])
    await store.expunge(inbox.id, { uids: [1 as Uid], anyFlags: true })
    const since = await store.changesSince(inbox.id, known)
    assert.deepEqual([...since.changed.uids], [2, 4])
    assert.deepEqual([...since.changed.system], [SEEN, 0])
    assert.deepEqual([...since.vanished], [1])
    assert.deepEqual(since.keywordNames, ['k'])
    assert.equal(since.incomplete, false)
    const { highestModSeq } = await store.mailboxById(inbox.id)
    assert.equal(since.highestModSeq, highestModSeq)
    const none = await store.changesSince(inbox.id, highestModSeq)
    assert.deepEqual([none.changed.uids.length, none.vanished.length], [0, 0])
    await rejectsWith('mailbox-not-found', store.changesSince(999_999 as never, known))
  })

  test('modseqs of an account only grow, over all its mailboxes', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    const sent = await store.openMailbox('Sent')
    const seen: number[] = []
    for (const mailbox of [inbox, sent, inbox]) {
      await append(backend, store, mailbox.id, [{}])
      seen.push((await store.mailboxById(mailbox.id)).highestModSeq)
    }
    assert.deepEqual(
      seen,
      [...new Set(seen)].sort((a, b) => a - b),
    )
  })

  test('an expunged message is read through its tombstone until it is purged', async () => {
    const { backend, clock } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{ flags: flags(SEEN | DELETED) }, {}])
    const before = await fetchOne(store, inbox.id, 1 as Uid)
    await store.expunge(inbox.id)
    const gone = await fetchOne(store, inbox.id, 1 as Uid)
    assert.deepEqual({ ...gone, expunged: false }, before)
    assert.equal(gone.expunged, true)
    assert.equal((await octetsOf(store, gone)).length, gone.size)
    assert.equal(await backend.maintenance.purgeExpunged(clock.now()), 0, 'not older than now')
    assert.ok((await backend.maintenance.purgeExpunged(clock.now() + 1)) >= 1)
    assert.deepEqual(await store.fetch(inbox.id, [1 as Uid], {}), [])
    await rejectsWith('message-not-found', store.blobs.read(gone.blob, 0, 1))
    assert.deepEqual([...(await store.changesSince(inbox.id, inbox.highestModSeq)).vanished], [1], 'the UID is still told')
    assert.deepEqual(await backend.check(), [])
  })

  test('once UIDs are forgotten, a client from before is told that it must compare', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{}, {}])
    const { highestModSeq: before } = await store.mailboxById(inbox.id)
    await store.expunge(inbox.id, { uids: [1 as Uid], anyFlags: true })
    await backend.maintenance.purgeExpunged(purgeAll)
    const { prunedModSeq, highestModSeq } = await store.mailboxById(inbox.id)
    assert.ok(prunedModSeq > before && prunedModSeq <= highestModSeq)
    assert.equal((await store.changesSince(inbox.id, before)).incomplete, true)
    assert.equal((await store.changesSince(inbox.id, prunedModSeq)).incomplete, false)
    assert.deepEqual(await append(backend, store, inbox.id, [{}]), [3])
  })

  test('a blob shared with another mailbox survives the purge of one', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    const sent = await store.openMailbox('Sent')
    await append(backend, store, inbox.id, [{}])
    await store.copy(inbox.id, [1 as Uid], sent.id)
    await store.expunge(inbox.id, { anyFlags: true })
    await backend.maintenance.purgeExpunged(purgeAll)
    const row = await fetchOne(store, sent.id, 1 as Uid)
    assert.equal((await octetsOf(store, row)).length, row.size)
    assert.deepEqual(await backend.check(), [])
  })

  test('a listener that throws harms neither the caller nor the next listener', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    let told = 0
    store.watch(inbox.id, () => {
      throw new Error('a faulty listener of the contract suite')
    })
    store.watch(inbox.id, () => void told++)
    assert.deepEqual(await append(backend, store, inbox.id, [{}]), [1])
    assert.equal(told, 1)
  })

  test('who watches all mailboxes of an account hears of each, made later or not, and of no other account', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    const other = await newPerson(given())
    const told: string[] = []
    const stop = store.watchMailboxes(({ kind, mailbox }) => told.push(`${kind} ${mailbox}`))
    const late = await store.createMailbox('Late')
    await append(backend, other.store, other.inbox.id, [{}])
    await append(backend, store, inbox.id, [{}])
    await store.move(inbox.id, [1 as Uid], late.id)
    await store.deleteMailbox('Late')
    stop()
    await append(backend, store, inbox.id, [{}])
    const moved = [`expunged ${inbox.id}`, `added ${late.id}`]
    assert.deepEqual([told[0], told.slice(1, 3).sort(), told.slice(3)], [`added ${inbox.id}`, moved.sort(), [`deleted ${late.id}`]])
  })

  for (const mode of ['reliable', 'unreliable'] as const) {
    test(`views converge over ${mode} notifications`, async (t) => {
      const { backend } = given()
      const { store, inbox } = await newPerson(given())
      const seed = chooseSeed()
      t.diagnostic(`CONTRACT_SEED=${seed}`)
      const random = new Random(seed)
      const sent = await store.openMailbox('Sent')
      const watched = mode === 'reliable' ? store : unreliable(store, random)
      const mirror = await Mirror.open(watched, inbox.id)
      for (let act = 0; act < 150; act++) {
        const present = [...mirror.messages.keys()] as Uid[]
        const some = random.some(present, 0.3)
        const dice = random.below(10)
        if (dice < 4) await append(backend, store, inbox.id, [{ flags: flags(random.below(32)) }])
        else if (dice < 7)
          await store.changeFlags(inbox.id, some, { mode: random.pick(['add', 'remove', 'replace']), flags: flags(random.below(32), 'k') })
        else if (dice < 8) await store.expunge(inbox.id)
        else if (dice < 9) await store.move(inbox.id, some.slice(0, 2), sent.id)
        else await store.copy(sent.id, [random.below(10) as Uid], inbox.id)
        if (random.below(4) === 0) await mirror.catchUp()
      }
      await mirror.settle()
      await mirror.equals(store, `CONTRACT_SEED=${seed}`)
      if (mode === 'reliable') assert.equal(mirror.gaps, 0)
      mirror.close()
    })
  }

  test('watching before listing loses nothing of what is committed meanwhile', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(
      backend,
      store,
      inbox.id,
      Array.from({ length: 20 }, () => ({})),
    )
    const opening = Mirror.open(store, inbox.id)
    const acts = [
      append(backend, store, inbox.id, [{}]),
      store.changeFlags(inbox.id, [3 as Uid], { mode: 'add', flags: flags(SEEN) }),
      store.expunge(inbox.id, { uids: [4 as Uid], anyFlags: true }),
    ]
    const mirror = await opening
    await Promise.all(acts)
    await mirror.catchUp()
    await mirror.equals(store, 'opened while others write')
    mirror.close()
  })

  test('modseq zero asks for everything', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{}, {}])
    assert.deepEqual([...(await store.changesSince(inbox.id, 0 as ModSeq)).changed.uids], [1, 2])
  })
}
