import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock, scriptedPeer, ScramClient, type PeerScript } from '@mailstead/testkit'
import { PeerLost, PeerRefused, SmtpConnection, TlsUnfit, type RecipientResult } from '@mailstead/outbound'
import { letter, MESSAGE, opened, plainSocket, testTls, type LetterOptions } from './support.ts'

/** Results in short: what a table can hold. */
const short = (results: readonly RecipientResult[]): string =>
  results
    .map((result) => {
      if (result.kind === 'refused') return `${result.step} ${result.reply.code}`
      if (result.kind === 'lost') return `lost at ${result.step}: ${result.reason}${result.perhapsSent ? ', perhaps sent' : ''}`
      return result.kind === 'unfit' ? `unfit ${result.status}` : result.kind
    })
    .join('; ')

test('a letter goes with all that the peer offers', async (t) => {
  const peer = await scriptedPeer(t)
  const connection = await opened(t, peer)
  const results = await connection.send(
    letter({
      to: [{ recipient: 'bob@example.net', parameters: { notify: ['SUCCESS'], orcpt: 'rfc822;bob@example.net' } }, 'eve@bücher.example'],
      parameters: { ret: 'HDRS', envid: 'a+2Bb', smtpUtf8: true },
    }),
  )
  assert.equal(short(results), 'accepted; accepted')
  await connection.quit()
  assert.deepEqual(peer.lines, [
    'EHLO here.example',
    `MAIL FROM:<ann@example.test> SIZE=${MESSAGE.length} BODY=8BITMIME RET=HDRS ENVID=a+2Bb`,
    'RCPT TO:<bob@example.net> NOTIFY=SUCCESS ORCPT=rfc822;bob@example.net',
    'RCPT TO:<eve@xn--bcher-kva.example>',
    'DATA',
    '.',
    'QUIT',
  ])
  assert.equal(peer.messages[0]?.content, MESSAGE)
})

test('an original recipient in UTF-8 goes as ASCII where MAIL does not say SMTPUTF8', async (t) => {
  const peer = await scriptedPeer(t)
  const connection = await opened(t, peer)
  const parameters = { orcpt: 'utf-8;jörg@x.example' }
  const plain = letter({ to: [{ recipient: 'bob@example.net', parameters }], parameters: { smtpUtf8: true } })
  const needing = letter({ to: [{ recipient: 'jörg@example.net', parameters }], parameters: { smtpUtf8: true } })
  assert.deepEqual([short(await connection.send(plain)), short(await connection.send(needing))], ['accepted', 'accepted'])
  assert.deepEqual(
    peer.lines.filter((line) => line.startsWith('RCPT')),
    ['RCPT TO:<bob@example.net> ORCPT=utf-8;j\\x{F6}rg@x.example', 'RCPT TO:<jörg@example.net> ORCPT=utf-8;jörg@x.example'],
  )
})

test('a peer that offers nothing gets the bare commands one by one', async (t) => {
  const peer = await scriptedPeer(t, { on: { EHLO: '502 5.5.1 never heard of it' } })
  const connection = await opened(t, peer)
  assert.equal(short(await connection.send(letter({ parameters: { ret: 'FULL', body: '8BITMIME' } }))), 'accepted')
  assert.deepEqual(peer.lines, [
    'EHLO here.example',
    'HELO here.example',
    'MAIL FROM:<ann@example.test>',
    'RCPT TO:<bob@example.net>',
    'DATA',
    '.',
  ])
})

