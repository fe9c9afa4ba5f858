import assert from 'node:assert/strict'
import type { QueueId } from '../ids.ts'
import type { Consignment } from '../queue.ts'
import type { OpenBackend } from './backend.ts'
import { plan, rejectsWith, text } from './fixture.ts'
import { MINUTE, NO_SUCH, queuedTo, queueTestsOn, SAID, TAKEN } from './queue-bench.ts'

/** The outbound queue: reports that are owed, and what administrators see and do. */
export function queueActTests(open: OpenBackend): void {
  const queueTest = queueTestsOn(open)

  queueTest('what strangers bring is told apart from what accounts submit and what is made here', async (bench, me) => {
    await bench.send(me, ['a@mine.test'])
    await bench.send(undefined, ['b@strangers.test'])
    await bench.send(undefined, ['b@nobodys.test'], { mailFrom: '' })
    await bench.send(undefined, ['c@ours.test'], { mailFrom: '', origin: { protocol: 'LOCAL' } })
    const claimed = await bench.claimAll()
    assert.deepEqual(claimed.flatMap(({ foreign, lane }) => (foreign ? lane.domain : [])).sort(), ['nobodys.test', 'strangers.test'])
  })

  queueTest('the octets stay until the last recipient is settled and the last report is made', async (bench, me) => {
    const queueId = await bench.send(me, ['a@one.test', 'b@two.test'])
    const hints: number[] = []
    const claimed = await bench.claimAll()
    assert.equal(claimed.length, 2)
    bench.backend.queue.watch(() => hints.push(1))
    const until = bench.clock.now() + MINUTE
    const retryUntil = until + 1
    await bench.settle(claimed[0] as Consignment, bench.deferred(until, { report: 'delayed', retryUntil }))
    await bench.settle(claimed[1] as Consignment, { kind: 'failed', diagnosis: NO_SUCH, report: 'failed' })
    assert.equal(hints.length, 2)
    const [owed, ...others] = await bench.backend.queue.owed(10)
    assert.deepEqual(others, [])
    assert.ok(owed)
    assert.deepEqual([owed.queueId, owed.mailFrom, owed.account, owed.size], [queueId, 'x@example.net', me, text('x').length])
    const at = bench.clock.now()
    assert.deepEqual(
      owed.reports.map(({ id: _id, ...report }) => report),
      [
        { recipient: 'a@one.test', parameters: {}, action: 'delayed', at, diagnosis: SAID, retryUntil },
        { recipient: 'b@two.test', parameters: {}, action: 'failed', at, diagnosis: NO_SUCH },
      ],
    )
    bench.clock.advance(MINUTE)
    const { consignment, entry } = await bench.claimOne()
    assert.equal(entry.delayTold, true)
    await bench.settle(consignment, { kind: 'sent', diagnosis: TAKEN, report: 'relayed' })
    assert.equal(Buffer.from(await bench.backend.queue.read(queueId, 9, 1)).toString(), 'x')

    const [delayed, ...rest] = owed.reports
    assert.ok(delayed)
    const report = await bench.send(undefined, ['x@example.net'], { mailFrom: '', reported: [delayed.id] })
    assert.deepEqual((await bench.backend.queue.owed(10))[0]?.reports.length, 2)
    const third = (await bench.backend.queue.owed(10))[0]?.reports[1]?.id ?? 0
    assert.deepEqual(await bench.events(queueId), ['accepted', 'queued', 'queued', 'deferred', 'failed', 'relayed', 'reported'])
    const twice = await plan(bench.backend, text('twice'), {
      mailFrom: '',
      queued: [queuedTo('x@example.net')],
      reported: [third, delayed.id],
    })
    await rejectsWith('message-not-found', bench.backend.intake.accept(twice))
    await twice.blob.release()
    assert.deepEqual(await bench.events(twice.queueId), [])
    await bench.backend.queue.forgive([...rest.map(({ id }) => id), third, 999_999])
    assert.deepEqual(await bench.backend.queue.owed(10), [])
    await bench.gone(queueId)
    assert.equal((await bench.backend.queue.list({}, undefined, 10))[0]?.queueId, report)
  })

  queueTest('reports are owed in the order of their messages, oldest first', async (bench, me) => {
    const ids: QueueId[] = []
    for (const domain of ['a.test', 'b.test', 'c.test']) ids.push(await bench.send(me, [`x@${domain}`, `y@${domain}`]))
    const claimed = await bench.claimAll()
    for (const queueId of ids) {
      const consignment = claimed.find((one) => one.queueId === queueId)
      assert.ok(consignment)
      await bench.settle(consignment, { kind: 'failed', diagnosis: NO_SUCH, report: 'failed' })
    }
    const shown = async (limit: number): Promise<unknown[]> =>
      (await bench.backend.queue.owed(limit)).map(({ queueId, reports }) => [queueId, reports.length])
    assert.deepEqual(
      await shown(10),
      ids.map((id) => [id, 2]),
    )
    assert.deepEqual(
      await shown(2),
      ids.slice(0, 2).map((id) => [id, 2]),
    )
  })

  queueTest('the queue is listed in batches, and by what is asked for', async (bench, me, other) => {
    const one = await bench.send(me, ['a@one.test', 'b@two.test'], { mailFrom: 'Ann@example.org' })
    bench.clock.advance(MINUTE)
    const two = await bench.send(other, [queuedTo('c@one.test', { held: true })], { mailFrom: '' })
    const claimed = await bench.claim([{ account: me, domain: 'two.test' }])
    await bench.settle(claimed[0] as Consignment, bench.deferred(bench.clock.now() + MINUTE))
    await bench.claim([{ account: me, domain: 'one.test' }])
    const shown = async (filter: object): Promise<string[]> =>
      (await bench.backend.queue.list(filter, undefined, 100)).map(({ recipient, state }) => `${recipient} ${state}`)
    const all = ['a@one.test active', 'b@two.test waiting', 'c@one.test held']
    assert.deepEqual(await shown({}), all)
    const cases: [filter: object, indexes: number[]][] = [
      [{ queueId: one }, [0, 1]],
      [{ queueId: two }, [2]],
      [{ queueId: one, domain: 'One.test' }, [0]],
      [{ sender: 'ann@Example.org' }, [0, 1]],
      [{ sender: '@example.ORG' }, [0, 1]],
      [{ sender: '' }, [2]],
      [{ recipient: 'C@one.test' }, [2]],
      [{ recipient: '@one.test' }, [0, 2]],
      [{ domain: 'one.test' }, [0, 2]],
      [{ queuedBefore: bench.clock.now() }, [0, 1]],
      [{ state: 'held' }, [2]],
      [{ state: 'active' }, [0]],
      [{ reason: 'grEYlisted' }, [1]],
      [{ reason: 'nothing' }, []],
      [{ entry: 999_999 }, []],
    ]
    for (const [filter, indexes] of cases)
      assert.deepEqual(
        await shown(filter),
        indexes.map((n) => all[n]),
        JSON.stringify(filter),
      )
    const [first] = await bench.backend.queue.list({}, undefined, 1)
    assert.equal(first?.recipient, 'a@one.test')
    assert.deepEqual(await shown({ entry: first.id }), all.slice(0, 1))
    const rest = await bench.backend.queue.list({}, first.id, 100)
    assert.deepEqual(
      rest.map(({ recipient }) => recipient),
      ['b@two.test', 'c@one.test'],
    )
    const { queued, held, deferred, oldest } = await bench.backend.queue.status()
    assert.deepEqual([queued, held, deferred, oldest], [3, 1, 1, bench.clock.now() - MINUTE])
  })

  queueTest('an administrator acts on what is not being sent', async (bench, me) => {
    const { queue } = bench.backend
    const queueId = await bench.send(me, ['a@one.test', 'b@two.test', queuedTo('c@three.test', { held: true })])
    const claimed = await bench.claim([{ account: me, domain: 'one.test' }])
    const later = bench.clock.now() + 10 * MINUTE
    const deferred = await bench.claim([{ account: me, domain: 'two.test' }])
    await bench.settle(deferred[0] as Consignment, bench.deferred(later))
    assert.equal(await queue.act({}, { kind: 'retry' }), 1)
    assert.deepEqual(await bench.due(), ['two.test'])
    assert.equal(await queue.act({ domain: 'one.test' }, { kind: 'drop' }), 0)
    assert.equal(await queue.act({ queueId }, { kind: 'hold' }), 2)
    assert.deepEqual(await bench.due(), [])
    await bench.settle(claimed[0] as Consignment, bench.deferred(bench.clock.now()))
    assert.deepEqual(await bench.due(), [], 'held while it was sent')
    assert.equal(await queue.act({ queueId, state: 'held' }, { kind: 'release' }), 3)
    assert.equal((await bench.due()).length, 3)
    assert.equal(await queue.act({ recipient: 'c@three.test' }, { kind: 'redirect', recipient: 'c@four.test', domain: 'four.test' }), 1)
    assert.deepEqual((await bench.due()).sort(), ['four.test', 'one.test', 'two.test'])
    assert.equal(await queue.act({ domain: 'two.test' }, { kind: 'drop' }), 1)
    assert.equal(await queue.act({ domain: 'one.test' }, { kind: 'bounce', diagnosis: NO_SUCH }), 1)
    const moved = await bench.claimOne()
    assert.deepEqual([moved.entry.recipient, moved.entry.attempts], ['c@four.test', 0])
    await bench.settle(moved.consignment, { kind: 'failed', diagnosis: NO_SUCH, report: 'failed' })
    const [owed] = await queue.owed(1)
    assert.deepEqual(
      owed?.reports.map(({ recipient }) => recipient),
      ['a@one.test', 'c@three.test'],
    )
    const events = await bench.events(queueId)
    const acts = ['retried', 'held', 'held', 'released', 'released', 'released', 'redirected', 'dropped', 'bounced', 'failed']
    assert.deepEqual(
      events.filter((event) => !['accepted', 'queued', 'deferred'].includes(event)),
      acts,
    )
    await queue.forgive(owed.reports.map(({ id }) => id))
    await bench.gone(queueId)
  })

  queueTest('a bounce tells only senders who want to hear of it', async (bench, me) => {
    await bench.send(me, ['a@one.test'], { mailFrom: '' })
    await bench.send(me, [
      queuedTo('b@one.test', { parameters: { notify: ['NEVER'] } }),
      queuedTo('c@one.test', { parameters: { notify: ['SUCCESS'] } }),
      queuedTo('d@one.test', { parameters: { notify: ['FAILURE', 'DELAY'] } }),
    ])
    assert.equal(await bench.backend.queue.act({}, { kind: 'bounce', diagnosis: NO_SUCH }), 4)
    const owed = await bench.backend.queue.owed(10)
    assert.deepEqual(
      owed.flatMap(({ reports }) => reports.map(({ recipient }) => recipient)),
      ['d@one.test'],
    )
  })

  queueTest('many settlements and acts come in one call', async (bench, me) => {
    const domains = Array.from({ length: 60 }, (_, n) => `d${n}.test`)
    for (const domain of domains) await bench.send(me, [`a@${domain}`, `b@${domain}`])
    const claimed = await bench.claimAll()
    assert.equal(claimed.length, 60)
    const settlements = claimed.flatMap(({ attempt, entries }) =>
      entries.map(({ id }) => ({ attempt, entry: id, outcome: { kind: 'sent', diagnosis: TAKEN } as const })),
    )
    assert.deepEqual(await bench.backend.queue.settle(settlements), [])
    assert.deepEqual(await bench.backend.queue.list({}, undefined, 10), [])
  })
}
