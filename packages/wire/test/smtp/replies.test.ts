import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSeed } from '@mailstead/testkit'
import { MAX_REPLY_LINE, MAX_REPLY_LINES, parseCapabilities, SmtpReplyError, SmtpReplyParser, type PeerReply } from '@mailstead/wire'

function replies(pieces: readonly Uint8Array[]): PeerReply[] {
  const parser = new SmtpReplyParser()
  const found: PeerReply[] = []
  for (const piece of pieces) {
    // Its owner uses the buffer again.
    const copy = Uint8Array.from(piece)
    parser.push(copy)
    for (let reply = parser.next(); reply !== undefined; reply = parser.next()) found.push(reply)
    copy.fill(0)
  }
  return found
}

const valid: [wire: string, ...replies: [code: number, enhanced: string | undefined, ...lines: string[]][]][] = [
  ['220 mx.example ESMTP\r\n', [220, undefined, 'mx.example ESMTP']],
  ['250\r\n', [250, undefined, '']],
  ['250 \r\n', [250, undefined, '']],
  ['250-mx\r\n250-SIZE 10\r\n250 HELP\r\n', [250, undefined, 'mx', 'SIZE 10', 'HELP']],
  ['250-\r\n250\r\n', [250, undefined, '', '']],
  ['550 5.1.1 no such user\r\n', [550, '5.1.1', '5.1.1 no such user']],
  ['550-5.1.1 no\r\n550 5.1.1 such user\r\n', [550, '5.1.1', '5.1.1 no', '5.1.1 such user']],
  ['450 4.7.1\r\n', [450, '4.7.1', '4.7.1']],
  ['550 4.1.1 class of another reply\r\n', [550, undefined, '4.1.1 class of another reply']],
  ['550 5.1.1.1 no code\r\n', [550, undefined, '5.1.1.1 no code']],
  ['250-4xx first\r\n450 last\r\n', [450, undefined, '4xx first', 'last']],
  ['250 ok\n250 ok\r\r\n', [250, undefined, 'ok'], [250, undefined, 'ok']],
  ['250 a\r\n354 b\r\n', [250, undefined, 'a'], [354, undefined, 'b']],
  ['250 grün\u0007\u0085x\r\n', [250, undefined, 'grün  x']],
]

for (const [wire, ...expected] of valid) {
  test(`replies ${JSON.stringify(wire)}`, () => {
    const octets = Buffer.from(wire)
    const wanted = expected.map(([code, enhanced, ...lines]) => ({ code, enhanced, lines }))
    for (let size = 1; size <= octets.length; size++) {
      const pieces: Uint8Array[] = []
      for (let at = 0; at < octets.length; at += size) pieces.push(octets.subarray(at, at + size))
      assert.deepEqual(replies(pieces), wanted, `in pieces of ${size}`)
    }
  })
}

for (const wire of [
  '\r\n',
  '25 x\r\n',
  '2500 x\r\n',
  '150 x\r\n',
  '650 x\r\n',
  'HTTP/1.1 200 OK\r\n',
  '250\tx\r\n',
  '250_x\r\n',
  ' 250 x\r\n',
]) {
  test(`no reply: ${JSON.stringify(wire)}`, () => {
    const parser = new SmtpReplyParser()
    parser.push(Buffer.from(`${wire}250 ok\r\n`))
    assert.throws(() => parser.next(), SmtpReplyError)
    assert.throws(() => parser.next(), SmtpReplyError)
  })
}

test('a reply is bounded in lines and in the length of a line, also before they end', () => {
  const fits = `${'250-x\r\n'.repeat(MAX_REPLY_LINES - 1)}250 x\r\n`
  assert.equal(replies([Buffer.from(fits)])[0]?.lines.length, MAX_REPLY_LINES)
  assert.throws(() => replies([Buffer.from('250-x\r\n'.repeat(MAX_REPLY_LINES))]), SmtpReplyError)
  assert.throws(() => replies(Array.from({ length: MAX_REPLY_LINE + 1 }, () => Buffer.from('2'))), SmtpReplyError)
})

test('idle says whether the server has begun to say something', () => {
  const parser = new SmtpReplyParser()
  assert.equal(parser.idle, true)
  for (const octet of '250-a\r\n250 b') {
    parser.push(Buffer.from(octet))
    assert.equal(parser.next(), undefined)
    assert.equal(parser.idle, false)
  }
  parser.push(Buffer.from('\r\n'))
  assert.equal(parser.next()?.code, 250)
  assert.equal(parser.idle, true)
})

test('no octets do harm (seeded)', () =>
  withSeed((random) => {
    const atoms = ['250', '-', ' ', '5.1.1', '\r\n', '\n', '\r', 'x', '\0', '\xff', '421 4.3.2 bye', '250-A\r\n']
    for (let round = 0; round < 3000; round++) {
      const wire = Buffer.from(Array.from({ length: random.int(20) }, () => random.pick(atoms)).join(''), 'latin1')
      const attempt = (pieces: readonly Uint8Array[]): unknown => {
        try {
          return replies(pieces)
        } catch (error) {
          assert.ok(error instanceof SmtpReplyError)
          return error.message
        }
      }
      assert.deepEqual(attempt(random.split(wire, 5)), attempt([wire]))
    }
  }))

test('capabilities of a server that offers all', () => {
  const lines = [
    'mx.example greets',
    'pipelining',
    'SIZE 1000',
    '8BITMIME',
    'SMTPUTF8',
    'DSN',
    'CHUNKING',
    'BINARYMIME',
    'STARTTLS',
    'REQUIRETLS',
    'DELIVERBY 240,more',
    'AUTH PLAIN  login',
    'AUTH=LOGIN X',
    'LIMITS MAILMAX=5 RCPTMAX=10 RCPTDOMAINMAX=1',
  ]
  assert.deepEqual(parseCapabilities({ lines }), {
    pipelining: true,
    size: 1000,
    eightBitMime: true,
    smtpUtf8: true,
    dsn: true,
    chunking: true,
    binaryMime: true,
    startTls: true,
    requireTls: true,
    deliverBy: 240,
    auth: ['PLAIN', 'LOGIN', 'X'],
    mailMax: 5,
    rcptMax: 10,
    rcptDomainMax: 1,
  })
})

test('the first line is a name and offers nothing', () => {
  const { pipelining, size, auth, rcptMax } = parseCapabilities({ lines: ['PIPELINING'] })
  assert.deepEqual([pipelining, size, auth, rcptMax], [false, undefined, [], undefined])
})

for (const [line, least] of [
  ['DELIVERBY', 0],
  ['DELIVERBY 30', 30],
  ['DELIVERBY ,x', 0],
  ['DELIVERBY 1234567890', 0],
  ['DELIVERBYE', undefined],
] as const) {
  test(`capability ${line}`, () => assert.equal(parseCapabilities({ lines: ['mx', line] }).deliverBy, least))
}

for (const [line, size] of [
  ['SIZE', Number.POSITIVE_INFINITY],
  ['SIZE 0', Number.POSITIVE_INFINITY],
  ['SIZE much', Number.POSITIVE_INFINITY],
  ['SIZE 1', 1],
] as const) {
  test(`capability ${line}`, () => assert.equal(parseCapabilities({ lines: ['mx', line] }).size, size))
}

for (const line of ['LIMITS RCPTMAX=0', 'LIMITS RCPTMAX=x', 'LIMITS RCPTMAX', 'LIMITS XRCPTMAX=3', 'RCPTMAX=3']) {
  test(`no limit: ${line}`, () => assert.equal(parseCapabilities({ lines: ['mx', line] }).rcptMax, undefined))
}
