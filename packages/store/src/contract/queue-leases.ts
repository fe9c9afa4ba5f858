import assert from 'node:assert/strict'
import type { Consignment } from '../queue.ts'
import type { OpenBackend } from './backend.ts'
import { text } from './fixture.ts'
import { MINUTE, NO_SUCH, NONE, queuedTo, queueTestsOn, SAID, TAKEN } from './queue-bench.ts'

/** The outbound queue: lanes, leases, settlements. */
export function queueLeaseTests(open: OpenBackend): void {
  const queueTest = queueTestsOn(open)

  queueTest('what was accepted is due at once, is leased once, and is gone when it is sent', async (bench, me) => {
    const parameters = { ret: 'HDRS', envid: 'QQ', requireTls: true, body: '8BITMIME', smtpUtf8: true } as const
    const recipient = queuedTo('far@example.net', { parameters: { notify: ['SUCCESS', 'DELAY'], orcpt: 'rfc822;x@example.net' } })
    const hints: number[] = []
    const unwatch = bench.backend.queue.watch(() => hints.push(1))
    const queueId = await bench.send(me, [recipient], { parameters })
    assert.equal(hints.length, 1)
    unwatch()
    assert.deepEqual((await bench.backend.queue.due(bench.clock.now(), 10, NONE)).lanes, [
      { account: me, domain: 'example.net', dueAt: bench.clock.now() },
    ])
    const { consignment, entry } = await bench.claimOne()
    assert.deepEqual(
      { ...consignment, attempt: '', entries: [] },
      {
        attempt: '',
        queueId,
        lane: { account: me, domain: 'example.net' },
        mailFrom: 'x@example.net',
        foreign: false,
        parameters,
        size: text('x').length,
        receivedAt: consignment.receivedAt,
        entries: [],
      },
    )
    const { id } = entry
    assert.deepEqual(entry, {
      id,
      recipient: 'far@example.net',
      parameters: recipient.parameters,
      attempts: 0,
      queuedAt: bench.clock.now(),
      delayTold: false,
    })
    assert.deepEqual(await bench.due(), [])
    assert.deepEqual(await bench.claim([consignment.lane]), [], 'leased')
    assert.equal(Buffer.from(await bench.backend.queue.read(queueId, 0, 1000)).toString(), text('x').toString())
    assert.deepEqual(await bench.settle(consignment, { kind: 'sent', diagnosis: TAKEN }), [])
    assert.deepEqual(await bench.events(queueId), ['accepted', 'queued', 'sent'])
    await bench.gone(queueId)
    assert.deepEqual(await bench.settle(consignment, { kind: 'sent', diagnosis: TAKEN }), [id], 'settled already')
    assert.equal(await bench.next(), undefined)
    assert.equal(hints.length, 1)
  })

  queueTest('recipients of one message in one lane go together, and each message has an attempt of its own', async (bench, me) => {
    const one = await bench.send(me, ['a@one.test', 'b@two.test', 'c@one.test'])
    const two = await bench.send(me, ['d@one.test'])
    const report = await bench.send(undefined, ['e@one.test'])
    const claimed = await bench.claimAll()
    const shown = claimed.map(({ queueId, lane, entries }) => [queueId, lane.account, entries.map(({ recipient }) => recipient)])
    assert.deepEqual(
      shown.map((row) => JSON.stringify(row)).sort(),
      [
        [one, me, ['a@one.test', 'c@one.test']],
        [one, me, ['b@two.test']],
        [two, me, ['d@one.test']],
        [report, undefined, ['e@one.test']],
      ]
        .map((row) => JSON.stringify(row))
        .sort(),
    )
    assert.equal(new Set(claimed.map(({ attempt }) => attempt)).size, 4)
  })

  queueTest('no more recipients than asked for are claimed, by priority, then by how long they are due', async (bench, me) => {
    const lane = { account: me, domain: 'one.test' }
    await bench.send(me, ['a@one.test'])
    bench.clock.advance(1)
    await bench.send(me, ['b@one.test', queuedTo('low@one.test', { priority: -4 }), queuedTo('high@one.test', { priority: 3 })])
    bench.clock.advance(1)
    await bench.send(me, ['c@one.test', queuedTo('higher@one.test', { priority: 4 })])
    const taken = async (recipients: number): Promise<string[]> =>
      (await bench.claim([lane], recipients)).flatMap(({ entries }) => entries.map(({ recipient }) => recipient.split('@')[0] ?? ''))
    assert.deepEqual(await taken(1), ['higher'])
    assert.deepEqual(await taken(2), ['high', 'a'])
    assert.deepEqual((await taken(2)).sort(), ['b', 'c'])
    assert.deepEqual(await taken(3), ['low'])
    assert.deepEqual(await taken(3), [])
  })

  queueTest('accounts take turns, the longest waiting first, and domains can be left out', async (bench, me, other) => {
    for (const domain of ['a.test', 'b.test', 'c.test', 'd.test']) {
      await bench.send(me, [`x@${domain}`])
      bench.clock.advance(1)
    }
    await bench.send(other, ['x@a.test'])
    bench.clock.advance(1)
    await bench.send(other, ['x@e.test'])
    await bench.send(undefined, ['x@f.test'])
    assert.deepEqual(await bench.due(), ['a.test', 'a.test', 'f.test', 'b.test', 'e.test', 'c.test', 'd.test'])
    assert.deepEqual(await bench.due(NONE, 4), ['a.test', 'a.test', 'f.test', 'b.test'])
    assert.deepEqual(await bench.due(NONE, 6), ['a.test', 'a.test', 'f.test', 'b.test', 'e.test', 'c.test'])
    assert.deepEqual(await bench.due(NONE, 2), ['a.test', 'a.test'])
    assert.deepEqual(await bench.due(new Set(['a.test', 'c.test', 'f.test']), 2), ['b.test', 'e.test'])
    assert.deepEqual(await bench.due(new Set(['a.test', 'c.test', 'f.test']), 9), ['b.test', 'e.test', 'd.test'])
  })

  queueTest('a deferred recipient comes due again with what was said, also after a restart', async (bench, me) => {
    const queueId = await bench.send(me, ['x@one.test'])
    const { consignment, entry } = await bench.claimOne()
    const again = bench.clock.now() + 5 * MINUTE
    let hints = 0
    const unwatch = bench.backend.queue.watch(() => hints++)
    await bench.settle(consignment, bench.deferred(again))
    unwatch()
    assert.equal(hints, 1, 'it comes due before its lease would have ended')
    assert.deepEqual(await bench.due(), [])
    assert.equal(await bench.next(), again)
    bench.backend = await bench.backend.reopen()
    assert.equal(await bench.next(), again)
    bench.clock.advance(5 * MINUTE)
    assert.deepEqual(await bench.due(), ['one.test'])
    const [listed] = await bench.backend.queue.list({}, undefined, 10)
    assert.deepEqual(listed, {
      ...entry,
      attempts: 1,
      queueId,
      lane: consignment.lane,
      mailFrom: 'x@example.net',
      size: consignment.size,
      state: 'waiting',
      dueAt: again,
      last: SAID,
    })
    const second = await bench.claimOne()
    assert.equal(second.entry.attempts, 1)
    assert.notEqual(second.consignment.attempt, consignment.attempt)
    await bench.settle(second.consignment, { kind: 'failed', diagnosis: NO_SUCH })
    const events = await bench.backend.intake.trace(queueId)
    assert.deepEqual(
      events.map(({ event }) => event),
      ['accepted', 'queued', 'deferred', 'failed'],
    )
    assert.ok(events[2]?.detail.includes('451 4.7.1 Greylisted') && events[2].detail.includes('mx.example.net'), events[2]?.detail)
    await bench.gone(queueId)
  })

  queueTest('what was not tried is as it was, but not before its time', async (bench, me) => {
    const queueId = await bench.send(me, ['x@one.test'])
    const { consignment, entry } = await bench.claimOne()
    await bench.settle(consignment, { kind: 'returned', until: bench.clock.now() + MINUTE })
    assert.deepEqual(await bench.due(), [])
    bench.clock.advance(MINUTE)
    assert.deepEqual((await bench.claimOne()).entry, entry)
    assert.deepEqual(await bench.events(queueId), ['accepted', 'queued'])
  })

  queueTest('nothing is sent before its time, or while it is held', async (bench, me) => {
    const later = bench.clock.now() + 60 * MINUTE
    const queueId = await bench.send(me, [queuedTo('x@one.test', { notBefore: later }), queuedTo('x@two.test', { held: true })])
    assert.deepEqual(await bench.due(), [])
    assert.equal(await bench.next(), later)
    assert.deepEqual(await bench.claim(['one.test', 'two.test'].map((domain) => ({ account: me, domain }))), [])
    bench.clock.advance(60 * MINUTE)
    const { entry } = await bench.claimOne()
    assert.deepEqual([entry.recipient, entry.queuedAt], ['x@one.test', later])
    assert.equal(await bench.backend.queue.act({ queueId, state: 'held' }, { kind: 'release' }), 1)
    assert.deepEqual(await bench.due(), ['two.test'])
  })

  queueTest('a lease that ran out is free, counts until somebody else claims, and can be renewed', async (bench, me) => {
    await bench.send(me, ['x@one.test'])
    const first = await bench.claimOne()
    assert.equal(await bench.next(), bench.clock.now() + 10 * MINUTE)
    bench.clock.advance(9 * MINUTE)
    assert.deepEqual(await bench.backend.queue.renew([first.consignment.attempt], bench.clock.now() + 10 * MINUTE), [])
    bench.clock.advance(9 * MINUTE)
    assert.deepEqual(await bench.due(), [])
    bench.clock.advance(MINUTE)
    assert.deepEqual(await bench.due(), ['one.test'])
    assert.deepEqual(await bench.backend.queue.renew([first.consignment.attempt], bench.clock.now() + MINUTE), [], 'nobody took it')
    bench.clock.advance(MINUTE)
    const second = await bench.claimOne()
    assert.deepEqual(await bench.backend.queue.renew([first.consignment.attempt, second.consignment.attempt], bench.clock.now() + MINUTE), [
      first.consignment.attempt,
    ])
    assert.deepEqual(await bench.settle(first.consignment, { kind: 'sent', diagnosis: TAKEN }), [first.entry.id])
    assert.deepEqual(await bench.settle(second.consignment, { kind: 'sent', diagnosis: TAKEN }), [])
  })

  queueTest('a restart frees leases at once, and refuses what earlier epochs settle', async (bench, me) => {
    const queueId = await bench.send(me, ['x@one.test', 'x@two.test'])
    const claimed = await bench.claimAll()
    assert.equal(claimed.length, 2)
    const [first, second] = claimed as readonly [Consignment, Consignment]
    await bench.settle(second, bench.deferred(bench.clock.now() + 30 * MINUTE))
    for (let n = 0; n < 3; n++) {
      bench.backend = await bench.backend.reopen()
      assert.deepEqual(await bench.due(), [first.lane.domain])
      const again = await bench.claim([first.lane])
      assert.deepEqual(again[0]?.entries, first.entries)
      assert.notEqual(again[0]?.attempt, first.attempt)
      assert.deepEqual(await bench.settle(first, { kind: 'sent', diagnosis: TAKEN }), [first.entries[0]?.id])
      assert.deepEqual(await bench.backend.queue.renew([first.attempt, second.attempt], bench.clock.now()), [first.attempt, second.attempt])
    }
    assert.deepEqual(await bench.events(queueId), ['accepted', 'queued', 'queued', 'deferred'])
  })
}