const taken = '250 2.1.5 fine'
const TABLE: [name: string, script: PeerScript, options: LetterOptions, outcome: string, reusable: boolean | undefined][] = [
  ['MAIL refused', { on: { MAIL: '550 5.7.1 no' } }, { to: ['a@x', 'b@x'] }, 'mail 550; mail 550', true],
  [
    'MAIL refused, DATA answered 354 all the same',
    { on: { MAIL: '451 4.7.1 later', RCPT: '503 no', DATA: '354 go' } },
    {},
    'mail 451',
    true,
  ],
  [
    'one recipient refused',
    { on: { RCPT: [taken, '550 5.1.1 no', '450 4.2.1 busy'] } },
    { to: ['a@x', 'b@x', 'c@x'] },
    'accepted; rcpt 550; rcpt 450',
    true,
  ],
  ['all recipients refused', { on: { RCPT: '550 5.1.1 no' } }, { to: ['a@x', 'b@x'] }, 'rcpt 550; rcpt 550', true],
  ['all refused, DATA answered 354', { on: { RCPT: '550 no', DATA: '354 go' } }, {}, 'rcpt 550', true],
  [
    'too many recipients',
    { on: { RCPT: [taken, '452 4.5.3 too many', '552 too many'] } },
    { to: ['a@x', 'b@x', 'c@x'] },
    'accepted; again; again',
    true,
  ],
  ['452 for the first one is its own', { on: { RCPT: ['452 4.2.2 full', taken] } }, { to: ['a@x', 'b@x'] }, 'rcpt 452; accepted', true],
  ['DATA refused', { on: { DATA: '554 5.3.4 no' } }, {}, 'data 554', true],
  ['DATA answered by 250', { on: { DATA: '250 fine' } }, {}, 'lost at data: not-smtp', false],
  ['the message refused', { on: { END: '554 5.6.0 spam' } }, { to: ['a@x', 'b@x'] }, 'end 554; end 554', true],
  ['the message deferred', { on: { END: '451 4.3.0 later' } }, {}, 'end 451', true],
  ['354 to the message', { on: { END: '354 more' } }, {}, 'lost at end: not-smtp, perhaps sent', false],
  ['421 to MAIL', { on: { MAIL: { drop: true, reply: '421 4.3.2 bye' } } }, {}, 'mail 421', false],
  [
    '421 to the second recipient',
    { on: { RCPT: [taken, { drop: true, reply: '421 4.3.2 bye' }] } },
    { to: ['a@x', 'b@x', 'c@x'] },
    'rcpt 421; rcpt 421; rcpt 421',
    false,
  ],
  ['421 to the message', { on: { END: { drop: true, reply: '421 4.3.2 bye' } } }, {}, 'end 421', false],
  ['lost at MAIL', { on: { MAIL: { drop: true } } }, {}, 'lost at mail: closed', false],
  ['lost at RCPT', { on: { RCPT: { drop: true } } }, {}, 'lost at rcpt: closed', false],
  ['lost at DATA', { on: { DATA: { drop: true } } }, {}, 'lost at data: closed', false],
  ['lost behind the dot', { on: { END: { drop: true } } }, {}, 'lost at end: closed, perhaps sent', false],
  ['taken and gone', { on: { END: { drop: true, reply: '250 2.0.0 taken' } } }, {}, 'accepted', undefined],
  ['garbage', { on: { RCPT: 'I am no server' } }, {}, 'lost at rcpt: not-smtp', false],
  ['too big', { offers: ['SIZE 10'] }, {}, 'unfit 5.3.4', true],
  ['UTF-8 in a local part', { offers: ['PIPELINING'] }, { to: ['grün@x'] }, 'unfit 5.6.7', true],
  [
    'UTF-8 in the header',
    { offers: ['8BITMIME'] },
    { content: 'Subject: \xc3\xbc\r\n\r\n', parameters: { smtpUtf8: true } },
    'unfit 5.6.9',
    true,
  ],
  [
    'UTF-8 in the body only',
    { offers: ['8BITMIME'] },
    { content: 'Subject: u\r\n\r\n\xc3\xbc\r\n', parameters: { smtpUtf8: true } },
    'accepted',
    true,
  ],
  ['octets above 127', { offers: ['SIZE'] }, { content: 'A: b\r\n\r\n\xfc\r\n', parameters: { body: '8BITMIME' } }, 'accepted', true],
  ['octets above 127 in base64', { offers: [] }, { content: 'Content-Transfer-Encoding: base64\r\n\r\n\xfc\r\n' }, 'unfit 5.6.3', true],
  ['said to be 8-bit and is not', { offers: ['SIZE'] }, { parameters: { body: '8BITMIME' } }, 'accepted', true],
  ['binary', { offers: ['8BITMIME', 'CHUNKING'] }, { parameters: { body: 'BINARYMIME' } }, 'accepted', true],
  ['REQUIRETLS without TLS', { offers: ['REQUIRETLS'] }, { parameters: { requireTls: true } }, 'unfit 5.7.30', true],
  ['REQUIRETLS of a report', { offers: [] }, { mailFrom: '', parameters: { requireTls: true } }, 'accepted', true],
  [
    'as many recipients as LIMITS says',
    { offers: ['PIPELINING', 'LIMITS RCPTMAX=2'] },
    { to: ['a@x', 'b@x', 'c@x'] },
    'accepted; accepted; again',
    true,
  ],
  ['LIMITS MAILMAX reached', { offers: ['LIMITS MAILMAX=1'] }, {}, 'accepted', false],
  ['one chunk', { offers: ['CHUNKING', 'PIPELINING', 'BINARYMIME'] }, { parameters: { body: 'BINARYMIME' } }, 'accepted', true],
  ['chunk refused', { offers: ['CHUNKING'], on: { CHUNK: '554 5.6.0 no' } }, {}, 'end 554', true],
  ['no chunk without a recipient', { offers: ['CHUNKING', 'PIPELINING'], on: { RCPT: '550 no', BDAT: '503 never' } }, {}, 'rcpt 550', true],
  ['lost behind the chunk', { offers: ['CHUNKING'], on: { CHUNK: { drop: true } } }, {}, 'lost at end: closed, perhaps sent', false],
]

