import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHUNK_SIZE } from '../blobs.ts'
import type { AccountId, Uid } from '../ids.ts'
import type { Diagnosis } from '../diagnosis.ts'
import { queuedTo } from './queue-bench.ts'
import { delivery, fetchOne, flags, list, newPerson, NOON, octetsOf, plan, rejectsWith, text, type Fixture } from './fixture.ts'

/** Acceptance: one commit over many accounts. */
export function intakeTests(given: () => Fixture): void {
  test('queue ids are letters and digits and never the same', () => {
    const { intake } = given().backend
    const ids = Array.from({ length: 1000 }, () => intake.mintQueueId())
    assert.equal(new Set(ids).size, 1000)
    for (const id of ids) assert.match(id, /^[A-Za-z0-9]{8,32}$/)
  })

  for (const size of [500, CHUNK_SIZE * 2 + 5]) {
    test(`one message of ${size} octets to three accounts shares its blob, each with a prefix of its own`, async () => {
      const { backend } = given()
      const people = [await newPerson(given()), await newPerson(given()), await newPerson(given(), 10)]
      const octets = Buffer.concat([text('for all'), Buffer.alloc(size, 'x')])
      const accepted = await plan(backend, octets, {
        deliveries: people.map(({ account }, n) => delivery(account.id, 'INBOX', `Delivered-To: ${n}\r\n`)),
      })
      const told: string[] = []
      for (const { store, inbox } of people) store.watch(inbox.id, ({ kind }) => told.push(kind))
      const outcomes = await backend.intake.accept(accepted)
      assert.deepEqual(told, ['added', 'added', 'added'])
      assert.deepEqual(
        outcomes,
        people.map(({ inbox }) => ({ ok: true, mailbox: inbox.id, uid: 1 })),
        'quota is not asked again',
      )
      const rows = await Promise.all(people.map(({ store, inbox }) => fetchOne(store, inbox.id, 1 as Uid)))
      assert.equal(new Set(rows.map(({ blob }) => blob)).size, 1)
      assert.equal(new Set(rows.map(({ emailId }) => emailId)).size, 3)
      for (const [n, { store }] of people.entries()) {
        const row = rows[n]
        assert.ok(row)
        assert.ok((await octetsOf(store, row)).equals(Buffer.concat([Buffer.from(`Delivered-To: ${n}\r\n`), octets])))
        assert.equal(row.size, octets.length + 17)
        assert.deepEqual(row.internalDate, NOON)
        assert.equal((await store.quota()).octets, row.size)
      }
      await rejectsWith('message-not-found', backend.intake.accept({ ...accepted, queueId: backend.intake.mintQueueId() }))
      for (const { account } of people.slice(0, 2)) await backend.directory.removeAccount(account.id)
      const [, , last] = people
      assert.ok(last && rows[2])
      assert.equal((await octetsOf(last.store, rows[2])).length, octets.length + 17)
    })
  }

  test('the mailbox named is used, INBOX when it is not there; flags are set', async () => {
    const { backend } = given()
    const { account, store, inbox } = await newPerson(given())
    const trash = await store.openMailbox('Trash')
    const outcomes = await backend.intake.accept(
      await plan(backend, text('x'), {
        deliveries: [{ ...delivery(account.id, 'Trash'), flags: flags(1, 'k') }, delivery(account.id, 'nowhere')],
      }),
    )
    assert.deepEqual(outcomes, [
      { ok: true, mailbox: trash.id, uid: 1 },
      { ok: true, mailbox: inbox.id, uid: 1 },
    ])
    assert.deepEqual(
      (await list(store, trash.id)).map(({ system, keywords }) => [system, keywords]),
      [[1, ['k']]],
    )
  })

  test('an account that is gone harms no other recipient', async () => {
    const { backend } = given()
    const [gone, there] = [await newPerson(given()), await newPerson(given())]
    await backend.directory.removeAccount(gone.account.id)
    const accepted = await plan(backend, text('x'), { deliveries: [delivery(gone.account.id), delivery(there.account.id)] })
    assert.deepEqual(await backend.intake.accept(accepted), [
      { ok: false, code: 'account-not-found' },
      { ok: true, mailbox: there.inbox.id, uid: 1 },
    ])
    const events = await backend.intake.trace(accepted.queueId)
    assert.deepEqual(events.map(({ event }) => event).sort(), ['accepted', 'delivered', 'failed'])
  })

  test('when nobody is left the octets are not kept', async () => {
    const { backend } = given()
    for (const size of [10, CHUNK_SIZE + 10]) {
      const accepted = await plan(backend, Buffer.alloc(size, 'a'), { deliveries: [delivery(999_999_999 as AccountId)] })
      assert.deepEqual(await backend.intake.accept(accepted), [{ ok: false, code: 'account-not-found' }])
    }
    assert.deepEqual(await backend.check(), [])
  })

  test('what the senders are to hear of local recipients is owed in the same commit', async () => {
    const { backend, clock } = given()
    const [gone, there] = [await newPerson(given()), await newPerson(given())]
    await backend.directory.removeAccount(gone.account.id)
    const made: Diagnosis = { status: '2.0.0', text: '' }
    const late: Diagnosis = { status: '4.4.7', text: '' }
    const lost: Diagnosis = { status: '5.1.1', text: 'No such mailbox' }
    const parameters = { notify: ['SUCCESS', 'FAILURE'], orcpt: 'rfc822;x@y' } as const
    const accepted = await plan(backend, text('reported'), {
      mailFrom: 'x@example.net',
      parameters: {
        envid: 'QQ',
        tlsOptional: true,
        holdRequest: 'for;60',
        deliverBy: { at: 7, mode: 'notify', trace: true },
        priority: -3,
        forgeable: true,
      },
      origin: { protocol: 'ESMTP', heloName: 'client.example', remoteAddress: '192.0.2.1' },
      deliveries: [delivery(gone.account.id), delivery(there.account.id)],
      reports: [
        { recipient: 'gone@x', parameters, delivery: 0, delivered: made, failed: lost },
        { recipient: 'quiet@x', parameters: {}, delivery: 0, delivered: made },
        { recipient: 'there@x', parameters: {}, delivery: 1, delivered: made, delayed: late, failed: lost },
        { recipient: 'quiet@y', parameters: {}, delivery: 1, failed: lost },
        { recipient: 'loop@x', parameters: {}, failed: lost },
      ],
    })
    await backend.intake.accept(accepted)
    const [owed, ...others] = (await backend.queue.owed(100)).filter(({ queueId }) => queueId === accepted.queueId)
    assert.ok(owed)
    assert.deepEqual(others, [])
    const { reports, ...about } = owed
    assert.deepEqual(
      reports.map(({ id: _id, ...report }) => report),
      [
        { recipient: 'gone@x', parameters, action: 'failed', at: clock.now(), diagnosis: lost },
        { recipient: 'there@x', parameters: {}, action: 'delayed', at: clock.now(), diagnosis: late },
        { recipient: 'there@x', parameters: {}, action: 'delivered', at: clock.now(), diagnosis: made },
        { recipient: 'loop@x', parameters: {}, action: 'failed', at: clock.now(), diagnosis: lost },
      ],
    )
    assert.deepEqual(about, {
      queueId: accepted.queueId,
      mailFrom: 'x@example.net',
      parameters: accepted.parameters,
      account: undefined,
      receivedAt: NOON.at,
      receivedZone: NOON.zone,
      receivedFrom: { name: 'client.example', address: '192.0.2.1' },
      size: text('reported').length,
    })
    assert.deepEqual(await backend.check(), [])
    await backend.directory.removeAccount(there.account.id)
    assert.ok((await backend.queue.read(accepted.queueId, 0, 1000)).length > 0, 'the octets stay until the report is made')
    const ids = reports.map(({ id }) => id)
    await backend.intake.accept(await plan(backend, text('report'), { deliveries: [], queued: [queuedTo('x@example.net')], reported: ids }))
    await rejectsWith('message-not-found', backend.queue.read(accepted.queueId, 0, 1000))
    assert.deepEqual(await backend.check(), [])
  })

  test('nothing is owed of a message that nobody gets', async () => {
    const { backend } = given()
    const failed: Diagnosis = { status: '5.1.1', text: 'No such mailbox' }
    const nobody = 999_999_999 as AccountId
    const accepted = await plan(backend, text('x'), {
      mailFrom: 'x@example.net',
      deliveries: [delivery(nobody)],
      reports: [{ recipient: 'a@x', parameters: {}, delivery: 0, failed }],
    })
    await backend.intake.accept(accepted)
    assert.ok(!(await backend.queue.owed(100)).some(({ queueId }) => queueId === accepted.queueId))
    assert.deepEqual(await backend.check(), [])
  })

  test('recipients elsewhere are queued with the envelope, and the trace says so in order', async () => {
    const { backend, clock } = given()
    const { account } = await newPerson(given())
    const accepted = await plan(backend, text('x'), {
      parameters: { ret: 'HDRS', envid: 'QQ314159', requireTls: true, body: '8BITMIME', smtpUtf8: true },
      deliveries: [{ ...delivery(account.id), recipients: ['a@example.org', 'b@example.org'] }],
      queued: [
        {
          recipient: 'far@example.net',
          domain: 'example.net',
          parameters: { notify: ['SUCCESS', 'DELAY'], orcpt: 'rfc822;far@example.net' },
        },
        { recipient: 'away@example.net', domain: 'example.net', parameters: {} },
      ],
      screened: 'score 4: no name in DNS',
    })
    await backend.intake.accept(accepted)
    const events = await backend.intake.trace(accepted.queueId)
    assert.deepEqual(
      events.map(({ event, recipient }) => [event, recipient]),
      [
        ['accepted', ''],
        ['screened', ''],
        ['delivered', 'a@example.org'],
        ['delivered', 'b@example.org'],
        ['queued', 'far@example.net'],
        ['queued', 'away@example.net'],
      ],
    )
    assert.equal(events[1]?.detail, 'score 4: no name in DNS')
    assert.ok(events.every(({ queueId, at }) => queueId === accepted.queueId && at === clock.now()))
    assert.deepEqual(await backend.intake.trace(backend.intake.mintQueueId()), [])
    assert.deepEqual(await backend.check(), [])
  })
}
