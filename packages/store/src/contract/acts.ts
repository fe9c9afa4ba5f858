import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change } from '../changes.ts'
import { ANSWERED, DELETED, FLAGGED, MAX_KEYWORDS, SEEN } from '../flags.ts'
import type { MailboxId, ModSeq, Uid } from '../ids.ts'
import { append, fetchOne, flags, list, newPerson, NOON, octetsOf, rejectsWith, stage, text, type Fixture } from './fixture.ts'

/** Flags, copy, move, expunge. */
export function actTests(given: () => Fixture): void {
  const uids = (...numbers: number[]): Uid[] => numbers as Uid[]

  test('flags are added, removed, replaced; counters follow', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{}, {}, {}])
    await store.changeFlags(inbox.id, uids(1, 2), { mode: 'add', flags: flags(SEEN | DELETED, 'A') })
    await store.changeFlags(inbox.id, uids(2, 3), { mode: 'replace', flags: flags(FLAGGED, 'b') })
    await store.changeFlags(inbox.id, uids(1), { mode: 'remove', flags: flags(DELETED, 'nothing') })
    assert.deepEqual(
      (await list(store, inbox.id)).map(({ uid, system, keywords }) => [uid, system, keywords]),
      [
        [1, SEEN, ['A']],
        [2, FLAGGED, ['b']],
        [3, FLAGGED, ['b']],
      ],
    )
    const { unseen, deleted, deletedSize, keywords } = await store.mailboxById(inbox.id)
    assert.deepEqual([unseen, deleted, deletedSize], [2, 0, 0])
    assert.deepEqual(keywords, ['A', 'b'])
  })

  test('keywords are compared without case and keep their first spelling', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{ flags: flags(0, '$Forwarded') }])
    const before = await store.mailboxById(inbox.id)
    await store.changeFlags(inbox.id, uids(1), { mode: 'add', flags: flags(0, '$FORWARDED') })
    assert.deepEqual(await store.mailboxById(inbox.id), before)
    await store.changeFlags(inbox.id, uids(1), { mode: 'remove', flags: flags(0, '$forwarded') })
    assert.deepEqual((await list(store, inbox.id))[0]?.keywords, [])
  })

  test('a change that changes nothing raises no modseq and tells nobody', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{ flags: flags(SEEN, 'k') }, {}])
    const before = await store.mailboxById(inbox.id)
    const listed = await list(store, inbox.id)
    const told: Change[] = []
    store.watch(inbox.id, (change) => told.push(change))
    const { modSeq, changed } = await store.changeFlags(inbox.id, uids(1, 77), { mode: 'add', flags: flags(SEEN, 'K') })
    assert.equal(changed, false)
    await store.changeFlags(inbox.id, uids(2), { mode: 'remove', flags: flags(DELETED, 'k') })
    await store.changeFlags(inbox.id, uids(2), { mode: 'replace', flags: flags(0) })
    await store.expunge(inbox.id)
    await store.copy(inbox.id, uids(99), inbox.id)
    await store.move(inbox.id, uids(99), (await store.openMailbox('Sent')).id)
    assert.equal(modSeq, before.highestModSeq)
    assert.deepEqual(told, [])
    assert.deepEqual(await store.mailboxById(inbox.id), before)
    assert.deepEqual(await list(store, inbox.id), listed)
  })

  test('only rows that change get the new modseq', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{ flags: flags(SEEN) }, {}])
    const [first] = await list(store, inbox.id)
    const { modSeq, changed } = await store.changeFlags(inbox.id, uids(1, 2), { mode: 'add', flags: flags(SEEN) })
    assert.equal(changed, true)
    const after = await list(store, inbox.id)
    assert.deepEqual(
      after.map((message) => message.modSeq),
      [first?.modSeq, modSeq],
    )
    assert.ok(modSeq > (first?.modSeq ?? 0))
  })

  test('unchangedSince leaves newer messages alone and names them', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{}, {}, {}])
    const known = (await store.mailboxById(inbox.id)).highestModSeq
    await store.changeFlags(inbox.id, uids(2), { mode: 'add', flags: flags(ANSWERED) })
    const { modified } = await store.changeFlags(inbox.id, uids(1, 2, 3, 9), { mode: 'add', flags: flags(FLAGGED), unchangedSince: known })
    assert.deepEqual(modified, [2])
    assert.deepEqual(
      (await list(store, inbox.id)).map(({ system }) => system),
      [FLAGGED, ANSWERED, FLAGGED],
    )
    const none = await store.changeFlags(inbox.id, uids(1, 2, 3), { mode: 'add', flags: flags(SEEN), unchangedSince: 0 as ModSeq })
    assert.deepEqual(none.modified, [1, 2, 3])
  })

  test('a keyword that no message gets is not added, so its first use is told', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{}])
    await store.changeFlags(inbox.id, uids(99), { mode: 'add', flags: flags(0, 'Late') })
    assert.deepEqual((await store.mailboxById(inbox.id)).keywords, [])
    const told: Change[] = []
    const stop = store.watch(inbox.id, (change) => told.push(change))
    await store.changeFlags(inbox.id, uids(1), { mode: 'add', flags: flags(0, 'Late') })
    stop()
    const [change] = told
    assert.ok(change?.kind === 'flags')
    assert.deepEqual(change.keywordNames, ['Late'])
  })

  test('a keyword beyond the limit changes nothing; removing an unknown one needs no room', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    const all = Array.from({ length: MAX_KEYWORDS }, (_, n) => `k${n}`)
    await append(backend, store, inbox.id, [{ flags: flags(0, ...all) }])
    const before = await store.mailboxById(inbox.id)
    await rejectsWith('limit', store.changeFlags(inbox.id, uids(1), { mode: 'add', flags: flags(SEEN, 'more') }))
    await store.changeFlags(inbox.id, uids(1), { mode: 'remove', flags: flags(0, 'more') })
    assert.deepEqual(await store.mailboxById(inbox.id), before)
    await store.changeFlags(inbox.id, uids(1), { mode: 'remove', flags: flags(0, 'k31', 'k32', 'k127') })
    assert.equal((await list(store, inbox.id))[0]?.keywords.length, MAX_KEYWORDS - 3)
  })

  test('a copy has fresh UID, UIDL and save date, the same EMAILID, THREADID, dates and flags', async () => {
    const { backend, clock } = given()
    const { store, inbox } = await newPerson(given())
    const target = await store.openMailbox('Sent')
    await append(backend, store, target.id, [{ flags: flags(0, 'zero', 'One') }])
    await append(backend, store, inbox.id, [{ octets: text('first') }, { flags: flags(SEEN, 'one', 'two') }, {}])
    clock.advance(5000)
    const copied = await store.copy(inbox.id, uids(3, 2, 50), target.id)
    assert.deepEqual(copied, { mailbox: target.id, uidValidity: target.uidValidity, from: [2, 3], to: [2, 3] })
    const from = await fetchOne(store, inbox.id, 2 as Uid)
    const to = await fetchOne(store, target.id, 2 as Uid)
    assert.equal(to.emailId, from.emailId)
    assert.equal(to.threadId, from.threadId)
    assert.equal(to.blob, from.blob)
    assert.deepEqual(to.internalDate, from.internalDate)
    assert.notEqual(to.uidl, from.uidl)
    assert.equal(to.saveDate, clock.now())
    assert.equal(from.saveDate, clock.now() - 5000)
    assert.deepEqual(
      (await list(store, target.id)).map(({ system, keywords }) => [system, keywords]),
      [
        [0, ['zero', 'One']],
        [SEEN, ['One', 'two']],
        [0, []],
      ],
    )
    assert.equal((await store.quota()).messages, 6)
  })

  test('a copy into its own mailbox works', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{ flags: flags(0, 'k') }, {}])
    await store.copy(inbox.id, uids(1, 2), inbox.id)
    const copied = await store.copy(inbox.id, uids(1, 2, 3, 4), inbox.id)
    assert.deepEqual(copied.to, [5, 6, 7, 8])
    assert.equal((await store.mailboxById(inbox.id)).messages, 8)
    assert.deepEqual(
      (await list(store, inbox.id)).filter(({ keywords }) => keywords.length > 0).map(({ uid }) => uid),
      [1, 3, 5, 7],
    )
    assert.deepEqual(await backend.check(), [])
  })

  test('a copy over quota copies nothing', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given(), 2500)
    const target = await store.openMailbox('Sent')
    await append(backend, store, inbox.id, [{ octets: Buffer.alloc(1000, 'a') }, { octets: Buffer.alloc(1000, 'b') }])
    await rejectsWith('over-quota', store.copy(inbox.id, uids(1, 2), target.id))
    assert.deepEqual(await list(store, target.id), [])
    await store.move(inbox.id, uids(1, 2), target.id)
    assert.equal((await list(store, target.id)).length, 2)
  })

  test('a move keeps UIDL, EMAILID and THREADID, leaves whole tombstones, and tells both sides in one modseq', async () => {
    const { backend, clock } = given()
    const { store, inbox } = await newPerson(given())
    const target = await store.openMailbox('Sent')
    await append(backend, store, inbox.id, [{}, { flags: flags(DELETED, 'k') }, {}, {}])
    const before = await fetchOne(store, inbox.id, 2 as Uid)
    clock.advance(1000)
    const told: Change[] = []
    store.watch(inbox.id, (change) => told.push(change))
    store.watch(target.id, (change) => told.push(change))
    const moved = await store.move(inbox.id, uids(4, 2, 1, 90), target.id)
    assert.deepEqual(
      [moved.from, moved.to],
      [
        [1, 2, 4],
        [1, 2, 3],
      ],
    )
    assert.deepEqual(new Set(told.map(({ kind, modSeq }) => `${kind} ${modSeq}`)).size, 2)
    assert.equal(told[0]?.modSeq, told[1]?.modSeq)
    const after = await fetchOne(store, target.id, 2 as Uid)
    assert.deepEqual([after.uidl, after.emailId, after.threadId], [before.uidl, before.emailId, before.threadId])
    assert.equal(after.saveDate, clock.now())
    const seen = await fetchOne(store, inbox.id, 2 as Uid)
    assert.equal(seen.expunged, true)
    assert.equal(seen.saveDate, before.saveDate)
    assert.deepEqual(await octetsOf(store, seen), await octetsOf(store, before))
    const [left, arrived] = [await store.mailboxById(inbox.id), await store.mailboxById(target.id)]
    assert.deepEqual([left.messages, left.deleted, arrived.messages, arrived.deleted, arrived.unseen], [1, 0, 3, 1, 3])
    assert.equal((await store.quota()).messages, 4)
  })

  test('a move within a mailbox gives fresh UIDs, and its two changes follow one another', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{}, { flags: flags(DELETED, 'k') }, {}])
    const [before, { messages, size }] = [await fetchOne(store, inbox.id, 2 as Uid), await store.mailboxById(inbox.id)]
    const told: Change[] = []
    store.watch(inbox.id, (change) => told.push(change))
    assert.deepEqual((await store.move(inbox.id, uids(2), inbox.id)).to, [4])
    assert.deepEqual(
      told.map(({ kind }) => kind),
      ['added', 'expunged'],
    )
    assert.equal(told[1]?.previous, told[0]?.modSeq)
    assert.ok((told[1]?.modSeq ?? 0) > (told[0]?.modSeq ?? 0))
    const after = await fetchOne(store, inbox.id, 4 as Uid)
    assert.deepEqual([after.uidl, after.emailId, after.size], [before.uidl, before.emailId, before.size])
    const mailbox = await store.mailboxById(inbox.id)
    assert.deepEqual([mailbox.messages, mailbox.size, mailbox.deleted, mailbox.uidNext], [messages, size, 1, 5])
    assert.equal((await store.quota()).messages, 3)
  })

  test('expunge takes \\Deleted ones only, of the UIDs named, or all that are named', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(
      backend,
      store,
      inbox.id,
      [0, DELETED, DELETED, 0, DELETED | SEEN].map((system) => ({ flags: flags(system) })),
    )
    const told: Change[] = []
    store.watch(inbox.id, (change) => told.push(change))
    assert.deepEqual(await store.expunge(inbox.id, { uids: uids(1, 2, 99) }), [2])
    assert.deepEqual(await store.expunge(inbox.id), [3, 5])
    assert.deepEqual(await store.expunge(inbox.id), [])
    assert.deepEqual(await store.expunge(inbox.id, { uids: uids(4), anyFlags: true }), [4])
    assert.deepEqual(
      told.map((change) => (change.kind === 'expunged' ? [...change.uids] : change.kind)),
      [[2], [3, 5], [4]],
    )
    const { messages, deleted, deletedSize, unseen } = await store.mailboxById(inbox.id)
    assert.deepEqual([messages, deleted, deletedSize, unseen], [1, 0, 0, 1])
  })

  test('UIDs are never given again', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{}, {}])
    await store.expunge(inbox.id, { anyFlags: true })
    assert.deepEqual(await append(backend, store, inbox.id, [{}]), [3])
  })

  test('a message takes the place of another in one step, in its mailbox or elsewhere', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    const sent = await store.openMailbox('Sent')
    await append(backend, store, inbox.id, [{ flags: flags(SEEN, 'old') }, {}])
    const before = await fetchOne(store, inbox.id, uids(1)[0] as Uid)
    const told: Change[] = []
    store.watch(inbox.id, (change) => told.push(change))
    const first = { blob: await stage(backend, text('new')), flags: flags(FLAGGED, 'new'), internalDate: NOON }
    assert.deepEqual(await store.replace(inbox.id, 1 as Uid, inbox.id, first), {
      mailbox: inbox.id,
      uidValidity: inbox.uidValidity,
      uids: [3],
    })
    assert.deepEqual(
      told.map(({ kind }) => kind),
      ['added', 'expunged'],
    )
    assert.ok(told.every((change, index) => index === 0 || change.previous === told[index - 1]?.modSeq))
    const after = await fetchOne(store, inbox.id, 3 as Uid)
    assert.notEqual(after.emailId, before.emailId)
    assert.notEqual(after.uidl, before.uidl)
    const second = { blob: await stage(backend, text('sent')), flags: flags(SEEN), internalDate: NOON }
    assert.deepEqual((await store.replace(inbox.id, 3 as Uid, sent.id, second)).uids, [1])
    assert.deepEqual(
      (await list(store, inbox.id)).map(({ uid }) => uid),
      [2],
    )
    assert.equal((await store.quota()).messages, 2)
    assert.deepEqual(await backend.check(), [])
  })

  test('a limit of messages holds for all that comes, and not for what only moves or takes the place of another', async () => {
    const { backend } = given()
    const { store, inbox, account } = await newPerson(given())
    const sent = await store.openMailbox('Sent')
    await backend.directory.setQuota(account.id, { messages: 2 })
    await append(backend, store, inbox.id, [{}, {}])
    await rejectsWith('over-quota', append(backend, store, inbox.id, [{}]))
    await rejectsWith('over-quota', store.copy(inbox.id, uids(1), sent.id))
    await store.move(inbox.id, uids(1), sent.id)
    const message = { blob: await stage(backend, text('new')), flags: flags(0), internalDate: NOON }
    await store.replace(inbox.id, 2 as Uid, sent.id, message)
    assert.equal((await store.quota()).messages, 2)
  })

  test('a replacement counts for quota by its growth, and is refused whole', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given(), 1000)
    await append(backend, store, inbox.id, [{ octets: Buffer.alloc(900, 'a') }])
    const staged = async (size: number) => ({ blob: await stage(backend, Buffer.alloc(size, 'b')), flags: flags(0), internalDate: NOON })
    const [fits, big] = [await staged(1000), await staged(1001)]
    const before = await store.mailboxById(inbox.id)
    await rejectsWith('over-quota', store.replace(inbox.id, 1 as Uid, inbox.id, big))
    await rejectsWith('message-not-found', store.replace(inbox.id, 2 as Uid, inbox.id, fits))
    await rejectsWith('mailbox-not-found', store.replace(inbox.id, 1 as Uid, 999_999 as MailboxId, fits))
    const keywords = Array.from({ length: MAX_KEYWORDS + 1 }, (_, index) => `k${index}`)
    await rejectsWith('limit', store.replace(inbox.id, 1 as Uid, inbox.id, { ...fits, flags: flags(0, ...keywords) }))
    assert.deepEqual(await store.mailboxById(inbox.id), before)
    assert.deepEqual((await store.replace(inbox.id, 1 as Uid, inbox.id, fits)).uids, [2])
    assert.deepEqual(await store.quota(), { octets: 1000, messages: 1, octetLimit: 1000, messageLimit: undefined })
    await big.blob.release()
    assert.deepEqual(await backend.check(), [])
  })
}
