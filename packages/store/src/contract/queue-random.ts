import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountId } from '../ids.ts'
import type { Consignment, Lane, QueueAct } from '../queue.ts'
import type { AttemptOutcome } from '../settlement.ts'
import { StandingClock, type OpenBackend } from './backend.ts'
import { DOMAIN, newPerson, plan, text } from './fixture.ts'
import { MINUTE, NO_SUCH, NONE, QueueBench, queuedTo, SAID, TAKEN } from './queue-bench.ts'
import { laneKey, QueueModel } from './queue-model.ts'
import { chooseSeed, Random } from './random.ts'

const ACTS = 250
const DOMAINS = ['a.test', 'b.test', 'c.test']

/** Random acts on a queue and on the model of it, which must agree after each. */
export function queueRandomTests(open: OpenBackend): void {
  test('claims, settlements, acts and restarts do what an obvious queue does', async (t) => {
    const seed = chooseSeed()
    t.diagnostic(`CONTRACT_SEED=${seed}`)
    const clock = new StandingClock()
    const bench = new QueueBench(await open(clock), clock)
    try {
      await bench.backend.directory.addDomain(DOMAIN)
      const accounts = [(await newPerson(bench)).account.id, (await newPerson(bench)).account.id, undefined]
      const play = new Play(bench, accounts, new Random(seed))
      for (let n = 0; n < ACTS; n++) {
        const done = await play.act()
        await play.compare(`act ${n}, ${done}, CONTRACT_SEED=${seed}`)
      }
      await play.finish()
      assert.deepEqual(await bench.backend.check(), [], `CONTRACT_SEED=${seed}`)
    } finally {
      await bench.backend.close()
      await bench.backend.dispose()
    }
  })
}

class Play {
  readonly #bench: QueueBench
  readonly #accounts: readonly (AccountId | undefined)[]
  readonly #random: Random
  readonly #model = new QueueModel()
  /** Those that were settled too: settling them again is refused. */
  readonly #claimed: Consignment[] = []

  constructor(bench: QueueBench, accounts: readonly (AccountId | undefined)[], random: Random) {
    this.#bench = bench
    this.#accounts = accounts
    this.#random = random
  }