for (const pipelining of [true, false]) {
  for (const [name, script, options, outcome, reusable] of TABLE) {
    test(`${name}${pipelining ? '' : ', one by one'}`, async (t) => {
      const offers = (script.offers ?? ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'DSN', 'SIZE']).filter(
        (each) => pipelining || each !== 'PIPELINING',
      )
      const peer = await scriptedPeer(t, { ...script, offers })
      const connection = await opened(t, peer)
      // One by one nobody says DATA after a refused MAIL, and nobody reads what follows a farewell.
      const results = short(await connection.send(letter(options)))
      assert.equal(results, outcome)
      // Of its going we hear soon, or when it is asked again.
      if (reusable !== undefined) assert.equal(connection.reusable, reusable)
      if (reusable !== true) return
      // Whatever was left of the transaction does not reach the next one.
      const after = peer.messages.length
      await connection.send(letter({ to: ['z@x'], mailFrom: 'next@x' }))
      for (const message of peer.messages.slice(after)) assert.match(message.mail, /next@x/)
    })
  }
}

const OPENING: [name: string, script: PeerScript, expected: RegExp][] = [
  ['a greeting of class 5', { on: { CONNECT: '554 5.7.1 go away' } }, /PeerRefused: 554 5\.7\.1 go away/],
  ['a greeting of class 4', { on: { CONNECT: { drop: true, reply: '421 4.3.2 busy' } } }, /PeerRefused: 421/],
  ['a greeting that is none', { on: { CONNECT: '250 hello' } }, /PeerLost: 250 hello/],
  ['HTTP', { on: { CONNECT: 'HTTP/1.1 400 Bad Request' } }, /PeerLost: no reply/],
  ['no greeting', { on: { CONNECT: { drop: true } } }, /PeerLost/],
  ['EHLO refused for now', { on: { EHLO: '450 4.7.1 later' } }, /PeerRefused: 450/],
  ['EHLO and HELO refused', { on: { EHLO: '550 no', HELO: '550 5.7.1 no' } }, /PeerRefused: 550 5\.7\.1 no/],
  ['a broken handshake', { tls: 'broken' }, /PeerLost: TLS handshake failed|PeerLost: The peer hung up during/],
]

for (const [name, script, expected] of OPENING) {
  test(`opening: ${name}`, async (t) => {
    const peer = await scriptedPeer(t, script)
    await assert.rejects(opened(t, peer), (error: Error) => {
      assert.ok(error instanceof PeerRefused || error instanceof PeerLost)
      assert.match(String(error), expected)
      return true
    })
  })
}

/** Stalls at each step are ended by the clock, and only by it. */
const STALLS: [script: PeerScript, minutes: number, outcome: string][] = [
  [{ on: { MAIL: { stall: true } } }, 5, 'lost at mail: timeout'],
  [{ on: { RCPT: { stall: true } } }, 5, 'lost at rcpt: timeout'],
  [{ on: { DATA: { stall: true } } }, 2, 'lost at data: timeout'],
  [{ on: { END: { stall: true } } }, 10, 'lost at end: timeout, perhaps sent'],
]

for (const [script, minutes, outcome] of STALLS) {
  test(`${outcome} after ${minutes} minutes`, async (t) => {
    const clock = new ManualClock()
    const peer = await scriptedPeer(t, { ...script, offers: [] })
    const connection = await opened(t, peer, {}, clock)
    const sending = connection.send(letter())
    const stalled = Object.keys(script.on ?? {})[0] ?? ''
    const last = stalled === 'END' ? '.' : stalled
    while (!peer.lines.some((line) => line.startsWith(last))) await new Promise(setImmediate)
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    clock.advance(minutes * 60_000 - 1)
    assert.equal(connection.reusable, true)
    clock.advance(1)
    assert.equal(short(await sending), outcome)
    assert.equal(clock.pending, 0)
  })
}

