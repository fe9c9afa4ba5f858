import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { after, test, type TestContext } from 'node:test'
import type { AccountService } from '@mailstead/accounts'
import type { Role } from '@mailstead/smtp'
import { type BlobWriter, type Blobs, StoreError } from '@mailstead/store'
import { ACCEPTED, judging, playTranscript, withSeed } from '@mailstead/testkit'
import { ENVELOPE, type Port, type ServeOptions, site, talk } from './fixture.ts'

/** One for all tests: opening a store starts threads. */
const s = await site({ after })

/** A port that closes with its test. */
const serve = (t: TestContext, role: Role, options?: ServeOptions): Promise<Port> => s.serve(role, { ...options, scope: t })

/** The newest message of ann behind the lines that we put in front. */
async function stored(name: string): Promise<Buffer> {
  const message = await s.newest(name)
  const ours = /^Return-Path: .*\r\nDelivered-To: .*\r\nReceived: .*\r\n(?:\t.*\r\n)*/.exec(message.toString('latin1'))?.[0] ?? ''
  assert.notEqual(ours, '')
  return message.subarray(ours.length)
}

test('what was sent is what is stored, behind the lines that we put in front (seeded)', async (t) => {
  const mx = await serve(t, 'mx')
  await withSeed(async (random) => {
    for (let round = 0; round < 20; round++) {
      const lines = Array.from({ length: 1 + random.int(60) }, () => {
        const octets = random.bytes(random.pick([0, 1, 3, 76, 998, 3000])).map((octet) => ([0, 10, 13].includes(octet) ? 0xe4 : octet))
        return `${random.chance(0.3) ? '.' : ''}${Buffer.from(octets).toString('latin1')}\r\n`
      })
      const message = `Subject: x\r\n\r\n${lines.join('')}`
      const wire = `${ENVELOPE}${message.replaceAll('\r\n.', '\r\n..')}.\r\n`
      const said = await talk(mx, random.split(Buffer.from(wire, 'latin1'), 20_000))
      assert.match(said, /\r\n250 2\.0\.0 Queued as \w+\r\n221 /)
      assert.equal((await stored('ann')).toString('latin1'), message)
    }
  })
})

/** The store's blobs with a writer of the test's own making. */
function blobsWith(wrap: (writer: BlobWriter) => Partial<BlobWriter>): Blobs {
  const { blobs } = s.store.stores
  return {
    read: (...args) => blobs.read(...args),
    release: (octets) => blobs.release(octets),
    stage() {
      const writer = blobs.stage()
      const plain: BlobWriter = {
        write: (chunk) => writer.write(chunk),
        finish: () => writer.finish(),
        abort: () => writer.abort(),
        get size() {
          return writer.size
        },
      }
      return Object.assign(plain, wrap(writer))
    },
  }
}

