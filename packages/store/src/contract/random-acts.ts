import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DELETED, SEEN } from '../flags.ts'
import type { Uid } from '../ids.ts'
import { append, delivery, flags, list, newPerson, NOON, plan, rejectsWith, stage, text, type Fixture, type Person } from './fixture.ts'
import { chooseSeed, Random } from './random.ts'

const ACTS = 300

/** Whatever is done, counters equal recounted rows, and members of a commit group do not harm each other. */
export function randomTests(given: () => Fixture): void {
  test('counters, use and references hold after random acts', async (t) => {
    const seed = chooseSeed()
    t.diagnostic(`CONTRACT_SEED=${seed}`)
    const random = new Random(seed)
    const people = [await newPerson(given()), await newPerson(given(), 20_000)]
    const running: Promise<unknown>[] = []
    for (let act = 0; act < ACTS; act++) {
      running.push(randomAct(given(), random, random.pick(people)))
      if (random.below(3) === 0) await Promise.allSettled(running.splice(0))
    }
    const settled = await Promise.allSettled(running)
    for (const result of settled) if (result.status === 'rejected') throw result.reason
    for (const person of people) await recount(person, `CONTRACT_SEED=${seed}`)
    assert.deepEqual(await given().backend.check(), [], `CONTRACT_SEED=${seed}`)
  })

  test('calls that come together are answered each for itself', async () => {
    const { backend } = given()
    const { store, inbox, account } = await newPerson(given(), 3000)
    const calls = [
      append(backend, store, inbox.id, [{ octets: Buffer.alloc(500, 'a') }]),
      rejectsWith('over-quota', append(backend, store, inbox.id, [{ octets: Buffer.alloc(5000, 'a') }])),
      store.createMailbox('made'),
      rejectsWith('mailbox-exists', store.createMailbox('Sent')),
      backend.directory.setQuota(account.id, { octets: 3000 }),
      rejectsWith('mailbox-not-found', store.deleteMailbox('nothing')),
      append(backend, store, inbox.id, [{ octets: Buffer.alloc(500, 'b') }]),
    ]
    await Promise.all(calls)
    await recount({ store, inbox, account }, 'together')
    assert.equal((await store.mailboxById(inbox.id)).messages, 2)
  })
}

async function randomAct({ backend }: Fixture, random: Random, { store, account }: Person): Promise<void> {
  const mailboxes = await store.listMailboxes()
  const [from, to] = [random.pick(mailboxes), random.pick(mailboxes)]
  const some = random.some(
    Array.from({ length: 15 }, (_, n) => (n + 1) as Uid),
    0.3,
  )
  const system = random.below(32)
  const name = `m${random.below(4)}`
  const acts: (() => Promise<unknown>)[] = [
    () =>
      append(backend, store, from.id, [
        { octets: text('r', [`Message-ID: <${random.below(9)}@x>`]), flags: flags(system, `k${random.below(5)}`) },
      ]),
    () => append(backend, store, from.id, [{}, {}]),
    () => store.changeFlags(from.id, some, { mode: random.pick(['add', 'remove', 'replace']), flags: flags(system, 'k1') }),
    () => store.changeFlags(from.id, some, { mode: 'add', flags: flags(DELETED | SEEN) }),
    () => store.copy(from.id, some, to.id),
    () => store.move(from.id, some, to.id),
    () => store.expunge(from.id),
    async () => {
      const blob = await stage(backend, text('replaced'))
      const message = { blob, flags: flags(system, 'k2'), internalDate: NOON }
      try {
        await store.replace(from.id, some[0] ?? (1 as Uid), to.id, message)
      } finally {
        await blob.release()
      }
    },
    () => store.expunge(from.id, { uids: some, anyFlags: random.below(2) === 0 }),
    () => store.createMailbox(name),
    () => store.deleteMailbox(name),
    () => store.renameMailbox(name, `m${random.below(4)}`),
    async () => backend.intake.accept(await plan(backend, text('in'), { deliveries: [delivery(account.id, from.name)] })),
    () => backend.maintenance.purgeExpunged(random.pick([0, Number.MAX_SAFE_INTEGER])),
  ]
  // Others are at work on the same mailboxes: what they refuse is theirs to say, what it costs is checked at the end.
  await random
    .pick(acts)()
    .catch((error: unknown) => {
      const code = (error as { code?: string }).code
      assert.ok(code !== undefined && code !== 'unavailable', String(error))
    })
}

async function recount({ store }: Pick<Person, 'store' | 'inbox' | 'account'>, message: string): Promise<void> {
  let octets = 0
  let messages = 0
  for (const mailbox of await store.listMailboxes()) {
    const listed = await list(store, mailbox.id)
    const rows = await store.fetch(
      mailbox.id,
      listed.map(({ uid }) => uid as Uid),
      {},
    )
    const sizes = new Map(rows.map(({ uid, size }) => [uid as number, size]))
    const deleted = listed.filter(({ system }) => (system & DELETED) !== 0)
    const sizeOf = (part: typeof listed): number => part.reduce((sum, { uid }) => sum + (sizes.get(uid) ?? Number.NaN), 0)
    assert.deepEqual(
      [mailbox.messages, mailbox.unseen, mailbox.deleted, mailbox.deletedSize, mailbox.size],
      [listed.length, listed.filter(({ system }) => (system & SEEN) === 0).length, deleted.length, sizeOf(deleted), sizeOf(listed)],
      `${mailbox.name}, ${message}`,
    )
    for (const { uid, modSeq } of listed) {
      assert.ok(uid < mailbox.uidNext)
      assert.ok(modSeq <= mailbox.highestModSeq)
    }
    octets += mailbox.size
    messages += mailbox.messages
  }
  const quota = await store.quota()
  assert.deepEqual([quota.octets, quota.messages], [octets, messages], message)
}
