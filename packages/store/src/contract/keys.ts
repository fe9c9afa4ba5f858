import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MailboxId, Uid } from '../ids.ts'
import type { MailStore } from '../mail-store.ts'
import { MAX_FIELD_TEXT, type KeyName } from '../message.ts'
import { append, newPerson, NOON, rejectsWith, text, type Fixture } from './fixture.ts'

/** Numbers and texts by UID. */
async function keysOf(store: MailStore, mailbox: MailboxId, uids: readonly number[], name: KeyName): Promise<[number, number, string][]> {
  const { uids: found, numbers, ends, octets } = await store.keys(mailbox, Uint32Array.from(uids), name)
  const textAt = (at: number): string => Buffer.from(octets.subarray(at === 0 ? 0 : ends[at - 1], ends[at])).toString()
  return Array.from(found, (uid, at) => [uid, numbers[at] ?? Number.NaN, textAt(at)])
}

/** What SORT, THREAD and searches by date ask for. */
export function keyTests(given: () => Fixture): void {
  const full = text('Re: [list] Grüße', [
    'Date: Thu, 1 Jan 2026 10:00:00 +0200',
    'From: =?utf-8?q?J=C3=BCrgen?= <j@a.example>, x@y.example',
    'To: Team: Ann <ann@b.example>;',
    'Cc: someone@c.example',
    'Message-ID: <2@x.example>',
    'References: <0@x.example> junk <"1"@x.example>',
    'In-Reply-To: <9@x.example>',
  ])
  const plain = text('plain', ['Date: never', 'Message-ID: <1@x.example>'])

  test('every key, of the messages that there are', async () => {
    const { backend, clock } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{ octets: full }, { octets: plain }, {}])
    const sent = Date.UTC(2026, 0, 1, 8)
    const expected: readonly [KeyName, readonly (readonly [number, string])[]][] = [
      [
        'internal-date',
        [
          [NOON.at, ''],
          [NOON.at, ''],
        ],
      ],
      [
        'internal-local',
        [
          [NOON.at + 3_600_000, ''],
          [NOON.at + 3_600_000, ''],
        ],
      ],
      [
        'save-date',
        [
          [clock.now(), ''],
          [clock.now(), ''],
        ],
      ],
      [
        'sent',
        [
          [sent, ''],
          [NOON.at, ''],
        ],
      ],
      [
        'size',
        [
          [full.length, ''],
          [plain.length, ''],
        ],
      ],
      [
        'subject',
        [
          [1, 'GRU\u0308SSE'.replace('SS', '\u00df')],
          [0, 'PLAIN'],
        ],
      ],
      [
        'from',
        [
          [0, 'J'],
          [0, ''],
        ],
      ],
      [
        'to',
        [
          [0, 'TEAM'],
          [0, ''],
        ],
      ],
      [
        'cc',
        [
          [0, 'SOMEONE'],
          [0, ''],
        ],
      ],
      [
        'display-from',
        [
          [0, 'JU\u0308RGEN'],
          [0, ''],
        ],
      ],
      [
        'display-to',
        [
          [0, 'TEAM'],
          [0, ''],
        ],
      ],
    ]
    for (const [name, keys] of expected) {
      const listed = keys.map(([number, key], index) => [index + 1, number, key])
      assert.deepEqual(await keysOf(store, inbox.id, [1, 2, 77], name), listed, name)
    }
  })

  test('texts of all fields of a name, wherever the header is kept', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    const fields = (...lines: string[]): Buffer => Buffer.from([...lines, '', 'Subject: none, as this is the text', ''].join('\r\n'))
    const long = (octets: number): string => `Cc:${' a@b.example,\r\n'.repeat(octets / 15)} z@b.example`
    await append(backend, store, inbox.id, [
      { octets: full },
      { octets: fields('To: Ann\r\n <ann@b.example>', 'subject : one', 'Subject: =?utf-8?q?Stra=C3=9Fe?=', 'SUBJECT:') },
      { octets: fields('X-Other: subject: this is none') },
      { octets: fields(long(20_000), 'Subject: behind much') },
      { octets: fields(long(150_000), 'Subject: behind more') },
      { octets: fields(`X-Long:${' x\r\n'.repeat(70_000)} x`, 'Subject: behind all that is looked at') },
    ])
    const keysOfAll = async (name: KeyName): Promise<[number, string][]> => {
      const { uids, numbers, ends, octets } = await store.keys(inbox.id, Uint32Array.of(1, 2, 3, 4, 5, 6, 77), name)
      return Array.from(uids, (_, at) => [numbers[at] ?? -1, Buffer.from(octets.subarray(ends[at - 1] ?? 0, ends[at])).toString('latin1')])
    }
    const utf8 = (text: string): string => Buffer.from(text).toString('latin1')
    assert.deepEqual(await keysOfAll('all-subject'), [
      [0, `${utf8('RE: [LIST] GRU\u0308\u00dfE')}\xff`],
      [0, `ONE\xff${utf8('STRA\u00dfE')}\xff\xff`],
      [0, ''],
      [0, 'BEHIND MUCH\xff'],
      [0, 'BEHIND MORE\xff'],
      [0, ''],
    ])
    assert.deepEqual((await keysOfAll('all-to')).slice(0, 2), [
      [0, 'TEAM: ANN <ANN@B.EXAMPLE>;\xff'],
      [0, 'ANN <ANN@B.EXAMPLE>\xff'],
    ])
    assert.ok((await keysOfAll('all-bcc')).every(([number, texts]) => number === 0 && texts === ''))
    const lists = await keysOfAll('all-cc')
    assert.ok((lists[3]?.[1].length ?? 0) > 16_000)
    assert.deepEqual(lists[4], [1, ''], `more than ${MAX_FIELD_TEXT} octets`)
  })

  test('equal message ids have equal octets, however they are written', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{ octets: full }, { octets: plain }, {}])
    const { ends, octets } = await store.keys(inbox.id, Uint32Array.of(1, 2, 3), 'ancestry')
    assert.deepEqual([...ends], [48, 64, 80])
    const id = (at: number): string => Buffer.from(octets.subarray(at * 16, at * 16 + 16)).toString('hex')
    assert.equal(id(2), id(3))
    assert.equal(new Set([id(0), id(1), id(2), id(4)]).size, 4)
    assert.equal(id(4), '0'.repeat(32))
  })

  test('who still sees an expunged message can still sort it', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{}, { octets: plain }, {}])
    await store.expunge(inbox.id, { uids: [2 as Uid], anyFlags: true })
    assert.deepEqual(await keysOf(store, inbox.id, [1, 2, 3], 'subject'), [
      [1, 0, 'TEST'],
      [2, 0, 'PLAIN'],
      [3, 0, 'TEST'],
    ])
  })

  test('copies have the keys of what they are copies of, but a save date of their own', async () => {
    const { backend, clock } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{ octets: plain }])
    clock.advance(5000)
    const { mailbox } = await store.copy(inbox.id, [1 as Uid], (await store.openMailbox('Sent')).id)
    assert.deepEqual(await keysOf(store, mailbox, [1], 'subject'), [[1, 0, 'PLAIN']])
    assert.deepEqual(await keysOf(store, mailbox, [1], 'save-date'), [[1, clock.now(), '']])
  })

  test('mailboxes of others are not there', async () => {
    const [mine, theirs] = [await newPerson(given()), await newPerson(given())]
    await rejectsWith('mailbox-not-found', mine.store.keys(theirs.inbox.id, Uint32Array.of(1), 'sent'))
  })
}
