import assert from 'node:assert/strict'
import type { AcceptPlan, QueuedCopy } from '../intake.ts'
import type { OpenBackend } from './backend.ts'
import { delivery, text } from './fixture.ts'
import { NO_SUCH, queuedTo, queueTestsOn, TAKEN } from './queue-bench.ts'

const SEALED: QueuedCopy = {
  mailFrom: 'SRS0=x@ours.test',
  prefix: Buffer.from('Delivered-To: ann@ours.test\r\n'),
  own: false,
  arrival: { domain: 'ours.test', results: 'mx.ours.test; spf=pass \u00e9', chain: 'pass' },
}
const OWN: QueuedCopy = { mailFrom: '', prefix: Buffer.from('X: 1\r\n'), own: true }

const FORWARDED: Pick<AcceptPlan, 'copies' | 'queued'> = {
  copies: [SEALED, OWN],
  queued: [
    queuedTo('a@far.test'),
    queuedTo('b@far.test', { copy: 0, original: 'ann@ours.test' }),
    queuedTo('c@far.test', { copy: 1 }),
    queuedTo('d@far.test', { copy: 0 }),
  ],
}

/** What is forwarded: senders and fields that are not those of the acceptance. */
export function queueCopyTests(open: OpenBackend): void {
  const queueTest = queueTestsOn(open)

  queueTest('recipients of a copy are claimed together, with its sender and what goes in front', async (bench) => {
    const queueId = await bench.send(undefined, [], FORWARDED)
    const claimed = await bench.claimAll()
    const seen = claimed.map(({ mailFrom, entries, copy, size }) => ({
      mailFrom,
      to: entries.map(({ recipient }) => recipient),
      copy,
      size,
    }))
    const size = text('x').length
    assert.deepEqual(
      seen.map((each) => ({ ...each, copy: undefined })),
      [
        { mailFrom: 'x@example.net', to: ['a@far.test'], copy: undefined, size },
        { mailFrom: SEALED.mailFrom, to: ['b@far.test', 'd@far.test'], copy: undefined, size },
        { mailFrom: '', to: ['c@far.test'], copy: undefined, size },
      ],
    )
    const copies = seen.map(({ copy }) => copy && { ...copy, id: 0, prefix: Buffer.from(copy.prefix).toString() })
    assert.deepEqual(copies, [
      undefined,
      { ...SEALED, id: 0, prefix: SEALED.prefix.toString() },
      { ...OWN, id: 0, prefix: OWN.prefix.toString() },
    ])
    assert.equal(new Set(seen.map(({ copy }) => copy?.id)).size, 3)
    const [plain, sealed, own] = claimed
    assert.ok(plain && sealed && own)
    await bench.settle(plain, { kind: 'sent', diagnosis: TAKEN })
    await bench.settle(own, { kind: 'sent', diagnosis: TAKEN })
    assert.equal(Buffer.from(await bench.backend.queue.read(queueId, 0, 1000)).toString(), text('x').toString())
    await bench.settle(sealed, { kind: 'sent', diagnosis: TAKEN })
    await bench.gone(queueId)
  })

  queueTest('the original sender hears of the address that he wrote', async (bench) => {
    const queueId = await bench.send(undefined, [], FORWARDED)
    for (const consignment of await bench.claimAll())
      await bench.settle(consignment, { kind: 'failed', diagnosis: NO_SUCH, report: 'failed' })
    const [owed] = await bench.backend.queue.owed(10)
    assert.equal(owed?.mailFrom, 'x@example.net')
    assert.deepEqual(owed.reports.map(({ recipient }) => recipient).sort(), ['a@far.test', 'ann@ours.test', 'c@far.test', 'd@far.test'])
    await bench.backend.queue.forgive(owed.reports.map(({ id }) => id))
    await bench.gone(queueId)
  })

  queueTest('the trace tells where it goes and as what, and is found by the address before', async (bench, me) => {
    const deliveries = [{ ...delivery(me), recipients: ['ann@ours.test'] }]
    const queueId = await bench.send(undefined, [], { ...FORWARDED, deliveries })
    const trace = await bench.backend.intake.trace(queueId)
    assert.deepEqual(
      trace.filter(({ event }) => event === 'queued').map(({ recipient, detail }) => [recipient, detail]),
      [
        ['a@far.test', ''],
        ['b@far.test', 'forwarded from ann@ours.test, as from <SRS0=x@ours.test>'],
        ['c@far.test', 'as from <>'],
        ['d@far.test', 'as from <SRS0=x@ours.test>'],
      ],
    )
    for (const about of ['ann@ours.test', 'b@far.test'])
      assert.deepEqual(
        (await bench.backend.intake.traced({ about }, 10)).map((each) => each.queueId),
        [queueId],
      )
  })

  queueTest('who asked for success hears that an address with several behind it has passed it on', async (bench, me) => {
    const report = { recipient: 'all@ours.test', parameters: {}, relayed: TAKEN }
    await bench.send(undefined, [queuedTo('a@far.test')], { reports: [report] })
    await bench.send(undefined, [], { deliveries: [delivery(me)], reports: [report] })
    const owed = await bench.backend.queue.owed(10)
    assert.deepEqual(
      owed.flatMap(({ reports }) => reports.map(({ recipient, action }) => [recipient, action])),
      [
        ['all@ours.test', 'relayed'],
        ['all@ours.test', 'relayed'],
      ],
    )
  })
}
