import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QueueId } from '../ids.ts'
import type { AcceptPlan, HeardReport } from '../intake.ts'
import type { TraceQuery } from '../intake.ts'
import { delivery, newPerson, plan, text, type Fixture } from './fixture.ts'
import { NO_SUCH, queuedTo } from './queue-bench.ts'

const HOUR = 3600_000

/** The trace, by what a message is known by elsewhere. */
export function traceTests(given: () => Fixture): void {
  const accept = async (parts: Partial<AcceptPlan>, messageId?: string): Promise<string> => {
    const { backend, clock } = given()
    const octets = text('x', messageId === undefined ? [] : [`Message-ID: <${messageId}>`])
    const accepted = await plan(backend, octets, { receivedAt: { at: clock.now(), zone: 0 }, ...parts })
    await backend.intake.accept(accepted)
    return accepted.queueId
  }
  const found = async (query: TraceQuery, limit = 100): Promise<string[]> =>
    (await given().backend.intake.traced(query, limit)).map(({ queueId }) => queueId)

  test('a message is found by sender, by recipient and by Message-ID, in any case', async () => {
    const { clock } = given()
    const { account } = await newPerson(given())
    const deliveries = [{ ...delivery(account.id), recipients: ['Local@trace.test', 'alias@trace.test'] }]
    const mine = await accept({ mailFrom: 'From@trace.test', deliveries, queued: [queuedTo('far@away.test')] }, 'One.Two@trace.test')
    clock.advance(50 * HOUR)
    const other = await accept({ mailFrom: 'other@trace.test', queued: [queuedTo('far@away.test')] }, 'three@trace.test')
    for (const about of ['from@TRACE.test', 'local@trace.test', 'ALIAS@trace.test', 'one.two@trace.test']) {
      assert.deepEqual(await found({ about }), [mine], about)
    }
    assert.deepEqual(await found({ about: 'far@away.test' }), [other, mine])
    assert.deepEqual(await found({ about: 'far@away.test' }, 1), [other])
    assert.deepEqual(await found({ about: 'far@away.test', since: clock.now() }), [other])
    assert.deepEqual(await found({ about: 'far@away.test', before: clock.now() }), [mine])
    assert.deepEqual(await found({ about: 'nobody@away.test' }), [])
    assert.deepEqual(await found({ since: clock.now() }), [other])
    assert.deepEqual((await found({ before: clock.now() }))[0], mine)
  })

  test('what was accepted is told with where it came from', async () => {
    const { backend, clock } = given()
    const origin = { protocol: 'ESMTPSA', account: 7, remoteAddress: '192.0.2.7', heloName: 'me.test' } as AcceptPlan['origin']
    await accept({ mailFrom: '', queued: [queuedTo('a@told.test')], origin })
    const [told] = await backend.intake.traced({ about: 'a@told.test' }, 1)
    assert.ok(told)
    const { queueId } = told
    assert.deepEqual(told, { queueId, mailFrom: '', origin, receivedAt: clock.now(), size: text('x').length, messageId: undefined })
    assert.deepEqual(await backend.intake.traced({ queueId }, 1), [told])
    assert.deepEqual(await backend.intake.traced({ queueId: backend.intake.mintQueueId() }, 1), [])
  })

  test('a redirected message is found by both its recipients', async () => {
    const { backend, clock } = given()
    const mine = await accept({ queued: [queuedTo('before@redirect.test')] })
    clock.advance(3 * HOUR)
    const redirect = { kind: 'redirect', recipient: 'after@redirect.test', domain: 'redirect.test' } as const
    await backend.queue.act({ recipient: 'before@redirect.test' }, redirect)
    assert.deepEqual(await found({ about: 'before@redirect.test' }), [mine])
    assert.deepEqual(await found({ about: 'after@redirect.test' }), [mine])
  })

  test('what left is found by its envelope id too', async () => {
    const parameters = { envid: 'QQ314159' }
    const mine = await accept({ parameters, queued: [queuedTo('a@envid.test')] })
    const { account } = await newPerson(given())
    await accept({ parameters, deliveries: [{ ...delivery(account.id), recipients: ['here@envid.test'] }] })
    assert.deepEqual(await found({ about: 'qq314159' }), [mine])
  })

  test('what a report says is in the trace of the message that it is about, in the commit of the report', async () => {
    const { backend } = given()
    const { account } = await newPerson(given())
    const mine = (await accept({ queued: [queuedTo('a@heard.test')] })) as QueueId
    const heard: HeardReport = { queueId: mine, recipient: 'a@heard.test', action: 'failed', diagnosis: NO_SUCH, proven: true }
    const gone = { ...heard, queueId: backend.intake.mintQueueId() }
    const deliveries = [{ ...delivery(account.id), recipients: ['person@trace.test'] }]
    const first = await accept({ mailFrom: '', deliveries, heard: [heard, gone, { ...heard, proven: false, action: 'delayed' }] })
    const told = async (): Promise<string[]> =>
      (await backend.intake.trace(mine)).filter(({ event }) => event === 'heard').map(({ recipient, detail }) => `${recipient} ${detail}`)
    const words = 'mx.example.net [192.0.2.1]: 550 5.1.1 No such user'
    assert.deepEqual(await told(), [`a@heard.test failed, ${words}; in ${first}`, `a@heard.test unproven: delayed, ${words}; in ${first}`])
    // Nobody fills the store with reports.
    for (let n = 0; n < 3; n++) await accept({ mailFrom: '', deliveries, heard: Array.from({ length: 10 }, () => heard) })
    assert.equal((await told()).length, 10)
    await accept({ mailFrom: '', deliveries, heard: [{ ...heard, recipient: 'b@heard.test' }] })
    assert.equal((await told()).length, 11)
  })

  test('a trace is kept for 30 days, and longer while anything of its message waits', async () => {
    const { backend, clock } = given()
    const { account } = await newPerson(given())
    const old = await accept({ deliveries: [{ ...delivery(account.id), recipients: ['old@kept.test'] }] }, 'old@kept.test')
    const held = await accept({ queued: [queuedTo('held@kept.test', { held: true })] })
    const kept = async (queueId: string): Promise<boolean> => (await backend.intake.trace(queueId as never)).length > 0
    clock.advance(29 * 24 * HOUR)
    await backend.maintenance.purgeExpunged(0)
    assert.deepEqual(await found({ about: 'old@kept.test' }), [old])
    clock.advance(2 * 24 * HOUR)
    await backend.maintenance.purgeExpunged(0)
    assert.deepEqual([await kept(old), await kept(held)], [false, true])
    assert.deepEqual(await found({ about: 'old@kept.test' }), [])
    assert.equal(await backend.queue.act({ recipient: 'held@kept.test' }, { kind: 'bounce', diagnosis: NO_SUCH }), 1)
    const owed = (await backend.queue.owed(100)).find(({ queueId }) => (queueId as string) === held)
    await backend.queue.forgive(owed?.reports.map(({ id }) => id) ?? [])
    await backend.maintenance.purgeExpunged(0)
    assert.equal(await kept(held), false)
  })
}
