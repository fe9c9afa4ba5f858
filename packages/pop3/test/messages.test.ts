import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, suite, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { silentLogger, systemClock } from '@mailstead/base'
import { openTls } from '@mailstead/net'
import type { SqliteStore } from '@mailstead/sqlite'
import { sharedContext, tempDir, withSeed } from '@mailstead/testkit'
import { Pop3Client } from './client.ts'
import { append, HOST, openStore, startServer, type TestServer } from './support.ts'

const text = (body: string): Buffer => Buffer.from(`Subject: x\r\n\r\n${body}`, 'latin1')

/** Many octets without a pattern that a piece's border could hide behind, with dots and line ends among them. */
function large(size: number): Buffer {
  const octets = Buffer.alloc(size)
  for (let at = 0, state = 1; at < size; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const octet = state >>> 24
    octets[at] = octet === 10 ? 13 : octet
  }
  for (let at = 60; at + 3 < size; at += 61) octets.write('\r\n.', at, 'latin1')
  octets.write('\r\n', size - 2, 'latin1')
  return octets
}

const MESSAGES: Readonly<Record<string, Buffer>> = {
  '8-bit octets': Buffer.from([...Array.from({ length: 256 }, (_, octet) => octet).filter((octet) => octet !== 10), 13, 10]),
  'dot lines': text('.\r\n..\r\n...\r\n.x\r\nx.\r\n\r\n.\r\n'),
  'nothing but dot lines': Buffer.from('.\r\n'.repeat(30_000)),
  'lines of 998 octets': text(`${'a'.repeat(998)}\r\n.${'b'.repeat(997)}\r\n`),
  'no final line end': text('the end'),
  'a carriage return at the end': text('the end\r'),
  'a dot at the end': text('x\r\n.'),
  'no octet': Buffer.alloc(0),
  'as much as comes with its row': large(64 * 1024),
  'one octet more': large(64 * 1024 + 1),
  'a whole chunk': large(256 * 1024),
  '5 MiB': large(5 * 1024 * 1024),
}

