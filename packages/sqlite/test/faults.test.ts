import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { checkConsistency } from '@mailstead/sqlite'
import { CHUNK_SIZE, NO_FLAGS, type Change, type StagedBlob, type Uid } from '@mailstead/store'
import {
  DOMAIN,
  list,
  newPerson,
  NOON,
  plan,
  delivery,
  rejectsWith,
  stage,
  text,
  StandingClock,
  type Fixture,
  type Person,
} from '@mailstead/store/contract'
import { BUG, COMMIT_FAILS, DEATH, FAULT, FULL, IO_ERROR, newControl, NONE, PERSIST, POSITION } from './faults.ts'
import { asBackend, openTemporary, type Temporary } from './temporary.ts'
import { together } from './together.ts'

const MEMBERS = 5

/** RULES: commit groups isolate their members, whatever happens to one of them. */
describe('faults inside a commit group', () => {
  const control = newControl()
  const clock = new StandingClock()
  let temporary: Temporary
  let fixture: Fixture
  let person: Person
  const told: Change[] = []

  before(async () => {
    const module = new URL('./faults.ts', import.meta.url).href
    temporary = await openTemporary({ clock, faults: { module, parameter: control } })
    fixture = { backend: asBackend(temporary), clock }
    await temporary.store.directory.addDomain(DOMAIN)
  })
  beforeEach(async () => {
    control.fill(0)
    person = await newPerson(fixture)
    told.length = 0
    person.store.watch(person.inbox.id, (change) => told.push(change))
  })
  after(async () => {
    control.fill(0)
    await temporary.store.close()
    assert.deepEqual(temporary.check(), [])
    temporary.remove()
  })

  const stageAll = (): Promise<StagedBlob[]> =>
    Promise.all(Array.from({ length: MEMBERS }, (_, n) => stage(fixture.backend, Buffer.alloc(100_000, `${n}`))))
  const appendOne = (blob: StagedBlob): Promise<readonly Uid[]> =>
    person.store.append(person.inbox.id, [{ blob, flags: NO_FLAGS, internalDate: NOON }]).then(({ uids }) => uids)

  const group = <T>(calls: () => Promise<T>[]): Promise<PromiseSettledResult<T>[]> =>
    together(control, () => temporary.store.directory.setQuota(person.account.id, { octets: undefined }), calls)

  async function sizesKept(): Promise<number> {
    const listed = await list(person.store, person.inbox.id)
    const { messages } = await person.store.mailboxById(person.inbox.id)
    assert.equal(listed.length, messages)
    return messages
  }

  const kinds = [
    ['SQLITE_FULL', FULL],
    ['an I/O error', IO_ERROR],
    ['a bug', BUG],
  ] as const
  for (const [name, fault] of kinds) {
    for (let position = 0; position < MEMBERS; position++) {
      test(`${name} at member ${position} fails this member alone`, async () => {
        const blobs = await stageAll()
        control[FAULT] = fault
        control[POSITION] = position
        control[PERSIST] = 1
        const settled = await group(() => blobs.map(appendOne))
        control[FAULT] = NONE
        assert.deepEqual(
          settled.map(({ status }) => status),
          settled.map((_, n) => (n === position ? 'rejected' : 'fulfilled')),
        )
        const failed = settled[position]
        assert.ok(failed?.status === 'rejected')
        assert.equal((failed.reason as { code: string }).code, 'unavailable')
        assert.match(String((failed.reason as Error).cause), { [FULL]: /full/, [IO_ERROR]: /I\/O/, [BUG]: /planted/ }[fault])
        assert.equal(await sizesKept(), MEMBERS - 1)
        assert.equal(told.length, MEMBERS - 1)
        assert.deepEqual(temporary.check(), [])
        assert.equal((await appendOne(blobs[position] as StagedBlob)).length, 1, 'its blob is staged still')
      })
    }
  }

  test('a fault that passes costs nobody anything', async () => {
    const blobs = await stageAll()
    control[FAULT] = IO_ERROR
    control[POSITION] = 3
    const settled = await group(() => blobs.map(appendOne))
    assert.ok(settled.every(({ status }) => status === 'fulfilled'))
    assert.equal(await sizesKept(), MEMBERS)
    assert.equal(told.length, MEMBERS)
    for (const [index, change] of told.slice(1).entries()) assert.equal(change.previous, told[index]?.modSeq)
  })

  test('a member that is refused for a reason of its own harms no other', async () => {
    const blobs = await stageAll()
    const settled = await group(() => [
      appendOne(blobs[0] as StagedBlob),
      person.store.deleteMailbox('INBOX').then(() => []),
      appendOne(blobs[1] as StagedBlob),
    ])
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.equal(await sizesKept(), 2)
  })

  test('a commit that fails is unavailable to all of its group, keeps nothing, and the next one works', async () => {
    const blobs = await stageAll()
    control[FAULT] = COMMIT_FAILS
    await Promise.all(blobs.map((blob) => rejectsWith('unavailable', appendOne(blob))))
    control[FAULT] = NONE
    assert.equal(await sizesKept(), 0)
    assert.deepEqual(told, [])
    for (const blob of blobs) await appendOne(blob)
    assert.equal(await sizesKept(), MEMBERS)
    assert.deepEqual(temporary.check(), [])
  })

  test('an acceptance that fails keeps nothing for anybody, and its blob can be tried again', async () => {
    const other = await newPerson(fixture)
    const accepted = await plan(fixture.backend, text('x'), { deliveries: [delivery(person.account.id), delivery(other.account.id)] })
    control[FAULT] = COMMIT_FAILS
    await rejectsWith('unavailable', fixture.backend.intake.accept(accepted))
    control[FAULT] = NONE
    assert.deepEqual(await fixture.backend.intake.trace(accepted.queueId), [])
    assert.equal(await sizesKept(), 0)
    assert.equal((await fixture.backend.intake.accept(accepted)).length, 2)
    assert.equal(await sizesKept(), 1)
  })

  test('a writer thread that dies is unavailable to those who wait, and the next call starts another', async () => {
    const blobs = await stageAll()
    const arriving = temporary.store.stores.blobs.stage()
    await arriving.write(Buffer.alloc(3 * CHUNK_SIZE, 'x'))
    control[FAULT] = DEATH
    control[POSITION] = 2
    const settled = await group(() => blobs.map(appendOne))
    control[FAULT] = NONE
    for (const result of settled) assert.equal(result.status === 'rejected' && (result.reason as { code: string }).code, 'unavailable')
    assert.deepEqual(told, [])
    assert.equal(await sizesKept(), 0)
    for (const blob of blobs) assert.equal((await appendOne(blob)).length, 1)
    // What was in the database of a message still arriving went with the thread: its sender must begin again.
    await rejectsWith('unavailable', arriving.finish().then(appendOne))
    assert.equal(checkConsistency(temporary.path).staged, 0)
    assert.deepEqual(temporary.check(), [])
  })
})