test('a big message waits for a slow peer, and arrives as it is', async (t) => {
  const peer = await scriptedPeer(t)
  const connection = await opened(t, peer)
  const content = Buffer.alloc(3_000_000, '.line with dots\r\n..\r\n')
  let largest = 0
  const big = letter({ content })
  const results = await connection.send({
    ...big,
    message: {
      size: content.length,
      async read(offset, length) {
        largest = Math.max(largest, length)
        return big.message.read(offset, length)
      },
    },
  })
  assert.equal(short(results), 'accepted')
  assert.ok(largest <= 256 * 1024)
  assert.ok(
    Buffer.from(peer.messages[0]?.content ?? '', 'latin1')
      .subarray(0, content.length)
      .equals(content),
  )
})

test('a message that cannot be read whole is never ended', async (t) => {
  for (const offers of [['PIPELINING'], ['CHUNKING']]) {
    const peer = await scriptedPeer(t, { offers })
    const connection = await opened(t, peer)
    const short_ = { ...letter(), message: { ...letter().message, size: 1000 } }
    assert.equal(short(await connection.send(short_)), 'lost at body: local')
    assert.deepEqual(peer.messages, [])
  }
})

test('a peer that has had enough in the middle of a message is heard', async (t) => {
  const peer = await scriptedPeer(t, { offers: ['PIPELINING'], on: { DATA: { drop: true, reply: '354 go\n552 5.3.4 too much' } } })
  const connection = await opened(t, peer)
  assert.match(short(await connection.send(letter({ content: Buffer.alloc(8_000_000, 'text\r\n') }))), /^end 552$|^lost at body: closed$/)
})

test('several letters on one connection, and RSET only where one was left open', async (t) => {
  const peer = await scriptedPeer(t, { on: { RCPT: [taken, '550 no', taken] } })
  const connection = await opened(t, peer)
  for (const expected of ['accepted', 'rcpt 550', 'accepted']) assert.equal(short(await connection.send(letter())), expected)
  assert.deepEqual(peer.lines.filter((line) => line === 'RSET').length, 1)
  assert.equal(peer.connections, 1)
})

test('LMTP has an answer for each recipient', async (t) => {
  const peer = await scriptedPeer(t, { lmtp: true, on: { END: ['250 2.0.0 fine', '452 4.2.2 full', '550 5.2.1 no'] } })
  const connection = await opened(t, peer, { lmtp: true })
  assert.equal(short(await connection.send(letter({ to: ['a@x', 'b@x', 'c@x'] }))), 'accepted; end 452; end 550')
  assert.equal(peer.lines[0], 'LHLO here.example')
})

test('TLS by STARTTLS: opportunistic, verified, and for somebody else', async (t) => {
  const { store, authority } = await testTls(t)
  const script = { tls: store.secureContext, offersInTls: ['PIPELINING', 'REQUIRETLS'] }
  const peer = await scriptedPeer(t, script)
  const connection = await opened(t, peer)
  assert.equal(connection.tls?.authenticated, false)
  assert.match(connection.tls?.version ?? '', /^TLSv1\.[23]$/)
  assert.equal(short(await connection.send(letter())), 'accepted')
  assert.equal(peer.messages[0]?.secure, true)
  assert.deepEqual(peer.lines.slice(0, 3), ['EHLO here.example', 'STARTTLS', 'EHLO here.example'])

  const verified = await opened(t, peer, { policy: { kind: 'verified', names: ['localhost'] }, authorities: [authority] })
  assert.equal(verified.tls?.authenticated, true)
  assert.equal(short(await verified.send(letter({ parameters: { requireTls: true } }))), 'accepted')
  assert.match(peer.messages[1]?.mail ?? '', / REQUIRETLS$/)

  const failing = async (policy: { kind: 'verified'; names: string[] }, authorities: string[]): Promise<unknown> =>
    opened(t, peer, { policy, authorities }).then(
      () => undefined,
      (error: unknown) => (error instanceof TlsUnfit ? error.failure : error),
    )
  assert.equal(await failing({ kind: 'verified', names: ['other.example'] }, [authority]), 'certificate-host-mismatch')
  assert.equal(await failing({ kind: 'verified', names: ['localhost'] }, [(await testTls(t)).authority]), 'certificate-not-trusted')
})

test('TLS that must be and is not offered', async (t) => {
  const peer = await scriptedPeer(t)
  await assert.rejects(
    opened(t, peer, { policy: { kind: 'encrypted' } }),
    (error) => error instanceof TlsUnfit && error.failure === 'starttls-not-supported',
  )
})