suite('POP3 messages', () => {
  const context = sharedContext()
  let store: SqliteStore
  before(async () => {
    store = await openStore(context)
  })

  const logIn = async (server: TestServer): Promise<Pop3Client> => {
    const client = new Pop3Client(await server.connect())
    client.send('UTF8', 'USER ann@example.org', 'PASS secret word')
    for (let line = 0; line < 4; line++) assert.match(await client.line(), /^\+OK/)
    return client
  }

  for (const [what, octets] of Object.entries(MESSAGES)) {
    test(`RETR gives the same octets: ${what}`, async (t) => {
      const server = await startServer(t, store)
      await append(server.mail, octets)
      const client = await logIn(server)
      assert.equal(await client.ask('RETR 1'), `+OK ${octets.length} octets`)
      const expected = octets.toString('latin1').endsWith('\r\n') ? octets.subarray(0, -2) : octets
      assert.ok((await client.content()).equals(expected))
      assert.equal(await client.ask('LIST 1'), `+OK 1 ${octets.length}`)
      // TOP of everything is everything.
      assert.match(await client.ask(`TOP 1 ${octets.length}`), /^\+OK/)
      assert.ok((await client.content()).equals(expected))
    })
  }

  test('what the server put in front of a delivered message is part of it', async (t) => {
    const server = await startServer(t, store)
    const writer = store.stores.blobs.stage()
    await writer.write(text('.\r\n'))
    const outcomes = await store.intake.accept({
      queueId: store.intake.mintQueueId(),
      blob: await writer.finish(),
      mailFrom: 'x@far.example',
      parameters: {},
      origin: { protocol: 'ESMTP' },
      receivedAt: { at: 0, zone: 0 },
      deliveries: [
        {
          recipients: ['ann@example.org'],
          account: server.account.id,
          mailbox: 'INBOX',
          prefix: Buffer.from('Return-Path: <x@far.example>\r\n'),
          flags: { system: 0, keywords: [] },
        },
      ],
      queued: [],
    })
    assert.equal(outcomes[0]?.ok, true)
    const client = await logIn(server)
    assert.equal(await client.ask('RETR 1'), '+OK 47 octets')
    assert.equal((await client.content()).toString(), 'Return-Path: <x@far.example>\r\nSubject: x\r\n\r\n.')
    assert.match(await client.ask('TOP 1 0'), /^\+OK/)
    assert.equal((await client.content()).toString(), 'Return-Path: <x@far.example>\r\nSubject: x\r\n')
  })

  test('without UTF8 headers are in ASCII, and bodies as they are', async (t) => {
    const server = await startServer(t, store)
    const body = large(300_000)
    const field = `Subject: ${'ü '.repeat(70_000)}x\r\n`
    await append(
      server.mail,
      Buffer.concat([Buffer.from('Subject: ü\r\n\r\n'), body]),
      Buffer.from(`Subject: ü\r\n\r\nü\r\n`),
      Buffer.from(`Subject: a\r\n\r\nü\r\n`),
      Buffer.from(`${field}\r\nü\r\n`),
    )
    const client = new Pop3Client(await server.connect())
    client.send('USER ann@example.org', 'PASS secret word')
    for (let line = 0; line < 3; line++) assert.match(await client.line(), /^\+OK/)
    const retrieve = async (command: string): Promise<Buffer> => {
      assert.match(await client.ask(command), /^\+OK/)
      return client.content()
    }
    const ascii = Buffer.from('Subject: =?UTF-8?B?w7w=?=\r\n\r\n')
    assert.ok((await retrieve('RETR 1')).equals(Buffer.concat([ascii, body.subarray(0, -2)])))
    assert.equal((await retrieve('RETR 2')).toString(), `${ascii.toString()}ü`)
    assert.equal((await retrieve('RETR 3')).toString(), 'Subject: a\r\n\r\nü')
    assert.equal((await retrieve('TOP 1 0')).toString(), ascii.toString().slice(0, -2))
    const flood = (await retrieve('RETR 4')).toString()
    assert.match(flood.slice(0, -4), /^[\0-\x7f]*$/)
    assert.match(flood, /x\r\n\r\nü$/)
  })

  test('inside of TLS too', async (t) => {
    const tls = await openTls({ dir: await tempDir(t), hostName: HOST, log: silentLogger, clock: systemClock })
    t.after(() => tls.close())
    const server = await startServer(t, store, { tls, plaintext: false })
    const octets = large(300_000)
    await append(server.mail, octets)
    const plain = new Pop3Client(await server.connect())
    await plain.line()
    assert.match(await plain.ask('STLS'), /^\+OK/)
    plain.socket.removeAllListeners()
    const socket = connectTls({ socket: plain.socket, ca: readFileSync(tls.describe().caFile ?? ''), servername: HOST })
    const client = new Pop3Client(socket)
    client.send('UTF8', 'USER ann@example.org', 'PASS secret word', 'RETR 1')
    for (let line = 0; line < 4; line++) assert.match(await client.line(), /^\+OK/)
    assert.ok((await client.content()).equals(octets.subarray(0, -2)))
    client.socket.destroy()
  })

  test('one after the other, in any order, with marks in between', (t) =>
    withSeed(async (random) => {
      const server = await startServer(t, store)
      const messages = Array.from({ length: 90 }, (_, index) => text(`${index}\r\n${'x'.repeat(random.int(20_000))}\r\n`))
      await append(server.mail, ...messages)
      const client = await logIn(server)
      const inOrder = messages.map((_, index) => index + 1)
      for (const numbers of [inOrder, inOrder.map(() => 1 + random.int(90))]) {
        const marked = new Set<number>()
        for (const number of numbers) {
          if (random.chance(0.1) && !marked.has(number)) {
            assert.match(await client.ask(`DELE ${number}`), /^\+OK/)
            marked.add(number)
          }
          assert.match(await client.ask(`RETR ${number}`), marked.has(number) ? /^-ERR/ : /^\+OK/)
          if (marked.has(number)) continue
          assert.equal(`${(await client.content()).toString()}\r\n`, messages[number - 1]?.toString(), `message ${number}`)
        }
        assert.match(await client.ask('RSET'), /^\+OK 90 messages/)
      }
    }))

  test('pipelined RETRs cost few writes', async (t) => {
    const server = await startServer(t, store)
    await append(server.mail, ...Array.from({ length: 200 }, () => text(`${'x'.repeat(1000)}\r\n`)))
    const client = await logIn(server)
    const before = server.written()
    client.send(...Array.from({ length: 200 }, (_, index) => `RETR ${index + 1}`))
    for (let number = 1; number <= 200; number++) {
      assert.equal(await client.line(), '+OK 1016 octets')
      await client.content()
    }
    const { writes } = server.written()
    assert.ok(writes - before.writes <= 10, `${writes - before.writes} writes`)
  })

  test('a listing of thousands lets others run, and is whole', async (t) => {
    const server = await startServer(t, store)
    const { id } = await server.mail.openMailbox('INBOX')
    await append(server.mail, text('x\r\n'))
    for (let count = 1; count < 4000; count *= 2) {
      await server.mail.copy(
        id,
        Array.from({ length: count }, (_, index) => (index + 1) as never),
        id,
      )
    }
    const client = await logIn(server)
    assert.equal(await client.ask('STAT'), `+OK 4096 ${4096 * 17}`)
    for (const [command, pattern] of [
      ['LIST', /^\d+ 17$/],
      ['UIDL', /^\d+ [!-~]{1,70}$/],
    ] as const) {
      assert.match(await client.ask(command), /^\+OK 4096 messages/)
      const lines = (await client.content()).toString().split('\r\n')
      assert.equal(lines.length, 4096)
      for (const [index, line] of lines.entries()) {
        assert.match(line, pattern)
        assert.equal(Number.parseInt(line, 10), index + 1)
      }
      assert.equal(new Set(lines).size, 4096)
    }
    client.send(...Array.from({ length: 4096 }, (_, index) => `DELE ${index + 1}`))
    for (let number = 0; number < 4096; number++) assert.match(await client.line(), /^\+OK/)
    assert.equal(await client.ask('QUIT'), `+OK ${HOST} signing off (maildrop empty)`)
    assert.equal((await server.mail.openMailbox('INBOX')).messages, 0)
  })
})
