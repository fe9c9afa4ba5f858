import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { SqliteStore } from '@mailstead/sqlite'
import { NO_FLAGS, type MailStore } from '@mailstead/store'
import { corpusFolder, corpusMessages, NO_CORPUS, sharedContext, withSeed, type CorpusMessage } from '@mailstead/testkit'
import { FetchClient, type Fetched } from './fetch-client.ts'
import { buildMessage } from './mime-tree.ts'
import { openStore, startServer } from './support.ts'

function someOfTheCorpus(share: number, first: number): CorpusMessage[] {
  return [...corpusMessages(corpusFolder() ?? '', { archives: false })].filter((_, index) => index % share === first)
}

async function appendAll(mail: MailStore, messages: readonly Uint8Array[]): Promise<void> {
  const { id } = await mail.openMailbox('INBOX')
  const internalDate = { at: Date.UTC(2026, 0, 15), zone: 0 }
  const staged = []
  for (const octets of messages) {
    const writer = mail.blobs.stage()
    for (let at = 0; at < octets.length; at += 100_000) await writer.write(octets.subarray(at, at + 100_000))
    staged.push({ blob: await writer.finish(), flags: NO_FLAGS, internalDate })
  }
  await mail.append(id, staged)
}

function item(fetched: Fetched, number: number, label: string): Buffer | null | undefined {
  return fetched.get(number)?.get(label)
}

