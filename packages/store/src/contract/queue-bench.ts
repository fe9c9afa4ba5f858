import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountId, QueueEntryId, QueueId } from '../ids.ts'
import type { AcceptPlan, QueuedRecipient } from '../intake.ts'
import type { Diagnosis } from '../diagnosis.ts'
import type { Consignment, Lane, QueueEntry, Whereabouts } from '../queue.ts'
import type { AttemptOutcome } from '../settlement.ts'
import { StandingClock, type Backend, type OpenBackend } from './backend.ts'
import { DOMAIN, newPerson, plan, rejectsWith, text } from './fixture.ts'

export const MINUTE = 60_000
export const NONE: ReadonlySet<string> = new Set()

export const SAID: Diagnosis = { status: '4.7.1', text: '451 4.7.1 Greylisted', peer: 'mx.example.net [192.0.2.1]' }
export const TAKEN: Diagnosis = { status: '2.0.0', text: '250 2.0.0 Ok' }
export const NO_SUCH: Diagnosis = { status: '5.1.1', text: '550 5.1.1 No such user', peer: 'mx.example.net [192.0.2.1]' }

/** A recipient of the outbound queue, by address. */
export function queuedTo(recipient: string, parts: Partial<QueuedRecipient> = {}): QueuedRecipient {
  return { recipient, domain: recipient.slice(recipient.lastIndexOf('@') + 1), parameters: {}, ...parts }
}

/** What a test sees of the queue. */
export class QueueBench {
  readonly clock: StandingClock
  backend: Backend

  constructor(backend: Backend, clock: StandingClock) {
    this.backend = backend
    this.clock = clock
  }

  async send(
    account: AccountId | undefined,
    recipients: readonly (string | QueuedRecipient)[],
    parts: Partial<AcceptPlan> = {},
  ): Promise<QueueId> {
    const queued = recipients.map((recipient) => (typeof recipient === 'string' ? queuedTo(recipient) : recipient))
    const accepted = await plan(this.backend, text('x'), {
      queued,
      origin: account === undefined ? { protocol: 'ESMTP' } : { protocol: 'ESMTPSA', account },
      ...parts,
    })
    await this.backend.intake.accept(accepted)
    return accepted.queueId
  }

  async due(except = NONE, limit = 100, where?: Whereabouts): Promise<string[]> {
    const { lanes } = await this.backend.queue.due(this.clock.now(), limit, except, where)
    return lanes.map(({ domain }) => domain)
  }

  async next(where?: Whereabouts): Promise<number | undefined> {
    return (await this.backend.queue.due(this.clock.now(), 1, NONE, where)).next
  }

  claim(lanes: readonly Lane[], recipients = 100, lease = 10 * MINUTE): Promise<readonly Consignment[]> {
    const now = this.clock.now()
    return this.backend.queue.claim(lanes, now, now + lease, recipients)
  }

  /** Claims what is due anywhere. */
  async claimAll(recipients = 100): Promise<readonly Consignment[]> {
    const { lanes } = await this.backend.queue.due(this.clock.now(), 1000, NONE)
    return this.claim(lanes, recipients)
  }

  async claimOne(): Promise<{ consignment: Consignment; entry: QueueEntry }> {
    const [consignment, ...others] = await this.claimAll()
    assert.ok(consignment)
    assert.deepEqual(others, [])
    const [entry] = consignment.entries
    assert.ok(entry)
    return { consignment, entry }
  }

  settle({ attempt, entries }: Consignment, outcome: AttemptOutcome): Promise<readonly QueueEntryId[]> {
    return this.backend.queue.settle(entries.map(({ id }) => ({ attempt, entry: id, outcome })))
  }

  deferred(until: number, parts: Partial<AttemptOutcome & { kind: 'deferred' }> = {}): AttemptOutcome {
    return { kind: 'deferred', until, diagnosis: SAID, ...parts }
  }

  async events(queueId: QueueId): Promise<string[]> {
    return (await this.backend.intake.trace(queueId)).map(({ event }) => event)
  }

  async gone(queueId: QueueId): Promise<void> {
    await rejectsWith('message-not-found', this.backend.queue.read(queueId, 0, 100))
  }
}

export type QueueTest = (name: string, run: (bench: QueueBench, me: AccountId, other: AccountId) => Promise<void>) => void

/** Makes tests that have a backend of their own, with two accounts. */
export function queueTestsOn(open: OpenBackend): QueueTest {
  return (name, run) => {
    test(name, async () => {
      const clock = new StandingClock()
      const bench = new QueueBench(await open(clock), clock)
      try {
        await bench.backend.directory.addDomain(DOMAIN)
        const [me, other] = [await newPerson(bench), await newPerson(bench)]
        await run(bench, me.account.id, other.account.id)
        assert.deepEqual(await bench.backend.check(), [])
      } finally {
        await bench.backend.close()
        await bench.backend.dispose()
      }
    })
  }
}
