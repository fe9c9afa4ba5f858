import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FLAGGED, SEEN } from '../flags.ts'
import type { MailboxId, QueueId, Uid } from '../ids.ts'
import type { AcceptPlan } from '../intake.ts'
import type { NewMessage } from '../message.ts'
import { delivery, fetchOne, flags, list, NOON, newPerson, octetsOf, plan, stage, text, type Fixture, type Person } from './fixture.ts'
import { queuedTo } from './queue-bench.ts'

const DAY = 24 * 3600_000

/** Mail that is kept as sent: once, by the server or by the client. */
export function sentMailTests(given: () => Fixture): void {
  const message = (id: string): Buffer => text('sent', [`Message-ID: <${id}@example.org>`])
  const sentBox = async ({ store }: Person): Promise<MailboxId> => (await store.openMailbox('Sent')).id

  async function submit(me: Person, id: string, parts: Partial<AcceptPlan> = {}): Promise<QueueId> {
    const { backend } = given()
    const account = me.account.id
    const accepted = await plan(backend, message(id), {
      origin: { protocol: 'ESMTPSA', account },
      queued: [queuedTo('x@far.example')],
      sentCopy: { account, prefix: Buffer.from('Bcc: eve@example.org\r\n') },
      ...parts,
    })
    await backend.intake.accept(accepted)
    return accepted.queueId
  }

  async function appended(me: Person, ids: readonly string[], parts: Partial<NewMessage> = {}): Promise<readonly Uid[]> {
    const { backend, clock } = given()
    const internalDate = { at: clock.now(), zone: 0 }
    const list: NewMessage[] = []
    for (const id of ids) list.push({ blob: await stage(backend, message(id)), flags: flags(SEEN), internalDate, sent: true, ...parts })
    return (await me.store.append(await sentBox(me), list)).uids
  }

  const rows = async (me: Person): Promise<string[]> =>
    (await list(me.store, await sentBox(me))).map(({ uid, system, keywords }) => [uid, system, ...keywords].join(' '))

  test('the server keeps what was sent, seen and with its Bcc, in the commit of the acceptance', async () => {
    const { backend } = given()
    const me = await newPerson(given())
    const queueId = await submit(me, 'one', { deliveries: [delivery(me.account.id)] })
    assert.deepEqual(await rows(me), [`1 ${SEEN}`])
    const row = await fetchOne(me.store, await sentBox(me), 1 as Uid)
    assert.equal((await octetsOf(me.store, row)).toString(), `Bcc: eve@example.org\r\n${message('one').toString()}`)
    assert.equal((await me.store.openMailbox('INBOX')).messages, 1)
    const events = (await backend.intake.trace(queueId)).map(({ event, detail }) => `${event} ${detail}`)
    assert.ok(events.includes('saved into Sent, UID 1'), events.join('\n'))
  })

  test('what the client appends of it is the same message, with the flags of both', async () => {
    const me = await newPerson(given())
    await submit(me, 'one')
    assert.deepEqual(await appended(me, ['one'], { flags: flags(FLAGGED, 'work') }), [1])
    assert.deepEqual(await rows(me), [`1 ${SEEN | FLAGGED} work`])
    assert.deepEqual(await appended(me, ['one'], { flags: flags(SEEN) }), [1], 'asked again')
    assert.deepEqual(await rows(me), [`1 ${SEEN | FLAGGED} work`])
    const used = (await given().backend.directory.account(me.account.id))?.usedMessages
    assert.equal(used, 1)
  })

  test('of several messages those that are there stand for themselves', async () => {
    const me = await newPerson(given())
    await submit(me, 'one')
    await submit(me, 'two')
    assert.deepEqual(await appended(me, ['new', 'two', 'other', 'one', 'one']), [3, 2, 4, 1, 5])
    assert.equal((await rows(me)).length, 5)
  })

  test('what the client appended first is not saved again', async () => {
    const { backend } = given()
    const me = await newPerson(given())
    assert.deepEqual(await appended(me, ['one']), [1])
    const queueId = await submit(me, 'one')
    assert.deepEqual(await rows(me), [`1 ${SEEN}`])
    assert.ok(!(await backend.intake.trace(queueId)).some(({ event }) => event === 'saved'))
    await submit(me, 'one')
    assert.deepEqual(await appended(me, ['one']), [2], 'appended twice by the client itself')
    assert.deepEqual(await appended(me, ['one'], { sent: false }), [3])
  })

  test('old mail that is brought here says nothing of what is sent now', async () => {
    const me = await newPerson(given())
    assert.deepEqual(await appended(me, ['one'], { internalDate: { at: NOON.at - 2 * DAY, zone: 0 } }), [1])
    await submit(me, 'one')
    assert.equal((await rows(me)).length, 2)
  })

  test('a copy that was expunged or moved away stands for nothing, and none does for long', async () => {
    const { clock } = given()
    const me = await newPerson(given())
    const sent = await sentBox(me)
    await submit(me, 'one')
    await me.store.move(sent, [1 as Uid], (await me.store.openMailbox('Trash')).id)
    assert.deepEqual(await appended(me, ['one']), [2])
    await submit(me, 'two')
    await me.store.expunge(sent, { uids: [3 as Uid], anyFlags: true })
    assert.deepEqual(await appended(me, ['two']), [4])
    await submit(me, 'three')
    clock.advance(DAY)
    assert.deepEqual(await appended(me, ['three']), [6])
  })

  test('the mailbox for sent mail is found by its use, and made where there is none', async () => {
    const me = await newPerson(given())
    await me.store.renameMailbox('Sent', 'Gesendet')
    await submit(me, 'one')
    assert.equal((await me.store.openMailbox('Gesendet')).messages, 1)
    await me.store.deleteMailbox('Gesendet')
    await submit(me, 'two')
    const made = await me.store.openMailbox('Sent')
    assert.deepEqual([made.messages, made.specialUse], [1, '\\Sent'])
  })

  test('what nobody gets is not kept as sent', async () => {
    const me = await newPerson(given())
    const other = await newPerson(given())
    await given().backend.directory.removeAccount(other.account.id)
    await submit(me, 'one', { queued: [], deliveries: [delivery(other.account.id)] })
    assert.deepEqual(await rows(me), [])
  })

  test('what is made a draft again while it is scheduled is not sent', async () => {
    const { backend, clock } = given()
    const me = await newPerson(given())
    await me.store.createMailbox('Drafts', { specialUse: '\\Drafts' })
    const [sent, drafts] = [await sentBox(me), (await me.store.openMailbox('Drafts')).id]
    const notBefore = clock.now() + 60_000
    const queued = [queuedTo('x@far.example', { notBefore }), queuedTo('y@far.example', { notBefore }), queuedTo('z@far.example')]
    const queueId = await submit(me, 'one', { queued })
    const other = await submit(me, 'two', { queued })
    const waits = async (id: QueueId): Promise<number> => (await backend.queue.list({ queueId: id }, undefined, 10)).length
    await me.store.copy(sent, [1 as Uid], drafts)
    await me.store.move(sent, [1 as Uid], (await me.store.openMailbox('Trash')).id)
    assert.equal(await waits(queueId), 3, 'copied, thrown away')
    await me.store.move((await me.store.openMailbox('Trash')).id, [1 as Uid], drafts)
    assert.deepEqual([await waits(queueId), await waits(other)], [1, 3], 'whoever it is sent to already keeps it')
    assert.equal((await backend.intake.trace(queueId)).filter(({ event }) => event === 'dropped').length, 2)
    clock.advance(60_000)
    await me.store.move(sent, [2 as Uid], drafts)
    assert.equal(await waits(other), 3, 'too late')
    await backend.queue.act({}, { kind: 'drop' })
  })
}
