import assert from 'node:assert/strict'
import type { AccountId } from '../ids.ts'
import type { AcceptPlan } from '../intake.ts'
import type { Consignment } from '../queue.ts'
import type { AttemptOutcome } from '../settlement.ts'
import type { OpenBackend } from './backend.ts'
import { delivery, DOMAIN, plan, rejectsWith, text } from './fixture.ts'
import { MINUTE, NO_SUCH, queuedTo, queueTestsOn, TAKEN, type QueueBench } from './queue-bench.ts'

const SENT: AttemptOutcome = { kind: 'sent', diagnosis: TAKEN, report: 'delivered' }

/** The acceptance by which a consignment is delivered here. */
async function carrier(
  bench: QueueBench,
  consignment: Consignment,
  outcome: AttemptOutcome,
  to: readonly AccountId[],
): Promise<AcceptPlan> {
  const { attempt, entries } = consignment
  return plan(bench.backend, text('x'), {
    origin: { protocol: 'LOCAL' },
    deliveries: to.map((account) => delivery(account)),
    settled: entries.map(({ id }) => ({ attempt, entry: id, outcome })),
  })
}

/** The outbound queue: what waits for mailboxes of this server, and what is scheduled. */
export function queueLocalTests(open: OpenBackend): void {
  const queueTest = queueTestsOn(open)
  const messages = async (bench: QueueBench, account: AccountId): Promise<number> =>
    (await bench.backend.stores.for(account).openMailbox('INBOX')).messages

  queueTest('mail for domains of this server is due apart from the rest', async (bench, me) => {
    await bench.send(me, [`a@${DOMAIN}`, 'b@one.test', queuedTo(`c@new.test`, { notBefore: bench.clock.now() + MINUTE })])
    assert.deepEqual(await bench.due(), ['one.test'])
    assert.deepEqual(await bench.due(undefined, 100, 'here'), [DOMAIN])
    assert.deepEqual(await bench.due(new Set([DOMAIN]), 100, 'here'), [])
    assert.equal(await bench.next('here'), undefined)
    await bench.backend.directory.addDomain('new.test')
    assert.equal(await bench.next('here'), bench.clock.now() + MINUTE)
    bench.clock.advance(MINUTE)
    assert.deepEqual(await bench.due(), ['one.test'])
    assert.deepEqual(await bench.due(undefined, 100, 'here'), [DOMAIN, 'new.test'], 'the longest waiting first')
    assert.deepEqual(await bench.due(undefined, 1, 'here'), [DOMAIN])
  })

  queueTest('what waited is delivered and settled in one commit', async (bench, me, other) => {
    const queueId = await bench.send(me, [`a@${DOMAIN}`, `b@${DOMAIN}`])
    const [consignment] = await bench.claim([{ account: me, domain: DOMAIN }])
    assert.ok(consignment)
    const carried = await carrier(bench, consignment, SENT, [me, other])
    const outcomes = await bench.backend.intake.accept(carried)
    assert.ok(outcomes.every(({ ok }) => ok))
    assert.deepEqual([await messages(bench, me), await messages(bench, other)], [1, 1])
    assert.deepEqual(await bench.events(queueId), ['accepted', 'queued', 'queued', 'delivered', 'delivered'])
    const [owed] = await bench.backend.queue.owed(10)
    assert.deepEqual([owed?.queueId, owed?.reports.map(({ action }) => action)], [queueId, ['delivered', 'delivered']])
    await bench.backend.queue.forgive(owed?.reports.map(({ id }) => id) ?? [])
    await bench.gone(queueId)
    assert.deepEqual(await bench.due(undefined, 10, 'here'), [])
  })

  queueTest('nothing is delivered where another attempt has one of the recipients', async (bench, me) => {
    const queueId = await bench.send(me, [`a@${DOMAIN}`, `b@${DOMAIN}`])
    const [consignment] = await bench.claim([{ account: me, domain: DOMAIN }], 100, MINUTE)
    assert.ok(consignment)
    bench.clock.advance(MINUTE)
    const [again] = await bench.claim([{ account: me, domain: DOMAIN }], 1)
    assert.ok(again)
    const late = await carrier(bench, consignment, SENT, [me])
    await rejectsWith('message-not-found', bench.backend.intake.accept(late))
    await late.blob.release()
    assert.equal(await messages(bench, me), 0)
    assert.deepEqual(await bench.events(late.queueId), [])
    assert.deepEqual(await bench.events(queueId), ['accepted', 'queued', 'queued'])
    await bench.backend.intake.accept(await carrier(bench, again, { kind: 'sent', diagnosis: TAKEN }, [me]))
    const twice = await carrier(bench, again, { kind: 'sent', diagnosis: TAKEN }, [me])
    await rejectsWith('message-not-found', bench.backend.intake.accept(twice))
    await twice.blob.release()
    assert.equal(await messages(bench, me), 1)
    assert.equal((await bench.backend.queue.list({}, undefined, 10)).length, 1)
  })

  queueTest('what waited stays when an account of its deliveries is gone', async (bench, me, other) => {
    await bench.send(me, [`a@${DOMAIN}`])
    const [consignment] = await bench.claim([{ account: me, domain: DOMAIN }])
    assert.ok(consignment)
    await bench.backend.directory.removeAccount(other)
    const carried = await carrier(bench, consignment, SENT, [me, other])
    await rejectsWith('account-not-found', bench.backend.intake.accept(carried))
    await carried.blob.release()
    assert.equal(await messages(bench, me), 0)
    assert.deepEqual(await bench.settle(consignment, { kind: 'failed', diagnosis: NO_SUCH }), [])
  })

  queueTest('what is scheduled is sent early only when that is said', async (bench, me) => {
    const { queue } = bench.backend
    const notBefore = bench.clock.now() + 10 * MINUTE
    const queueId = await bench.send(
      me,
      ['a@one.test', 'b@two.test'].map((each) => queuedTo(each, { notBefore })),
    )
    await bench.send(me, ['c@three.test'])
    const states = async (): Promise<string[]> => (await queue.list({}, undefined, 10)).map(({ state }) => state)
    assert.deepEqual(await states(), ['scheduled', 'scheduled', 'waiting'])
    assert.equal((await queue.status()).oldest, bench.clock.now(), 'what is scheduled is not late')
    assert.equal((await queue.list({ state: 'scheduled' }, undefined, 10)).length, 2)
    assert.equal(await queue.act({}, { kind: 'retry' }), 1)
    assert.equal(await queue.act({}, { kind: 'release' }), 0)
    assert.equal(await queue.act({ domain: 'two.test' }, { kind: 'redirect', recipient: 'b@four.test', domain: 'four.test' }), 1)
    assert.deepEqual(await bench.due(), ['three.test'])

    assert.equal(await queue.act({ domain: 'one.test' }, { kind: 'hold' }), 1)
    assert.equal(await queue.act({ domain: 'one.test' }, { kind: 'release' }), 1)
    assert.deepEqual(await states(), ['scheduled', 'scheduled', 'waiting'], 'as it was before it was held')
    assert.equal(await queue.act({ queueId }, { kind: 'release', early: true }), 2)
    assert.deepEqual((await bench.due()).sort(), ['four.test', 'one.test', 'three.test'])
    const { queuedAt } = (await queue.list({ domain: 'one.test' }, undefined, 1))[0] ?? {}
    assert.equal(queuedAt, bench.clock.now(), 'its age counts from now on')
    assert.equal(await queue.act({ queueId }, { kind: 'drop' }), 2)
    await bench.gone(queueId)
  })

  queueTest('what an account lets wait is counted while it waits', async (bench, me, other) => {
    const { queue } = bench.backend
    const size = text('x').length
    const parameters = { holdRequest: 'for;60' }
    const queueId = await bench.send(me, ['a@one.test', 'b@two.test'], { parameters })
    await bench.send(me, ['c@one.test'], { parameters })
    await bench.send(me, ['d@one.test'])
    await bench.send(other, ['e@one.test'], { parameters })
    assert.equal(await queue.heldBy(me), 2 * size)
    await queue.act({ queueId, domain: 'one.test' }, { kind: 'drop' })
    assert.equal(await queue.heldBy(me), 2 * size)
    await queue.act({ queueId }, { kind: 'drop' })
    assert.equal(await queue.heldBy(me), size)
    assert.equal(await queue.heldBy(other), size)
  })

  queueTest('what is scheduled can be dropped before its time', async (bench, me) => {
    const queueId = await bench.send(me, [queuedTo(`a@${DOMAIN}`, { notBefore: bench.clock.now() + MINUTE })])
    assert.equal(await bench.backend.queue.act({ queueId }, { kind: 'drop' }), 1)
    bench.clock.advance(MINUTE)
    assert.deepEqual(await bench.due(undefined, 10, 'here'), [])
    await bench.gone(queueId)
  })
}
