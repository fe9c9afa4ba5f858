import assert from 'node:assert/strict'
import type { QueuedCopy } from '../intake.ts'
import type { Consignment, Lane, Taker } from '../queue.ts'
import type { OpenBackend } from './backend.ts'
import { rejectsWith, text } from './fixture.ts'
import { MINUTE, queuedTo, queueTestsOn, TAKEN, type QueueBench } from './queue-bench.ts'

interface Handed {
  readonly consignment: Consignment
  readonly octets: Uint8Array | undefined
}

/** Takes what comes to the lanes that it leases: all, unless `wants` says which. */
class TestTaker implements Taker {
  readonly asked: (readonly [domain: string, recipients: number])[] = []
  readonly handed: Handed[] = []
  readonly #bench: QueueBench
  readonly #wants: (lane: Lane) => boolean

  constructor(bench: QueueBench, wants: (lane: Lane) => boolean = () => true) {
    this.#bench = bench
    this.#wants = wants
  }

  lease(lane: Lane, recipients: number): number | undefined {
    this.asked.push([lane.domain, recipients])
    return this.#wants(lane) ? this.#bench.clock.now() + 10 * MINUTE : undefined
  }

  take(consignment: Consignment, octets: Uint8Array | undefined): void {
    this.handed.push({ consignment, octets })
  }

  get recipients(): string[] {
    return this.handed.flatMap(({ consignment: { entries } }) => entries.map(({ recipient }) => recipient))
  }
}

const withoutAttempt = (consignment: Consignment | undefined): object => ({ ...consignment, attempt: '' })

/** Mail that is claimed with its acceptance. */
export function queueHandoverTests(open: OpenBackend): void {
  const queueTest = queueTestsOn(open)

  queueTest('who sends gets what is accepted as a claim would give it, and nobody else does', async (bench, me) => {
    const { queue } = bench.backend
    const taker = new TestTaker(bench)
    let hints = 0
    const unwatch = [queue.handTo(taker), queue.watch(() => hints++)]
    const parameters = { ret: 'HDRS', envid: 'QQ', requireTls: true, body: '8BITMIME', smtpUtf8: true } as const
    const asking = queuedTo('a@one.test', { parameters: { notify: ['SUCCESS', 'DELAY'], orcpt: 'rfc822;x@one.test' }, priority: 3 })
    const queueId = await bench.send(me, [asking, 'b@two.test', 'c@one.test'], { parameters })
    for (const stop of unwatch) stop()
    assert.deepEqual(taker.asked, [
      ['one.test', 2],
      ['two.test', 1],
    ])
    assert.deepEqual(taker.recipients, ['a@one.test', 'c@one.test', 'b@two.test'])
    for (const { octets } of taker.handed) assert.deepEqual(Buffer.from(octets ?? []), text('x'))
    assert.equal(hints, 0)
    assert.deepEqual(await bench.due(), [])
    assert.equal(await bench.next(), bench.clock.now() + 10 * MINUTE)
    const [first, second] = taker.handed
    assert.ok(first && second)
    assert.deepEqual(await bench.settle(second.consignment, { kind: 'sent', diagnosis: TAKEN }), [])
    assert.deepEqual(await queue.renew([first.consignment.attempt, second.consignment.attempt], bench.clock.now() + 10 * MINUTE), [
      second.consignment.attempt,
    ])
    assert.deepEqual(await bench.events(queueId), ['accepted', 'queued', 'queued', 'queued', 'sent'])

    bench.backend = await bench.backend.reopen()
    const { lanes } = await bench.backend.queue.due(bench.clock.now(), 10, new Set())
    assert.deepEqual(
      lanes.map(({ domain }) => domain),
      ['one.test'],
    )
    const again = await bench.claim(lanes)
    assert.deepEqual(again.map(withoutAttempt), [withoutAttempt(first.consignment)])
    assert.notEqual(again[0]?.attempt, first.consignment.attempt)
    assert.equal((await bench.settle(first.consignment, { kind: 'sent', diagnosis: TAKEN })).length, 2, 'of a process that is gone')
  })

  queueTest('what nobody submitted, and a second message, have attempts of their own', async (bench, me) => {
    const taker = new TestTaker(bench)
    bench.backend.queue.handTo(taker)
    await bench.send(undefined, ['a@one.test'])
    await bench.send(me, ['b@one.test'])
    await bench.send(undefined, ['c@one.test'], { origin: { protocol: 'LOCAL' } })
    assert.deepEqual(
      taker.handed.map(({ consignment: { foreign, lane } }) => [foreign, lane.account]),
      [
        [true, undefined],
        [false, me],
        [false, undefined],
      ],
    )
    assert.equal(new Set(taker.handed.map(({ consignment: { attempt } }) => attempt)).size, 3)
  })

  queueTest('what is not wanted, may not leave yet or is a copy waits to be claimed', async (bench, me) => {
    const { queue } = bench.backend
    const taker = new TestTaker(bench, ({ domain }) => domain !== 'full.test')
    const unwatch = queue.handTo(taker)
    let hints = 0
    queue.watch(() => hints++)
    const copy: QueuedCopy = { mailFrom: 'SRS0=x@example.org', prefix: Buffer.from('X-Copy: yes\r\n'), own: false }
    const later = bench.clock.now() + MINUTE
    await bench.send(
      me,
      [
        'a@one.test',
        queuedTo('b@one.test', { copy: 0 }),
        queuedTo('c@one.test', { notBefore: later }),
        queuedTo('d@one.test', { held: true }),
        queuedTo('e@one.test', { notBefore: bench.clock.now() }),
        'f@full.test',
      ],
      { copies: [copy] },
    )
    assert.deepEqual(taker.recipients, ['a@one.test', 'e@one.test'])
    assert.equal(hints, 1)
    const claimed = (await bench.claimAll()).flatMap(({ entries }) => entries.map(({ recipient }) => recipient))
    assert.deepEqual(claimed.sort(), ['b@one.test', 'f@full.test'])
    unwatch()
    await bench.send(me, ['g@one.test'])
    assert.deepEqual(taker.recipients.length, 2, 'nobody takes any more')
    assert.deepEqual(await bench.due(), ['one.test'])
  })

  queueTest('an acceptance that fails hands nothing over', async (bench, me) => {
    const { queue } = bench.backend
    const taker = new TestTaker(bench)
    queue.handTo(taker)
    let hints = 0
    queue.watch(() => hints++)
    await rejectsWith('message-not-found', bench.send(me, ['a@one.test'], { reported: [4711] }))
    assert.deepEqual([taker.asked.length, taker.handed.length, hints], [1, 0, 1], 'whoever sends looks, for it cannot know')
    assert.equal(await bench.next(), undefined)
  })
}