  get #now(): number {
    return this.#bench.clock.now()
  }

  async act(): Promise<string> {
    const acts: Readonly<Record<string, () => Promise<void>>> = {
      send: () => this.#send(),
      claim: () => this.#claim(),
      settle: () => this.#settle(),
      renew: () => this.#renew(),
      wait: () => this.#wait(),
      administrate: () => this.#administrate(),
      report: () => this.#report(),
      restart: () => this.#restart(),
    }
    const name = this.#random.pick([...Object.keys(acts), 'send', 'claim', 'claim', 'settle', 'settle', 'wait'])
    await acts[name]?.()
    return name
  }

  /** All that can be seen is as the model has it. */
  async compare(message: string): Promise<void> {
    const { queue } = this.#bench.backend
    const { lanes, next } = await queue.due(this.#now, 1000, NONE)
    assert.deepEqual(new Map(lanes.map((lane) => [laneKey(lane), lane.dueAt])), this.#model.due(this.#now), message)
    assert.equal(next, this.#model.next(this.#now), message)
    const listed = (await queue.list({}, undefined, 10_000)).map(({ id, recipient, lane, state, dueAt, attempts, delayTold, last }) => {
      return { id, recipient, lane: laneKey(lane), state, dueAt, attempts, delayTold, last }
    })
    const expected = this.#model.entries.map((entry) => {
      const { id, recipient, dueAt, attempts, delayTold, last } = entry
      return { id, recipient, lane: laneKey(entry), state: this.#model.state(entry, this.#now), dueAt, attempts, delayTold, last }
    })
    assert.deepEqual(listed, expected, message)
    const owed = (await queue.owed(1000)).flatMap(({ queueId, reports }) =>
      reports.map(({ recipient, action }) => `${queueId} ${recipient} ${action}`),
    )
    const owing = this.#model.reports.map(({ queueId, recipient, action }) => `${queueId} ${recipient} ${action}`)
    assert.deepEqual(owed.sort(), owing.sort(), message)
  }

  /** Nothing is left when everything is dropped and forgiven. */
  async finish(): Promise<void> {
    const { queue } = this.#bench.backend
    this.#bench.backend = await this.#bench.backend.reopen()
    await this.#bench.backend.queue.act({}, { kind: 'drop' })
    const owed = await this.#bench.backend.queue.owed(1000)
    await this.#bench.backend.queue.forgive(owed.flatMap(({ reports }) => reports.map(({ id }) => id)))
    assert.notEqual(queue, this.#bench.backend.queue)
    assert.deepEqual(await this.#bench.backend.queue.status(), { queued: 0, held: 0, deferred: 0, oldest: undefined })
  }

  async #send(): Promise<void> {
    const { backend } = this.#bench
    const [account, mailFrom] = [this.#random.pick(this.#accounts), this.#random.pick(['x@example.net', 'x@example.net', ''])]
    const queued = Array.from({ length: 1 + this.#random.below(4) }, (_, n) => {
      const notBefore = this.#random.below(5) === 0 ? { notBefore: this.#now + this.#random.below(60) * MINUTE } : {}
      const priority = this.#random.pick([0, 0, 0, 4, -4])
      return queuedTo(`u${n}@${this.#random.pick(DOMAINS)}`, { ...notBefore, priority, held: this.#random.below(8) === 0 })
    })
    const origin = account === undefined ? { protocol: 'ESMTP' as const } : { protocol: 'ESMTPSA' as const, account }
    const accepted = await plan(backend, text('x'), { queued, mailFrom, origin })
    const handed: Consignment[] = []
    const until = this.#now + 10 * MINUTE
    const unwatch = backend.queue.handTo({
      lease: () => this.#random.pick([until, undefined]),
      take: (consignment) => handed.push(consignment),
    })
    await backend.intake.accept(accepted)
    unwatch()
    const { queueId } = accepted
    const ids = (await backend.queue.list({ queueId }, undefined, 100)).map(({ id }) => id)
    for (const [n, { recipient, domain, notBefore = 0, priority = 0, held = false }] of queued.entries()) {
      const dueAt = Math.max(this.#now, notBefore)
      const id = ids[n]
      assert.ok(id !== undefined)
      const fresh = { attempt: undefined, attempts: 0, delayTold: false, last: undefined }
      const entry = { id, queueId, account, mailFrom, priority, queuedAt: dueAt, original: recipient, recipient, domain, dueAt, held }
      this.#model.entries.push({ ...entry, ...fresh })
    }
    this.#leased(handed, until)
  }

  async #claim(): Promise<void> {
    const lanes: Lane[] = this.#random.some(
      this.#accounts.flatMap((account) => DOMAINS.map((domain) => ({ account, domain }))),
      0.6,
    )
    const recipients = 1 + this.#random.below(5)
    const until = this.#now + 10 * MINUTE
    const claimed = await this.#bench.backend.queue.claim(lanes, this.#now, until, recipients)
    const expected = lanes.flatMap((lane) => {
      const byMessage = Map.groupBy(this.#model.claimable(lane, this.#now, recipients), ({ queueId }) => queueId)
      return Array.from(byMessage.values(), (entries) => entries.map(({ id }) => id))
    })
    assert.deepEqual(
      claimed.map(({ entries }) => entries.map(({ id }) => id)),
      expected,
    )
    this.#leased(claimed, until)
  }

  #leased(claimed: readonly Consignment[], until: number): void {
    for (const { attempt, entries } of claimed) {
      for (const { id } of entries) Object.assign(this.#entry(id) ?? {}, { attempt, dueAt: until })
    }
    this.#claimed.push(...claimed)
  }

  async #settle(): Promise<void> {
    const settlements = this.#random
      .some(this.#claimed, 0.3)
      .flatMap(({ attempt, entries }) =>
        this.#random.some(entries, 0.9).map(({ id }) => ({ attempt, entry: id, outcome: this.#outcome() })),
      )
    const refused = await this.#bench.backend.queue.settle(settlements)
    const expected = settlements.filter(({ attempt, entry, outcome }) => !this.#model.settle(entry, attempt, outcome))
    assert.deepEqual(
      refused,
      expected.map(({ entry }) => entry),
    )
  }

  #outcome(): AttemptOutcome {
    const until = this.#now + this.#random.below(30) * MINUTE
    return this.#random.pick<AttemptOutcome>([
      { kind: 'sent', diagnosis: TAKEN },
      { kind: 'sent', diagnosis: TAKEN, report: 'relayed' },
      { kind: 'deferred', diagnosis: SAID, until },
      { kind: 'deferred', diagnosis: SAID, until, report: 'delayed', retryUntil: until + 1 },
      { kind: 'failed', diagnosis: NO_SUCH },
      { kind: 'failed', diagnosis: NO_SUCH, report: 'failed' },
      { kind: 'returned', until },
    ])
  }

  async #renew(): Promise<void> {
    const attempts = this.#random.some(this.#claimed, 0.3).map(({ attempt }) => attempt)
    const until = this.#now + 10 * MINUTE
    const lost = await this.#bench.backend.queue.renew(attempts, until)
    const held = new Set(this.#model.entries.map(({ attempt }) => attempt))
    assert.deepEqual(
      lost,
      attempts.filter((attempt) => !held.has(attempt)),
    )
    for (const entry of this.#model.entries) if (entry.attempt !== undefined && attempts.includes(entry.attempt)) entry.dueAt = until
  }

  async #administrate(): Promise<void> {
    const domain = this.#random.pick(DOMAINS)
    const to = this.#random.pick(DOMAINS)
    const act = this.#random.pick<QueueAct>([
      { kind: 'hold' },
      { kind: 'release' },
      { kind: 'release', early: true },
      { kind: 'retry' },
      { kind: 'drop' },
      { kind: 'bounce', diagnosis: NO_SUCH },
      { kind: 'redirect', recipient: `moved@${to}`, domain: to },
    ])
    assert.equal(await this.#bench.backend.queue.act({ domain }, act), this.#model.act(domain, act, this.#now))
  }

  async #report(): Promise<void> {
    const { backend } = this.#bench
    const [owed] = await backend.queue.owed(1)
    if (owed === undefined) return
    const ids = owed.reports.map(({ id }) => id)
    if (this.#random.below(2) === 0) await backend.queue.forgive(ids)
    else await backend.intake.accept(await plan(backend, text('report'), { mailFrom: '', reported: ids }))
    this.#model.reports = this.#model.reports.filter(({ queueId }) => queueId !== owed.queueId)
  }

  async #wait(): Promise<void> {
    this.#bench.clock.advance(this.#random.below(15) * MINUTE)
  }

  async #restart(): Promise<void> {
    if (this.#random.below(4) > 0) return
    this.#bench.backend = await this.#bench.backend.reopen()
    this.#model.restart(this.#now)
  }

  #entry(id: number): object | undefined {
    return this.#model.entries.find((entry) => entry.id === id)
  }
}
