import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHUNK_SIZE } from '../blobs.ts'
import type { Change } from '../changes.ts'
import { DELETED, DRAFT, FLAGGED, MAX_KEYWORDS, NO_FLAGS, SEEN } from '../flags.ts'
import type { BlobId, MailboxId, Uid } from '../ids.ts'
import { append, fetchOne, flags, list, newPerson, NOON, octetsOf, rejectsWith, stage, text, type Fixture } from './fixture.ts'

/** Append, list, fetch, blobs, quota. */
export function messageTests(given: () => Fixture): void {
  test('what is appended is read back, with its dates, flags and what was rendered', async () => {
    const { backend, clock } = given()
    const { store, inbox } = await newPerson(given())
    const octets = text('Greetings', ['From: Ann <ann@example.org>', 'Message-ID: <1@example.org>'], 'Body\r\n')
    const blob = await stage(backend, octets)
    const { rendered } = blob
    const appended = await store.append(inbox.id, [
      { blob, flags: flags(SEEN | FLAGGED, '$Work'), internalDate: { at: 12_345_000, zone: -210 } },
    ])
    assert.deepEqual(appended, { mailbox: inbox.id, uidValidity: inbox.uidValidity, uids: [1] })
    const row = await fetchOne(store, inbox.id, 1 as Uid)
    assert.deepEqual(row.internalDate, { at: 12_345_000, zone: -210 })
    assert.equal(row.saveDate, clock.now())
    assert.equal(row.size, octets.length)
    assert.equal(row.blobSize, octets.length)
    assert.equal(row.expunged, false)
    assert.equal(row.prefix.length, 0)
    for (const part of ['envelope', 'bodyStructure', 'headers', 'structure'] as const) {
      assert.deepEqual(Buffer.from(row[part] ?? ''), Buffer.from(rendered[part]), part)
    }
    assert.deepEqual(Buffer.from(row.body ?? ''), octets)
    assert.deepEqual(await octetsOf(store, row, 7), octets)
    assert.deepEqual(await list(store, inbox.id), [
      { uid: 1, modSeq: (await store.mailboxById(inbox.id)).highestModSeq, system: SEEN | FLAGGED, keywords: ['$Work'] },
    ])
  })

  test('costly columns come only when asked for', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{}])
    const [bare] = await store.fetch(inbox.id, [1 as Uid], {})
    for (const part of ['envelope', 'bodyStructure', 'headers', 'structure', 'body', 'header'] as const)
      assert.equal(bare?.[part], undefined, part)
    const [row] = await store.fetch(inbox.id, [1 as Uid], { headers: true, bodyUpTo: 3 })
    assert.ok(row?.headers)
    assert.equal(row.envelope, undefined)
    assert.equal(row.body, undefined)
  })

  test('headers come without their bodies, up to a size', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    const large = `X: ${'x'.repeat(300)}\r\n`.repeat(1000)
    const messages: [octets: string, header: number][] = [
      ['A: 1\r\n\r\nbody', 8],
      ['A: 1\r\n', 6],
      ['\r\nbody', 2],
      [`A: 1\r\n\r\n${'body\r\n'.repeat(CHUNK_SIZE)}`, 8],
      [`${large}\r\nbody`, large.length + 2],
    ]
    await append(
      backend,
      store,
      inbox.id,
      messages.map(([octets]) => ({ octets: Buffer.from(octets) })),
    )
    await store.expunge(inbox.id, { uids: [2] as Uid[], anyFlags: true })
    const uids = messages.map((_, index) => (index + 1) as Uid)
    for (const limit of [0, 6, 7, 8, 100_000]) {
      const rows = await store.fetch(inbox.id, uids, { headerUpTo: limit })
      assert.deepEqual(
        rows.map(({ header }) => header && Buffer.from(header).toString()),
        messages.map(([octets, size]) => (size <= limit ? octets.slice(0, size) : undefined)),
        String(limit),
      )
    }
    const [both] = await store.fetch(inbox.id, [1 as Uid], { headerUpTo: 100, bodyUpTo: 100 })
    assert.deepEqual([both?.header?.length, both?.body?.length], [8, 12])
  })

  test('fetch answers ascending, each UID once, unknown ones not at all', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{}, {}, {}])
    const rows = await store.fetch(inbox.id, [3, 1, 99, 3, 0] as Uid[], {})
    assert.deepEqual(
      rows.map(({ uid }) => uid),
      [1, 3],
    )
  })

  test('expunged messages are fetched in their place among the others', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    const octets = Array.from({ length: 9 }, (_, index) => ({ octets: text(`number ${index + 1}`) }))
    await append(backend, store, inbox.id, octets)
    await store.expunge(inbox.id, { uids: [3, 4, 9] as Uid[], anyFlags: true })
    for (const asked of [
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
      [1, 3, 5, 7, 9],
      [2, 4, 8],
      [3, 4],
      [1, 6, 7, 9, 10],
    ] as Uid[][]) {
      const rows = await store.fetch(inbox.id, asked, { bodyUpTo: 1000 })
      assert.deepEqual(
        rows.map(({ uid, expunged, body }) => [uid, expunged, Buffer.from(body ?? []).toString()]),
        asked.filter((uid) => uid <= 9).map((uid) => [uid, [3, 4, 9].includes(uid), Buffer.from(octets[uid - 1]?.octets ?? []).toString()]),
      )
    }
  })

  test('rows end behind enough octets of bodies, whose memory is given back', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    const sizes = [20_000, 300, 40_000, 300, 1000, 16_384, 200]
    const bodies = sizes.map((size, index) => Buffer.from(`X: 1\r\n\r\n${String(index).repeat(size - 8)}`))
    await append(
      backend,
      store,
      inbox.id,
      bodies.map((octets) => ({ octets })),
    )
    await store.expunge(inbox.id, { uids: [2] as Uid[], anyFlags: true })
    const uids = sizes.map((_, index) => (index + 1) as Uid)
    for (const [enough, count] of [
      [1, 1],
      [20_000, 1],
      [20_001, 2],
      [20_301, 3],
      [60_301, 4],
      [77_985, 7],
      [1_000_000, 7],
    ] as const) {
      const rows = await store.fetch(inbox.id, uids, { bodyUpTo: 100_000, enough })
      assert.deepEqual(
        rows.map(({ uid, body }) => [uid, body && Buffer.from(body).toString()]),
        bodies.slice(0, count).map((body, index) => [index + 1, body.toString()]),
        String(enough),
      )
      store.release(rows)
    }
    const small = await store.fetch(inbox.id, uids, { bodyUpTo: 300, enough: 301 })
    assert.deepEqual(
      small.map(({ body }) => body?.length),
      [undefined, 300, undefined, 300],
    )
  })

  test('a maildrop lists sizes and UIDLs of what is there, in batches', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    const listed = async (): Promise<{ uid: number; size: number; uidl: number }[]> => {
      const all: { uid: number; size: number; uidl: number }[] = []
      for await (const { uids, sizes, uidls } of store.listMaildrop(inbox.id)) {
        assert.ok(uids.length > 0 && uids.length <= 1000)
        for (const [at, uid] of uids.entries()) all.push({ uid, size: sizes[at] ?? 0, uidl: uidls[at] ?? 0 })
      }
      return all
    }
    assert.deepEqual(await listed(), [])
    await append(backend, store, inbox.id, [{}, {}, {}])
    for (let copies = 3; copies <= 1000; copies *= 2) {
      const all = Array.from({ length: copies }, (_, index) => (index + 1) as Uid)
      await store.copy(inbox.id, all, inbox.id)
    }
    await store.expunge(inbox.id, { uids: [2 as Uid], anyFlags: true })
    const all = await listed()
    assert.equal(all.length, 1535)
    assert.equal(new Set(all.map(({ uidl }) => uidl)).size, 1535)
    const asked = [1, 3, 1000, 1001, 1536] as Uid[]
    const rows = await store.fetch(inbox.id, asked, {})
    assert.deepEqual(
      all.filter(({ uid }) => asked.includes(uid as Uid)),
      rows.map(({ uid, size, uidl }) => ({ uid, size, uidl })),
    )
    const nowhere = store.listMaildrop(4711 as MailboxId)
    await rejectsWith('mailbox-not-found', nowhere[Symbol.asyncIterator]().next())
  })

  for (const size of [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 3 * CHUNK_SIZE + 17]) {
    test(`a message of ${size} octets is kept octet by octet`, async () => {
      const { backend } = given()
      const { store, inbox } = await newPerson(given())
      const octets = Buffer.alloc(size, 'Subject: x\r\n\r\n0123456789abcdef')
      const blob = await stage(backend, octets, 70_001)
      assert.equal(blob.size, size)
      await store.append(inbox.id, [{ blob, flags: NO_FLAGS, internalDate: NOON }])
      const row = await fetchOne(store, inbox.id, 1 as Uid)
      assert.equal(row.blobSize, size)
      assert.ok((await octetsOf(store, row, CHUNK_SIZE)).equals(octets))
      if (size > 0) assert.deepEqual(Buffer.from(await store.blobs.read(row.blob, size - 1, 100)), octets.subarray(size - 1))
      store.blobs.release(await store.blobs.read(row.blob, 0, CHUNK_SIZE))
      assert.equal((await store.blobs.read(row.blob, size + 5, 10)).length, 0)
      if (size > CHUNK_SIZE) {
        assert.ok(Buffer.from(await store.blobs.read(row.blob, CHUNK_SIZE - 5, 10)).equals(octets.subarray(CHUNK_SIZE - 5, CHUNK_SIZE + 5)))
      }
    })
  }

  test('reading a blob that is not there fails', async () => {
    const { backend } = given()
    await rejectsWith('message-not-found', backend.stores.blobs.read(999_999_999 as BlobId, 0, 10))
  })

  test('what was rendered is read octet by octet, whatever stands in it', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    const any = Buffer.from(Array.from({ length: 256 }, (_, octet) => octet))
      .toString('latin1')
      .replaceAll(/[\r\n]/g, '')
    const blob = await stage(backend, Buffer.from(`Subject: ${any}\r\nTo: \xed\xa0\x80\0\xff\r\n\r\nbody`, 'latin1'))
    const { rendered } = blob
    await store.append(inbox.id, [{ blob, flags: NO_FLAGS, internalDate: NOON }])
    const row = await fetchOne(store, inbox.id, 1 as Uid)
    for (const part of ['envelope', 'bodyStructure', 'headers', 'structure'] as const) {
      assert.deepEqual(Buffer.from(row[part] ?? ''), Buffer.from(rendered[part]), part)
    }
    assert.ok(Buffer.from(row.headers ?? '').includes(Buffer.from([0xed, 0xa0, 0x80, 0, 0xff])))
  })

  test('a staged blob is read like a kept one, until it is one', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    for (const size of [10, CHUNK_SIZE, 2 * CHUNK_SIZE + 10]) {
      const octets = Buffer.alloc(size, '0123456789abcdef!')
      const staged = await stage(backend, octets)
      for (const [offset, length] of [
        [0, 5],
        [3, 100],
        [CHUNK_SIZE - 5, 10],
        [Math.max(0, size - 15), 10],
        [size - 2, 10],
        [size, 10],
        [0, 3 * CHUNK_SIZE],
      ] as const) {
        const read = await staged.read(offset, length)
        assert.deepEqual(Buffer.from(read), octets.subarray(offset, offset + Math.min(length, CHUNK_SIZE)), `${size}: ${offset}, ${length}`)
      }
      await store.append(inbox.id, [{ blob: staged, flags: NO_FLAGS, internalDate: NOON }])
      await rejectsWith('message-not-found', staged.read(0, 5))
      const returned = await stage(backend, octets)
      await returned.release()
      await rejectsWith('message-not-found', returned.read(0, 5))
    }
  })

  test('a staged blob is used once, or given back', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    for (const size of [10, CHUNK_SIZE + 10]) {
      const octets = Buffer.alloc(size, 'a')
      const used = await stage(backend, octets)
      await store.append(inbox.id, [{ blob: used, flags: NO_FLAGS, internalDate: NOON }])
      await rejectsWith('message-not-found', store.append(inbox.id, [{ blob: used, flags: NO_FLAGS, internalDate: NOON }]))
      await used.release()
      const returned = await stage(backend, octets)
      await returned.release()
      await returned.release()
      await rejectsWith('message-not-found', store.append(inbox.id, [{ blob: returned, flags: NO_FLAGS, internalDate: NOON }]))
      const aborted = backend.stores.blobs.stage()
      await aborted.write(octets)
      await aborted.abort()
      await aborted.abort()
    }
    assert.equal((await store.mailboxById(inbox.id)).messages, 2)
    assert.deepEqual(await backend.check(), [])
  })

  test('several messages are appended together or not at all, and keep staged what was refused', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given(), 3000)
    const small = { blob: await stage(backend, Buffer.alloc(1000, 'a')), flags: NO_FLAGS, internalDate: NOON }
    const big = { blob: await stage(backend, Buffer.alloc(2500, 'b')), flags: NO_FLAGS, internalDate: NOON }
    const before = await store.mailboxById(inbox.id)
    await rejectsWith('over-quota', store.append(inbox.id, [small, big]))
    assert.deepEqual(await store.mailboxById(inbox.id), before)
    await rejectsWith('mailbox-not-found', store.append(999_999 as MailboxId, [small]))
    assert.deepEqual((await store.append(inbox.id, [small])).uids, [1])
    await rejectsWith('over-quota', store.append(inbox.id, [big]))
    assert.deepEqual(await store.quota(), { octets: 1000, messages: 1, octetLimit: 3000, messageLimit: undefined })
    await big.blob.release()
  })

  test('listing runs in ascending batches and goes on after a UID', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    for (let round = 0; round < 11; round++) {
      await append(
        backend,
        store,
        inbox.id,
        Array.from({ length: 100 }, () => ({ octets: text(`${round}`) })),
      )
    }
    const sizes: number[] = []
    let last = 0
    for await (const { uids } of store.listMessages(inbox.id)) {
      sizes.push(uids.length)
      for (const uid of uids) assert.ok(uid > last && (last = uid))
    }
    assert.ok(sizes.every((size) => size <= 1000))
    assert.equal(last, 1100)
    assert.deepEqual(
      (await list(store, inbox.id, 1098 as Uid)).map(({ uid }) => uid),
      [1099, 1100],
    )
    assert.deepEqual(await list(store, inbox.id, 1100 as Uid), [])
  })

  test('an append tells its change before its promise resolves, with all a view needs', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    const told: Change[] = []
    const stop = store.watch(inbox.id, (change) => told.push(change))
    await append(backend, store, inbox.id, [{ flags: flags(DRAFT, 'New') }, { flags: flags(SEEN) }])
    assert.equal(told.length, 1)
    const [change] = told
    assert.ok(change?.kind === 'added')
    assert.equal(change.previous, inbox.highestModSeq)
    assert.deepEqual([...change.batch.uids], [1, 2])
    assert.deepEqual([...change.batch.system], [DRAFT, SEEN])
    assert.deepEqual([...change.batch.modSeqs], [change.modSeq, change.modSeq])
    assert.deepEqual(change.keywordNames, ['New'])
    stop()
    await append(backend, store, inbox.id, [{}])
    assert.equal(told.length, 1)
  })

  test('a keyword beyond the limit of a mailbox refuses the append', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    const all = Array.from({ length: MAX_KEYWORDS }, (_, n) => `k${n}`)
    await append(backend, store, inbox.id, [{ flags: flags(0, ...all) }])
    assert.deepEqual((await list(store, inbox.id))[0]?.keywords, all)
    await rejectsWith('limit', append(backend, store, inbox.id, [{ flags: flags(0, 'one-more') }]))
    await append(backend, store, inbox.id, [{ flags: flags(0, 'K5', 'k127') }])
    assert.deepEqual((await list(store, inbox.id))[1]?.keywords, ['k5', 'k127'])
  })

  test('EMAILID and UIDL differ for each message, threads follow References', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [
      { octets: text('a', ['Message-ID: <a@x>']) },
      { octets: text('c', ['Message-ID: <c@x>', 'References: <a@x> <b@x>']) },
      { octets: text('other', ['Message-ID: <o@x>']) },
      { octets: text('late b', ['Message-ID: <b@x>']) },
      { octets: text('no id') },
    ])
    await append(backend, store, inbox.id, [{ octets: text('d', ['Message-ID: <d@x>', 'In-Reply-To: <c@x>']) }])
    const rows = await store.fetch(inbox.id, [1, 2, 3, 4, 5, 6] as Uid[], {})
    const threads = rows.map(({ threadId }) => threadId)
    assert.equal(new Set([threads[0], threads[1], threads[3], threads[5]]).size, 1)
    assert.equal(new Set(threads).size, 3)
    assert.equal(new Set(rows.map(({ emailId }) => emailId)).size, 6)
    assert.equal(new Set(rows.map(({ uidl }) => uidl)).size, 6)
  })

  test('threads of one account are not those of another', async () => {
    const { backend } = given()
    const [ann, bob] = [await newPerson(given()), await newPerson(given())]
    const octets = text('same', ['Message-ID: <same@x>'])
    await append(backend, ann.store, ann.inbox.id, [{ octets }])
    await append(backend, bob.store, bob.inbox.id, [{ octets }])
    const [a] = await ann.store.fetch(ann.inbox.id, [1 as Uid], {})
    const [b] = await bob.store.fetch(bob.inbox.id, [1 as Uid], {})
    assert.notEqual(a?.threadId, b?.threadId)
  })

  test('expunged messages no longer count for quota', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given(), 1000)
    await append(backend, store, inbox.id, [{ octets: Buffer.alloc(900, 'a'), flags: flags(DELETED) }])
    await rejectsWith('over-quota', append(backend, store, inbox.id, [{ octets: Buffer.alloc(200, 'a') }]))
    assert.deepEqual(await store.expunge(inbox.id), [1])
    assert.deepEqual(await append(backend, store, inbox.id, [{ octets: Buffer.alloc(200, 'a') }]), [2])
  })
}
