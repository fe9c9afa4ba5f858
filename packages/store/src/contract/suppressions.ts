import assert from 'node:assert/strict'
import type { AccountId, QueueId } from '../ids.ts'
import type { AcceptPlan, HeardReport } from '../intake.ts'
import type { AttemptOutcome } from '../settlement.ts'
import type { OpenBackend } from './backend.ts'
import { NO_SUCH, queueTestsOn, TAKEN, type QueueBench } from './queue-bench.ts'

const HOUR = 3600_000
const GONE: AttemptOutcome = { kind: 'failed', diagnosis: NO_SUCH }
const SENT: AttemptOutcome = { kind: 'sent', diagnosis: TAKEN }

/** What is remembered of addresses that mail comes back from. */
export function suppressionTests(open: OpenBackend): void {
  const queueTest = queueTestsOn(open)
  const addresses = async ({ backend }: QueueBench): Promise<string[]> =>
    (await backend.suppressions.list(undefined, 100)).map(({ address, failed }) => `${address} ${failed?.messages ?? 0}`)

  async function attempt(bench: QueueBench, account: AccountId | undefined, to: string, outcome: AttemptOutcome): Promise<QueueId> {
    const queueId = await bench.send(account, [to])
    const { consignment } = await bench.claimOne()
    await bench.settle(consignment, outcome)
    return queueId
  }

  queueTest('messages that fail since an address is gone are counted, until one is taken', async (bench, me, other) => {
    const { suppressions } = bench.backend
    assert.equal(await suppressions.find('bob@away.test'), undefined)
    const firstAt = bench.clock.now()
    await attempt(bench, me, 'Bob@away.test', GONE)
    bench.clock.advance(HOUR)
    await attempt(bench, other, 'bob@away.test', GONE)
    const failed = { messages: 2, firstAt, lastAt: bench.clock.now(), diagnosis: NO_SUCH }
    assert.deepEqual(await suppressions.find('bob@away.test'), { address: 'bob@away.test', failed })
    assert.equal(await suppressions.find('cid@away.test'), undefined)
    await attempt(bench, me, 'bob@away.test', SENT)
    assert.deepEqual(await addresses(bench), [])
  })

  queueTest('what says nothing of the address is not counted, nor mail that is not of our own people', async (bench, me) => {
    const other = { status: '5.7.1', text: '550 5.7.1 no' }
    await attempt(bench, me, 'bob@away.test', { kind: 'failed', diagnosis: other })
    await attempt(bench, me, 'bob@away.test', bench.deferred(bench.clock.now() + 1000 * HOUR))
    await attempt(bench, undefined, 'bob@away.test', GONE)
    await attempt(bench, me, 'Postmaster@away.test', GONE)
    assert.deepEqual(await addresses(bench), [])
  })

  queueTest(
    'a failure that is reported later counts once for its message, and is not undone by servers that take all',
    async (bench, me) => {
      const report = async (queueId: QueueId, parts: Partial<HeardReport> = { dead: 'bob@away.test' }): Promise<void> => {
        const heard: HeardReport = { queueId, recipient: 'bob@away.test', action: 'failed', diagnosis: NO_SUCH, proven: true, ...parts }
        const plan: Partial<AcceptPlan> = { mailFrom: '', heard: [heard] }
        await bench.send(
          me,
          ['held@away.test'].map((recipient) => ({ recipient, domain: 'away.test', parameters: {}, held: true })),
          plan,
        )
      }
      const first = await attempt(bench, me, 'bob@away.test', SENT)
      await report(first, {})
      assert.deepEqual(await addresses(bench), [])
      await report(first)
      await report(first)
      assert.deepEqual(await addresses(bench), ['bob@away.test 1'])
      await report(await attempt(bench, me, 'bob@away.test', SENT))
      assert.deepEqual(await addresses(bench), ['bob@away.test 2'])
      await report(bench.backend.intake.mintQueueId())
      assert.deepEqual(await addresses(bench), ['bob@away.test 2'])
    },
  )

  queueTest('an administrator enters and removes addresses, beside what is counted', async (bench, me) => {
    const { suppressions } = bench.backend
    const at = bench.clock.now()
    await suppressions.enter('b@away.test', 'asked us to', undefined)
    assert.deepEqual(await suppressions.find('b@away.test'), { address: 'b@away.test', entered: { at, note: 'asked us to' } })
    await attempt(bench, me, 'b@away.test', GONE)
    await attempt(bench, me, 'b@away.test', SENT)
    await suppressions.enter('b@away.test', 'for now', at + HOUR)
    const failed = { messages: 1, firstAt: at, lastAt: at, diagnosis: NO_SUCH }
    const both = { address: 'b@away.test', failed, entered: { at, note: 'for now', until: at + HOUR } }
    assert.deepEqual(await suppressions.find('b@away.test'), both)
    for (const address of ['c@away.test', 'a@away.test']) await suppressions.enter(address, '', undefined)
    assert.deepEqual(await addresses(bench), ['a@away.test 0', 'b@away.test 1', 'c@away.test 0'])
    assert.deepEqual((await suppressions.list('a@away.test', 1))[0], both)
    assert.equal(await suppressions.remove('b@away.test'), true)
    assert.equal(await suppressions.remove('b@away.test'), false)
    assert.equal(await suppressions.find('b@away.test'), undefined)
  })

  queueTest('what is old is forgotten', async (bench, me) => {
    const { suppressions } = bench.backend
    const at = bench.clock.now()
    await attempt(bench, me, 'old@away.test', GONE)
    await suppressions.enter('over@away.test', '', at + 2 * HOUR)
    await suppressions.enter('kept@away.test', '', undefined)
    bench.clock.advance(HOUR)
    await attempt(bench, me, 'young@away.test', GONE)
    assert.equal(await suppressions.forget(at, at), 0)
    assert.equal(await suppressions.forget(at + 1, at + 2 * HOUR), 2)
    assert.deepEqual(await addresses(bench), ['kept@away.test 0', 'young@away.test 1'])
  })
}