suite('FETCH', () => {
  const context = sharedContext()
  let store: SqliteStore

  before(async () => {
    store = await openStore(context)
  })

  test('parts of random messages are what they were built from', (t) =>
    withSeed(async (random) => {
      const server = await startServer(t, store)
      const messages = Array.from({ length: 60 }, () => buildMessage(random))
      await appendAll(
        server.mail,
        messages.map(({ octets }) => octets),
      )
      const client = new FetchClient(await server.connect())
      await client.open()
      for (const [index, { sections }] of messages.entries()) {
        const names = [...sections.keys()].slice(0, 90)
        const fetched = await client.fetch(`FETCH ${index + 1} (${names.map((name) => `BODY.PEEK[${name}]`).join(' ')})`)
        for (const name of names) assert.deepEqual(item(fetched, index + 1, `BODY[${name}]`), sections.get(name), `${index + 1}: ${name}`)
        await checkPartial(client, index + 1, sections)
      }

      /** Any octets of any section. */
      async function checkPartial(client: FetchClient, number: number, sections: ReadonlyMap<string, Buffer | null>): Promise<void> {
        const name = random.pick([...sections.keys()])
        const whole = sections.get(name) ?? null
        const origin = random.int((whole?.length ?? 0) + 2)
        const length = 1 + random.int(300)
        const fetched = await client.fetch(`UID FETCH ${number} BODY.PEEK[${name}]<${origin}.${length}>`)
        const expected = whole === null ? null : whole.subarray(origin, origin + length)
        assert.deepEqual(item(fetched, number, `BODY[${name}]<${origin}>`), expected, `${number}: ${name}<${origin}.${length}>`)
      }
    }))

  test('what was stored comes back, octet by octet', { skip: NO_CORPUS }, async (t) => {
    const server = await startServer(t, store)
    const some = someOfTheCorpus(10, 0)
    const messages = some.map(({ octets }) => octets)
    assert.ok(messages.length > 200, `${messages.length} messages`)
    for (let at = 0; at < messages.length; at += 100) await appendAll(server.mail, messages.slice(at, at + 100))
    const client = new FetchClient(await server.connect())
    await client.open()
    const fetched = await client.fetch('FETCH 1:* (RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY BODY.PEEK[HEADER] BODY.PEEK[TEXT] BODY.PEEK[])')
    assert.equal(fetched.size, messages.length)
    const found = await client.command('SEARCH OR TEXT "no mail says this" BODY "\u00fcberall nicht" NOT FROM nobody@nowhere.example')
    assert.match(found.toString(), /^\* SEARCH\r\n/)
    for (const [index, octets] of messages.entries()) {
      const items = fetched.get(index + 1)
      assert.equal(items?.get('BODY[]')?.compare(octets), 0, some[index]?.name)
      assert.equal(items.get('RFC822.SIZE')?.toString(), String(octets.length))
      assert.deepEqual(Buffer.concat([items.get('BODY[HEADER]') ?? octets, items.get('BODY[TEXT]') ?? octets]), octets, some[index]?.name)
    }
  })

  test('a mailbox of all kinds of mail is sorted, threaded, decoded and previewed', { skip: NO_CORPUS }, async (t) => {
    const server = await startServer(t, store)
    const messages = someOfTheCorpus(14, 3).map(({ octets }) => octets)
    for (let at = 0; at < messages.length; at += 100) await appendAll(server.mail, messages.slice(at, at + 100))
    const client = new FetchClient(await server.connect())
    await client.open()
    const all = messages.map((_, index) => index + 1)
    const numbers = async (command: string): Promise<number[]> =>
      (/^\* \w+ (.*)\r$/m.exec((await client.command(command)).toString())?.[1]?.match(/\d+/g) ?? []).map(Number)
    const keys = ['ARRIVAL', 'CC', 'DATE', 'FROM', 'SIZE', 'SUBJECT', 'TO', 'DISPLAYFROM', 'DISPLAYTO']
    for (const command of [...keys.map((key) => `SORT (${key})`), 'THREAD REFERENCES', 'THREAD ORDEREDSUBJECT']) {
      assert.deepEqual(
        (await numbers(`${command} UTF-8 ALL`)).sort((a, b) => a - b),
        all,
        command,
      )
    }
    const fetched = await client.fetch('FETCH 1:* (PREVIEW BINARY.SIZE[] BINARY.PEEK[])')
    for (const [index, octets] of messages.entries()) {
      const items = fetched.get(index + 1)
      assert.ok(Array.from(items?.get('PREVIEW')?.toString() ?? '').length <= 256)
      assert.equal(items?.get('BINARY.SIZE[]')?.toString(), String(octets.length))
      assert.equal(items.get('BINARY[]')?.compare(octets), 0)
    }
    // Encodings that nobody knows are refused, and the others told.
    const parts = await client.try('FETCH 1:* (BINARY.SIZE[1] BINARY.PEEK[1])')
    assert.ok(parts.size > messages.length * 0.9, String(parts.size))
    for (const items of parts.values()) {
      assert.equal(items.get('BINARY.SIZE[1]')?.toString(), String(items.get('BINARY[1]')?.length))
    }
  })

  test('a large message is streamed, and its octets can be had from any place', async (t) => {
    const server = await startServer(t, store)
    const line = Buffer.from('0123456789'.repeat(7))
    const octets = Buffer.concat([Buffer.from('Subject: large\r\n\r\n'), ...Array.from({ length: 50_000 }, () => line)])
    await appendAll(server.mail, [octets])
    const client = new FetchClient(await server.connect())
    await client.open()
    const fetched = await client.fetch('FETCH 1 (BODY.PEEK[] BODY.PEEK[TEXT]<262100.100> BODY.PEEK[]<3500000.9000000>)')
    assert.equal(item(fetched, 1, 'BODY[]')?.compare(octets), 0)
    assert.deepEqual(item(fetched, 1, 'BODY[TEXT]<262100>'), octets.subarray(18 + 262_100, 18 + 262_200))
    assert.deepEqual(item(fetched, 1, 'BODY[]<3500000>'), octets.subarray(3_500_000))
  })

  test("the prefix of this recipient's copy is part of the message and of its header", async (t) => {
    const server = await startServer(t, store)
    const writer = server.mail.blobs.stage()
    await writer.write(Buffer.from('Subject: both\r\nX-Odd: x\r\n\r\ntext'))
    await store.intake.accept({
      queueId: store.intake.mintQueueId(),
      blob: await writer.finish(),
      mailFrom: 'x@example.net',
      parameters: {},
      origin: { protocol: 'ESMTP' },
      receivedAt: { at: Date.UTC(2026, 0, 15), zone: 0 },
      deliveries: [
        {
          recipients: ['ann@example.org'],
          account: server.account.id,
          mailbox: 'INBOX',
          prefix: Buffer.from('Return-Path: <x@example.net>\r\n'),
          flags: NO_FLAGS,
        },
      ],
      queued: [],
    })
    const client = new FetchClient(await server.connect())
    await client.open()
    const whole = 'Return-Path: <x@example.net>\r\nSubject: both\r\nX-Odd: x\r\n\r\ntext'
    const expected: Record<string, string> = {
      'BODY[]': whole,
      'BODY[HEADER]': whole.slice(0, -4),
      'BODY[TEXT]': 'text',
      'BODY[]<20>': whole.slice(20, 40),
      'BODY[HEADER]<28>': whole.slice(28, 33),
      'BODY[HEADER.FIELDS (Return-Path)]': 'Return-Path: <x@example.net>\r\n\r\n',
      'BODY[HEADER.FIELDS (return-path x-odd)]': 'Return-Path: <x@example.net>\r\nX-Odd: x\r\n\r\n',
      'BODY[HEADER.FIELDS.NOT (return-path)]': 'Subject: both\r\nX-Odd: x\r\n\r\n',
      'BODY[1]': 'text',
    }
    const items = Object.keys(expected).map((label) =>
      label.replace('BODY[', 'BODY.PEEK[').replace('<20>', '<20.20>').replace('<28>', '<28.5>'),
    )
    const fetched = await client.fetch(`FETCH 1 (RFC822.SIZE ${items.join(' ')})`)
    assert.equal(item(fetched, 1, 'RFC822.SIZE')?.toString(), String(whole.length))
    for (const [label, octets] of Object.entries(expected)) assert.equal(item(fetched, 1, label)?.toString(), octets, label)
    const found = await client.command('SEARCH HEADER Return-Path x@example.net TEXT "return-path: <x@" NOT BODY return-path')
    assert.match(found.toString(), /^\* SEARCH 1\r\n/)
  })
})