test('words before the handshake are not taken for encrypted ones', async (t) => {
  const { store } = await testTls(t)
  const peer = await scriptedPeer(t, { tls: store.secureContext, on: { STARTTLS: '220 go\n250 injected' } })
  await assert.rejects(opened(t, peer), (error) => error instanceof PeerLost && error.reason === 'not-smtp')
})

test('implicit TLS', async (t) => {
  const { store } = await testTls(t)
  const peer = await scriptedPeer(t, { tls: store.secureContext, implicitTls: true })
  const connection = await opened(t, peer, { implicitTls: true })
  assert.equal(short(await connection.send(letter())), 'accepted')
  assert.equal(peer.messages[0]?.secure, true)
})

const login = { user: 'ann', password: 'secret' }

test('a login by PLAIN and by LOGIN, refused, not offered, and never in clear', async (t) => {
  const { store } = await testTls(t)
  const using = async (mechanism: string, on: PeerScript['on']): Promise<readonly string[]> => {
    const peer = await scriptedPeer(t, { tls: store.secureContext, offersInTls: [mechanism], ...(on === undefined ? {} : { on }) })
    const trouble = await opened(t, peer, { login }).then(
      () => [],
      (error: unknown) => [String(error)],
    )
    return [...peer.lines.slice(3), ...trouble]
  }
  assert.deepEqual(await using('AUTH PLAIN LOGIN', {}), [`AUTH PLAIN ${btoa('\0ann\0secret')}`])
  assert.deepEqual(await using('AUTH LOGIN', { AUTH: ['334 VXNlcm5hbWU6', '334 UGFzc3dvcmQ6', '235 in'] }), [
    'AUTH LOGIN',
    btoa('ann'),
    btoa('secret'),
  ])
  assert.match((await using('AUTH PLAIN', { AUTH: '535 5.7.8 no' })).at(-1) ?? '', /PeerRefused: 535/)
  assert.match((await using('AUTH CRAM-MD5', {})).at(-1) ?? '', /TlsUnfit/)
  const clear = await scriptedPeer(t, { offers: ['AUTH PLAIN'] })
  await assert.rejects(opened(t, clear, { login }), TlsUnfit)
  assert.deepEqual(clear.lines, ['EHLO here.example', 'QUIT'])
})

test('a login by SCRAM, with a server that proves itself and one that does not', async (t) => {
  const { store } = await testTls(t)
  const salt = 'W22ZaJ0SNY7soEsUEjb6gQ=='
  for (const honest of [true, false]) {
    let user: ScramClient | undefined
    let serverFirst = ''
    const answer = (line: string): string => {
      const text = Buffer.from(line.split(' ').at(-1) ?? '', 'base64').toString()
      if (line.startsWith('AUTH')) {
        const nonce = /r=(.*)$/.exec(text)?.[1] ?? ''
        user = new ScramClient({ hash: 'SHA-256', user: 'ann', password: 'secret', nonce })
        assert.equal(text, user.first())
        serverFirst = `r=${nonce}server,s=${salt},i=4096`
        return `334 ${btoa(serverFirst)}`
      }
      if (line === '') return '235 in'
      assert.equal(text, user?.final(serverFirst))
      return `334 ${btoa(honest ? (user?.expected ?? '') : 'v=AAAA')}`
    }
    const peer = await scriptedPeer(t, { tls: store.secureContext, offersInTls: ['AUTH SCRAM-SHA-256 PLAIN'], on: { AUTH: answer } })
    if (honest) await opened(t, peer, { login })
    else await assert.rejects(opened(t, peer, { login }), PeerLost)
  }
})

test('a connection that was given up says so', async (t) => {
  const peer = await scriptedPeer(t, { on: { MAIL: { stall: true } } })
  const connection = await opened(t, peer)
  const sending = connection.send(letter())
  while (!peer.lines.some((line) => line.startsWith('MAIL'))) await new Promise(setImmediate)
  connection.destroy('stopped')
  assert.equal(short(await sending), 'lost at mail: stopped')
  const signal = AbortSignal.abort()
  const socket = await plainSocket(peer.port)
  const options = { host: 'x', heloName: 'y', policy: { kind: 'clear' }, clock: new ManualClock() } as const
  await assert.rejects(SmtpConnection.open(socket, options, signal), (error) => error instanceof PeerLost && error.reason === 'stopped')
})
