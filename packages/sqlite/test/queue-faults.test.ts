import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { DOMAIN, newPerson, plan, QueueBench, queuedTo, StandingClock, text } from '@mailstead/store/contract'
import type { AccountId, AttemptOutcome, Consignment, QueueId } from '@mailstead/store'
import { BUG, COMMIT_FAILS, DEATH, FAULT, IO_ERROR, newControl, NONE, PERSIST, POSITION } from './faults.ts'
import { asBackend, openTemporary, type Temporary } from './temporary.ts'
import { together } from './together.ts'

const MEMBERS = 4
const SENT: AttemptOutcome = { kind: 'sent', diagnosis: { status: '2.0.0', text: '250 Ok' } }
const FAILED: AttemptOutcome = { kind: 'failed', diagnosis: { status: '5.1.1', text: '550 No' }, report: 'failed' }

const KINDS = [
  ['an I/O error', IO_ERROR],
  ['a bug', BUG],
] as const

/** What fails in the queue is as if it had not been asked for, and can be asked for again. */
describe('faults while mail leaves', () => {
  const control = newControl()
  const clock = new StandingClock()
  let temporary: Temporary
  let bench: QueueBench
  let me: AccountId

  before(async () => {
    const module = new URL('./faults.ts', import.meta.url).href
    temporary = await openTemporary({ clock, faults: { module, parameter: control } })
    bench = new QueueBench(asBackend(temporary), clock)
    await temporary.store.directory.addDomain(DOMAIN)
    me = (await newPerson(bench)).account.id
  })
  beforeEach(async () => {
    control.fill(0)
    const { queue } = temporary.store
    await queue.act({}, { kind: 'hold' })
    clock.advance(3600_000)
    await queue.act({}, { kind: 'drop' })
    await queue.forgive((await queue.owed(100)).flatMap(({ reports }) => reports.map(({ id }) => id)))
  })
  after(async () => {
    control.fill(0)
    await temporary.store.close()
    assert.deepEqual(temporary.check(), [])
    temporary.remove()
  })

  const group = <T>(calls: () => Promise<T>[]): Promise<PromiseSettledResult<T>[]> =>
    together(control, () => temporary.store.directory.setQuota(me, { octets: undefined }), calls)
  const breakAt = (fault: number, position: number): void => {
    control[FAULT] = fault
    control[POSITION] = position
    control[PERSIST] = 1
  }
  const fellOut = (settled: readonly PromiseSettledResult<unknown>[]): number[] =>
    settled.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []))
  const kept = async (): Promise<string[]> =>
    (await temporary.store.queue.list({}, undefined, 100)).map(({ recipient, state }) => `${recipient} ${state}`)
  const some = Array.from({ length: MEMBERS }, (_, n) => `d${n}.test`)
  const claimed = async (): Promise<readonly Consignment[]> => {
    for (const domain of some) await bench.send(me, [`x@${domain}`])
    const all = await bench.claimAll()
    assert.equal(all.length, MEMBERS)
    return all
  }
  const others = <T>(list: readonly T[], position: number): T[] => list.filter((_, n) => n !== position)

  for (const [name, fault] of KINDS) {
    for (let position = 0; position < MEMBERS; position++) {
      test(`${name} at member ${position}: an acceptance with recipients elsewhere`, async () => {
        const plans = await Promise.all(some.map((domain) => plan(bench.backend, text('x'), { queued: [queuedTo(`x@${domain}`)] })))
        breakAt(fault, position)
        const settled = await group(() => plans.map((one) => temporary.store.intake.accept(one)))
        control[FAULT] = NONE
        assert.deepEqual(fellOut(settled), [position])
        assert.deepEqual((await bench.due()).sort(), others(some, position))
        assert.deepEqual(await bench.events(plans[position]?.queueId as QueueId), [])
        await temporary.store.intake.accept(plans[position] as (typeof plans)[number])
        assert.deepEqual((await bench.due()).sort(), some)
        assert.deepEqual(temporary.check(), [])
      })

      test(`${name} at member ${position}: a claim`, async () => {
        for (const domain of some) await bench.send(me, [`x@${domain}`])
        breakAt(fault, position)
        const settled = await group(() => some.map((domain) => bench.claim([{ account: me, domain }])))
        control[FAULT] = NONE
        assert.deepEqual(fellOut(settled), [position])
        assert.deepEqual(await bench.due(), [some[position]])
        assert.equal((await bench.claimAll()).length, 1)
        assert.deepEqual(temporary.check(), [])
      })

      test(`${name} at member ${position}: a settlement`, async () => {
        const all = await claimed()
        breakAt(fault, position)
        const settled = await group(() => all.map((consignment, n) => bench.settle(consignment, n % 2 === 0 ? SENT : FAILED)))
        control[FAULT] = NONE
        assert.deepEqual(fellOut(settled), [position])
        const left = all[position] as Consignment
        assert.deepEqual(await kept(), [`x@${left.lane.domain} active`])
        assert.deepEqual(await bench.events(left.queueId), ['accepted', 'queued'])
        assert.equal((await temporary.store.queue.owed(10)).length, others([0, 1, 0, 1], position).filter((n) => n === 1).length)
        assert.deepEqual(await bench.settle(left, SENT), [])
        assert.deepEqual(temporary.check(), [])
      })
    }
  }

  test('a commit that fails keeps nothing of a settlement, which can be made again', async () => {
    const all = await claimed()
    control[FAULT] = COMMIT_FAILS
    for (const consignment of all) await assert.rejects(bench.settle(consignment, FAILED))
    control[FAULT] = NONE
    assert.equal((await kept()).length, MEMBERS)
    assert.deepEqual(await temporary.store.queue.owed(10), [])
    for (const consignment of all) assert.deepEqual(await bench.settle(consignment, FAILED), [])
    assert.deepEqual(await kept(), [])
  })

  test('attempts outlive a writer thread that dies', async () => {
    const all = await claimed()
    breakAt(DEATH, 1)
    const settled = await group(() => all.map((consignment) => bench.settle(consignment, SENT)))
    control[FAULT] = NONE
    assert.equal(fellOut(settled).length, MEMBERS)
    assert.deepEqual(await bench.due(), [])
    const attempts = all.map(({ attempt }) => attempt)
    assert.deepEqual(await temporary.store.queue.renew(attempts, clock.now() + 1000), [])
    for (const consignment of all) assert.deepEqual(await bench.settle(consignment, SENT), [])
    await bench.send(me, ['x@d0.test'])
    const [next] = await bench.claimAll()
    assert.ok(next && !attempts.includes(next.attempt))
  })
})