test('a store that is slow holds the client back', async (t) => {
  const blocked = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const blobs = blobsWith((writer) => ({
    async write(chunk) {
      blocked.resolve()
      await go.promise
      await writer.write(chunk)
    },
  }))
  const mx = await serve(t, 'mx', { blobs })
  const block = Buffer.alloc(65_536, 'x'.repeat(62) + '\r\n')
  const sending = talk(mx, [`${ENVELOPE}Subject: x\r\n\r\n`, ...Array.from({ length: 160 }, () => block), '.\r\n'])
  await blocked.promise
  // As long as octets move at all, more would come; when they stand still, all buffers between are full.
  let read = -1
  while (read !== (mx.sockets[0]?.bytesRead ?? 0)) {
    read = mx.sockets[0]?.bytesRead ?? 0
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  assert.ok(read < 2 ** 20, `${read} octets were read while the store stood still`)
  go.resolve()
  assert.match(await sending, /250 2\.0\.0 Queued/)
})

test('a body of dots is no more work than another', async (t) => {
  let writes = 0
  const blobs = blobsWith((writer) => ({
    write(chunk) {
      writes++
      return writer.write(chunk)
    },
  }))
  const mx = await serve(t, 'mx', { blobs })
  const count = async (line: string): Promise<number> => {
    writes = 0
    const block = line.repeat(65_536 / line.length)
    assert.match(
      await talk(mx, [`${ENVELOPE}Subject: x\r\n\r\n`, ...Array.from({ length: 32 }, () => block), '.\r\n']),
      /250 2\.0\.0 Queued/,
    )
    return writes
  }
  const [dots, text] = [await count('..\r\n'), await count(`${'x'.repeat(62)}\r\n`)]
  assert.ok(dots < 10 * text, `${dots} writes for dots, ${text} for text`)
})

for (const [what, error, told] of [
  ['in trouble', new StoreError('unavailable', 'disk full'), '451 4.3.0 Try again later'],
  ['over quota after all', new StoreError('over-quota', 'full'), '451 4.3.0 Try again later'],
  ['broken', new Error('secret detail'), '451 4.3.0 Try again later'],
] as const) {
  test(`a store ${what} while the message is committed`, async (t) => {
    const { intake } = s.store
    const failing = {
      mintQueueId: () => intake.mintQueueId(),
      trace: () => Promise.resolve([]),
      traced: () => Promise.resolve([]),
      accept: () => Promise.reject(error),
    }
    const mx = await serve(t, 'mx', { intake: failing })
    const said = await talk(mx, [ENVELOPE, 'Subject: x\r\n.\r\nNOOP\r\n'])
    assert.ok(said.includes(`\r\n${told}\r\n250 2.0.0 Ok\r\n`), said)
    assert.doesNotMatch(said, /secret|disk/)
    assert.ok(s.log.events.some(({ level, fields }) => level === 'error' && fields['err'] === error))
    assert.equal(s.reserved(), 0)
  })
}

test('a store in trouble while the message comes in: swallowed, then 451', async (t) => {
  const before = await s.count('ann')
  const blobs = blobsWith(() => ({ write: () => Promise.reject(new StoreError('unavailable', 'disk full')) }))
  const mx = await serve(t, 'mx', { blobs })
  const said = await talk(mx, [ENVELOPE, 'Subject: x\r\n\r\nMAIL FROM:<b@x>\r\n', 'text\r\n'.repeat(20_000), '.\r\nNOOP\r\n'])
  assert.match(said, /\r\n354 .*\r\n451 4\.3\.0 Try again later\r\n250 2\.0\.0 Ok\r\n221 /)
  assert.equal(await s.count('ann'), before)
})

test('an account that is removed between RCPT and the end of the message harms no other', async (t) => {
  const { directory } = s.store
  const send = async (...recipients: string[]): Promise<string> => {
    const [gone] = await directory.addAccounts([{ localPart: 'gone', domain: 'example.org', quota: undefined, argon2: 'x', mailboxes: [] }])
    assert.ok(gone)
    const message = async () => {
      await directory.removeAccount(gone.id)
      return ACCEPTED
    }
    const mx = await serve(t, 'mx', { policy: judging({ message }) })
    const rcpts = recipients.map((name) => `RCPT TO:<${name}@example.org>\r\n`).join('')
    return talk(mx, [`EHLO x\r\nMAIL FROM:<a@far.example>\r\n${rcpts}DATA\r\nSubject: x\r\n.\r\n`])
  }
  const before = await s.count('ann')
  assert.match(await send('gone', 'ann'), /\r\n354 .*\r\n250 2\.0\.0 Queued as \w+\r\n221 /)
  assert.equal(await s.count('ann'), before + 1)
  assert.match(await send('gone'), /\r\n354 .*\r\n550 5\.1\.1 No such mailbox\r\n221 /)
  assert.equal(s.reserved(), 0)
})

test('a client that goes away between the final dot and the answer: the message is there once', async (t) => {
  const before = await s.count('ann')
  const judged = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  const policy = judging({
    async message() {
      judged.resolve()
      await gone.promise
      return ACCEPTED
    },
  })
  const mx = await serve(t, 'mx', { policy })
  const client = mx.connect()
  client.on('error', () => {})
  client.write(`${ENVELOPE}Subject: x\r\n\r\ntext\r\n.\r\n`)
  await judged.promise
  client.resetAndDestroy()
  await new Promise((resolve) => mx.sockets[0]?.once('close', resolve))
  gone.resolve()
  while ((await s.count('ann')) === before) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(await s.count('ann'), before + 1)
  assert.equal((await stored('ann')).toString(), 'Subject: x\r\n\r\ntext\r\n')
  assert.equal(s.reserved(), 0)
})

test('a client that goes away while its recipient is looked up leaves nothing reserved', async (t) => {
  const asked = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const reserve: AccountService['reserve'] = async (...args) => {
    asked.resolve()
    await go.promise
    return s.accounts.reserve(...args)
  }
  const mx = await serve(t, 'mx', { accounts: { ...s.accounts, reserve } })
  const client = mx.connect()
  client.on('error', () => {})
  client.write('EHLO x\r\nMAIL FROM:<a@far.example> SIZE=500\r\nRCPT TO:<ann@example.org>\r\n')
  await asked.promise
  client.resetAndDestroy()
  await new Promise((resolve) => mx.sockets[0]?.once('close', resolve))
  go.resolve()
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(s.reserved(), 0)
})

test('a client that talks before the greeting is noticed, and served', async (t) => {
  const mx = await serve(t, 'mx')
  assert.match(await talk(mx, ['EHLO early.example\r\n']), /^220 mx\.example\.org ESMTP\r\n250-mx/)
  assert.ok(s.log.events.some(({ event }) => event === 'client talks before the greeting'))
})

test('what comes without end behind the goodbye is not read', async (t) => {
  const mx = await serve(t, 'mx')
  const client = mx.connect()
  client.on('error', () => {})
  client.resume()
  const heard = new Promise((resolve) => client.once('end', resolve))
  client.write('QUIT\r\n')
  await heard
  const [server] = mx.sockets
  let read = -1
  for (let i = 0; i < 200; i++) client.write(Buffer.alloc(65_536, 'still here\r\n'))
  while (read !== (server?.bytesRead ?? 0)) {
    read = server?.bytesRead ?? 0
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  assert.ok(read < 4 * 2 ** 20, `${read} octets read`)
  client.destroy()
})

test('what loopback may do in clear, others may not', async (t) => {
  const secret = Buffer.from('\0ann@example.org\0secret').toString('base64')
  const session = [`EHLO x\r\nAUTH PLAIN ${secret}\r\nMAIL FROM:<ann@example.org>\r\n`]
  const far = await talk(await serve(t, 'submission', { plaintextFromLoopback: true, loopback: false }), session)
  assert.match(far, /\r\n250 ENHANCEDSTATUSCODES\r\n538 5\.7\.11 .*\r\n530 5\.7\.0 .*\r\n221 /)
  const near = await talk(await serve(t, 'submission', { plaintextFromLoopback: true }), session)
  assert.match(near, /\r\n250 AUTH PLAIN LOGIN\r\n235 2\.7\.0 .*\r\n250 2\.1\.0 .*\r\n221 /)
})

test('refusals are logged with session and reason', async (t) => {
  const mx = await serve(t, 'mx')
  await talk(mx, ['FOO\r\n'])
  const line = s.log.events.findLast(({ event }) => event === 'refused')
  assert.deepEqual(
    [line?.fields['session'], line?.fields['verb'], line?.fields['reply']],
    ['mx-1', 'FOO', '500 5.5.2 Command not recognized'],
  )
})

test('a session can be written down: no secret, dots as sent', async (t) => {
  const lines: string[] = []
  const wire = {
    open: () => ({
      client: (text: string) => void lines.push(`C: ${text}`),
      server: (text: string) => void lines.push(`S: ${text}`),
      close: () => void lines.push('closed'),
    }),
  }
  const port = await serve(t, 'submission', { wire, plaintextFromLoopback: true })
  const secret = Buffer.from('\0ann@example.org\0secret').toString('base64')
  const body = 'DATA\r\nFrom: ann@example.org\r\n..\r\n.\r\n'
  await talk(port, [
    `EHLO x\r\nAUTH PLAIN\r\n*\r\nAUTH PLAIN ${secret}\r\nMAIL FROM:<ann@example.org>\r\nRCPT TO:<bob@example.org>\r\n${body}`,
  ])
  const text = lines.join('\n')
  assert.doesNotMatch(text, new RegExp(secret.slice(0, 10)))
  assert.match(text, /C: AUTH PLAIN\nS: 334 \nC: \{redacted\}\nS: 501 .*\nC: AUTH PLAIN \{redacted\}\nS: 235 /)
  assert.match(
    text,
    /C: DATA\nS: 354 .*\nC: From: ann@example\.org\nC: \.\.\nC: \.\nS: 250 2\.0\.0 Queued as \w+\nC: QUIT\nS: 221 2\.0\.0 Bye/,
  )
})

/** A message that comes with `octets` every four minutes, for how many minutes it is taken. */
async function drip(t: TestContext, octets: number): Promise<number> {
  const before = await s.count('ann')
  const mx = await serve(t, 'mx')
  let minutes = 0
  const drops = async (): Promise<void> => {
    const open = (): Socket | undefined => mx.sockets.find(({ writable }) => writable)
    for (; open() !== undefined && minutes < 90; minutes += 4) {
      open()?.emit('data', Buffer.from(`${'x'.repeat(octets - 2)}\r\n`))
      await new Promise((resolve) => setImmediate(resolve))
      s.clock.advance(4 * 60_000)
    }
  }
  await playTranscript(
    'S: 220 mx.example.org ESMTP\nCx: EHLO x\\r\\nMAIL FROM:<a@far.example>\\r\\nRCPT TO:<ann@example.org>\\r\\nDATA\\r\\nx\nS: <until 354 End data with <CRLF>.<CRLF>>\n! drip x\nS: 421 4.4.2 The message took too long\nS: <close>',
    { connect: mx.connect, actions: { drip: drops } },
  )
  assert.equal(await s.count('ann'), before)
  return minutes
}

test('a message that takes too long is cut off', async (t) => {
  assert.equal(await drip(t, 50 * 600), 60)
})

test('a message that drips is cut off much sooner', async (t) => {
  assert.equal(await drip(t, 50 * 60), 8)
})

test('shutdown: idle sessions hear 421 at once, a transaction is finished first', async (t) => {
  const mx = await serve(t, 'mx')
  const before = await s.count('ann')
  let drained = false
  let drain: Promise<void> | undefined
  await playTranscript(
    `S: 220 mx.example.org ESMTP
C: EHLO x
S: <until 250 ENHANCEDSTATUSCODES>
S2: 220 mx.example.org ESMTP
C: MAIL FROM:<a@far.example>
S: 250 2.1.0 Sender ok
! drain x
S2: 421 4.3.2 Shutting down, try again later
S2: <close>
S3: 421 mx.example.org Shutting down, try again later
S3: <close>
C: RCPT TO:<ann@example.org>
S: 250 2.1.5 Recipient ok
C: DATA
S: 354 End data with <CRLF>.<CRLF>
C: Subject: x
C: .
S: 250 2.0.0 Queued as {id}
S: 421 4.3.2 Shutting down, try again later
S: <close>`,
    {
      connect: mx.connect,
      actions: {
        drain() {
          drain = mx.service.drain(10_000)
          void drain.then(() => (drained = true))
        },
      },
    },
  )
  await drain
  assert.equal(drained, true)
  assert.equal(await s.count('ann'), before + 1)
})

test('shutdown: who does not finish in time is cut, with a word', async (t) => {
  const mx = await serve(t, 'mx')
  await playTranscript(
    `S: 220 mx.example.org ESMTP
C: EHLO x
S: <until 250 ENHANCEDSTATUSCODES>
C: MAIL FROM:<a@far.example> SIZE=10
S: 250 2.1.0 Sender ok
C: RCPT TO:<ann@example.org>
S: 250 2.1.5 Recipient ok
! drain x
S: <silence 20ms>
! advance 10000
S: 421 4.3.2 Shutting down, try again later
S: <close>`,
    { connect: mx.connect, actions: { drain: () => void mx.service.drain(10_000), advance: (ms) => s.clock.advance(Number(ms)) } },
  )
  assert.equal(s.reserved(), 0)
})

test('too many connections are told so', async (t) => {
  const mx = await serve(t, 'mx')
  const [client, server] = await pair(mx)
  mx.service.refuse?.(server, undefined as never, 'too-many')
  const said: Buffer[] = []
  for await (const chunk of client) said.push(chunk as Buffer)
  assert.match(Buffer.concat(said).toString(), /421 mx\.example\.org Too many connections, try again later\r\n$/)
})

/** Both ends of a connection of which the service knows nothing yet. */
async function pair(port: Port): Promise<[client: Socket, server: Socket]> {
  const client = port.connect()
  await new Promise((resolve) => client.once('data', resolve))
  const server = port.sockets.at(-1)
  assert.ok(server)
  return [client, server]
}
