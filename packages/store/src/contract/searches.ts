import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldCase, type TextNeedle } from '@mailstead/mime'
import { CHUNK_SIZE } from '../blobs.ts'
import type { MailboxId, Uid } from '../ids.ts'
import type { MailStore } from '../mail-store.ts'
import { rightsOf } from '../rights.ts'
import { append, delivery, newPerson, plan, rejectsWith, text, type Fixture } from './fixture.ts'

function content(words: string): TextNeedle {
  return { text: foldCase(words), place: 'content' }
}

/** Which of the needles stand in which of the messages, asked as long as there are messages to look into. */
async function searchAll(store: MailStore, mailbox: MailboxId, uids: readonly number[], needles: readonly TextNeedle[]) {
  const found = new Map<number, boolean[]>()
  for (let at = 0; at < uids.length;) {
    const step = await store.searchTexts(mailbox, uids.slice(at) as Uid[], needles)
    assert.ok(step.looked > 0 && step.looked <= uids.length - at)
    assert.equal(step.found.length, step.uids.length * needles.length)
    for (const [index, uid] of step.uids.entries()) {
      found.set(
        uid,
        needles.map((_, needle) => step.found[index * needles.length + needle] === 100),
      )
    }
    at += step.looked
  }
  return found
}

export function searchTests(given: () => Fixture): void {
  test('texts are found where they stand, decoded and in any case', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    const qp = ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: quoted-printable']
    await append(backend, store, inbox.id, [
      { octets: text('one', ['X-Odd: strange'], 'the quick brown fox\r\n') },
      { octets: text('=?utf-8?q?gr=C3=BC=C3=9Fe?=', qp, 'K=C3=\r\n=B6ln\r\n') },
      {
        octets: Buffer.concat([
          text('big'),
          Buffer.alloc(CHUNK_SIZE, 'x'),
          Buffer.from('straddles the chunks'),
          Buffer.alloc(CHUNK_SIZE, 'y'),
        ]),
      },
    ])
    const needles: TextNeedle[] = [
      content('QUICK Brown'),
      content('köln'),
      { text: foldCase('Subject: GRÜßE'), place: 'message' },
      { text: foldCase('strange'), place: 'field', field: foldCase('x-odd') },
      content('xstraddles the chunksy'),
    ]
    assert.deepEqual(
      [...(await searchAll(store, inbox.id, [1, 2, 3, 4], needles))],
      [
        [1, [true, false, false, true, false]],
        [2, [false, true, true, false, false]],
        [3, [false, false, false, false, true]],
      ],
    )
    assert.deepEqual([...(await searchAll(store, inbox.id, [2, 3], []))].length, 2)
  })

  test('what stands in front of a delivered message is searched too, and an expunged one as long as it can be read', async () => {
    const { backend } = given()
    const { account, store, inbox } = await newPerson(given())
    const deliveries = [delivery(account.id, 'INBOX', 'Return-Path: <Envelope@example.net>\r\n')]
    await backend.intake.accept(await plan(backend, text('delivered'), { deliveries }))
    await append(backend, store, inbox.id, [{ octets: text('kept') }])
    await store.expunge(inbox.id, { uids: [1 as Uid], anyFlags: true })
    const needles: TextNeedle[] = [{ text: foldCase('return-path: <envelope@'), place: 'message' }, content('hello')]
    assert.deepEqual(
      [...(await searchAll(store, inbox.id, [1, 2], needles))],
      [
        [1, [true, true]],
        [2, [false, true]],
      ],
    )
  })

  test('nobody searches the mailboxes of others', async () => {
    const { backend } = given()
    const [ann, bob] = [await newPerson(given()), await newPerson(given())]
    await append(backend, ann.store, ann.inbox.id, [{}])
    await rejectsWith('mailbox-not-found', bob.store.searchTexts(ann.inbox.id, [1 as Uid], [content('hello')]))
    await rejectsWith('mailbox-not-found', ann.store.searchTexts(4711 as MailboxId, [1 as Uid], [content('hello')]))
  })

  test('no message that holds the texts is left out, whether it is indexed, copied, expunged or new', async () => {
    const { backend } = given()
    const { account, store, inbox } = await newPerson(given())
    const words = ['invoice', 'Straße', 'ﬁnger', '日本語', '"x" OR y', 'ab', 'köln am rhein']
    const bodies = words.map((word, index) => `${word} and ${words[(index + 1) % words.length]}`)
    const octets = bodies.map((body) => ({ octets: text('x', ['Content-Type: text/plain; charset=utf-8'], body) }))
    const other = await store.createMailbox('Other')
    const sees = async (mailbox: MailboxId, uids: readonly Uid[], bodyOf: (uid: Uid) => string): Promise<void> => {
      for (const [index, word] of words.entries()) {
        const term = { text: foldCase(word) }
        const second = { text: foldCase(words[(index + 1) % words.length] ?? '') }
        for (const filter of [term, { all: [term, second] }, { any: [term, { text: 'NO SUCH WORDS' }] }]) {
          const found = await store.searchCandidates(mailbox, uids, filter)
          const wanted = uids.filter((uid) => bodyOf(uid).includes(word) && (!('all' in filter) || bodyOf(uid).startsWith(word)))
          assert.deepEqual(
            wanted.filter((uid) => !found.includes(uid)),
            [],
            JSON.stringify(filter),
          )
          assert.ok(found.every((uid, at) => uids.includes(uid) && uid > (found[at - 1] ?? 0)))
        }
      }
    }
    const bodyOf = (uid: Uid): string => bodies[(uid - 1) % bodies.length] ?? ''
    const first = await append(backend, store, inbox.id, octets)
    await sees(inbox.id, first, bodyOf)
    await backend.maintenance.reindex()
    await sees(inbox.id, first, bodyOf)
    const copied = await store.copy(inbox.id, first, other.id)
    await store.expunge(inbox.id, { uids: [2, 3] as Uid[], anyFlags: true })
    await sees(inbox.id, [...first, ...(await append(backend, store, inbox.id, octets))], bodyOf)
    await backend.maintenance.reindex(account.id)
    await sees(other.id, copied.to, bodyOf)
    await backend.maintenance.purgeExpunged(LATER)
    await sees(other.id, copied.to, bodyOf)
    const stranger = await newPerson(given())
    await rejectsWith('mailbox-not-found', stranger.store.searchCandidates(inbox.id, first, { text: 'INVOICE' }))
  })

  test('what another put into a shared mailbox is found by its owner', async () => {
    const { backend } = given()
    const [ann, bob] = [await newPerson(given()), await newPerson(given())]
    await bob.store.setRights(bob.inbox.id, ann.account.id, { mode: 'replace', rights: rightsOf('lri') })
    const uids = await append(backend, ann.store, ann.inbox.id, [{ octets: text('x', [], 'of common interest') }])
    await ann.store.copy(ann.inbox.id, uids, bob.inbox.id)
    await append(backend, ann.store, bob.inbox.id, [{ octets: text('x', [], 'of no interest') }])
    for (const account of [undefined, bob.account.id, ann.account.id]) {
      await backend.maintenance.reindex(account)
      for (const { store } of [ann, bob]) {
        const found = await store.searchCandidates(bob.inbox.id, [1, 2] as Uid[], { text: 'COMMON' })
        assert.ok(found.includes(1 as Uid))
      }
    }
  })
}

/** Later than anything was expunged. */
const LATER = Date.UTC(2100, 0, 1)
