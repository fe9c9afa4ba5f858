/**
 * What another server may do, and what comes of it: where the queue is next, what the sender hears, what the trace says. How connections are cut is in
 * cuts.test.ts, which server of several is asked next in engine.test.ts.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Schedules } from '@mailstead/queue'
import { scriptedPeer, type PeerMoment, type PeerReaction, type PeerScript } from '@mailstead/testkit'
import type { NextHop } from '@mailstead/outbound'
import type { QueueId } from '@mailstead/store'
import { Bench, type Mail } from './bench.ts'
import { outcomes } from './outcomes.ts'
import { testTls } from './support.ts'

const MINUTE = 60_000

interface Row {
  readonly name: string
  readonly script: PeerScript
  /** One for each recipient; what `outcomes` says begins with it. */
  readonly expected: readonly string[]
  readonly hop?: Partial<NextHop>
  /** Local parts of the recipients. */
  readonly to?: readonly string[]
}

const row = (name: string, script: PeerScript, expected: string | readonly string[], hop: Partial<NextHop> = {}): Row => ({
  name,
  script,
  expected: typeof expected === 'string' ? [expected] : expected,
  hop,
})

const TAKEN = 'sent 2 250 2.0.0 taken'
const ok = '250 2.1.5 fine'

/** The first digit decides, wherever it is said (RFC 5321 section 4.2.1). */
const CODES = [420, 421, 422, 431, 432, 442, 450, 451, 452, 454, 455, 471, 499]
const FAILURES = [500, 501, 502, 503, 504, 511, 521, 530, 535, 541, 550, 551, 552, 553, 554, 555, 556, 571, 599]
const STAGES: [name: string, on: (reply: PeerReaction) => PeerScript][] = [
  ['the greeting', (CONNECT) => ({ on: { CONNECT } })],
  ['EHLO and HELO', (reply) => ({ on: { EHLO: reply, HELO: reply } })],
  ['MAIL', (MAIL) => ({ on: { MAIL } })],
  ['RCPT', (RCPT) => ({ on: { RCPT } })],
  ['DATA', (DATA) => ({ on: { DATA } })],
  ['the message', (END) => ({ on: { END } })],
  ['the last chunk', (CHUNK) => ({ on: { CHUNK }, offers: ['CHUNKING'] })],
]

function* answers(): Generator<Row> {
  for (const [stage, on] of STAGES) {
    for (const code of [...CODES, ...FAILURES]) {
      const words = `${code} ${String(code)[0]}.7.9 said`
      // A 421 comes with the end of the connection; whoever says it and stays is believed as well.
      for (const reaction of code === 421 ? [words, { drop: true as const, reply: words }] : [words])
        yield row(`${code} to ${stage}`, on(reaction), `${code < 500 ? 'deferred 4.7.9' : 'failed 5.7.9'} ${words}`)
    }
    yield row(`450 without a status to ${stage}`, on('450 busy'), 'deferred 4.0.0 450 busy')
    yield row(`550 in several lines to ${stage}`, on('550-5.7.1 go\n550 5.7.1 away'), 'failed 5.7.1 550 5.7.1 go 5.7.1 away')
    yield row(`nothing to ${stage}`, on({ drop: true }), /message|chunk/.test(stage) ? 'perhaps 4.4.2' : 'deferred 4.4.2')
    yield row(`no reply to ${stage}`, on('HTTP/1.1 400 Bad Request'), /message|chunk/.test(stage) ? 'perhaps 4.5.0' : 'deferred 4.5.0')
    yield row(`a reply of no class to ${stage}`, on('650 6.5.0 what'), /message|chunk/.test(stage) ? 'perhaps 4.5.0' : 'deferred 4.5.0')
  }
  const wrong: [PeerMoment, string][] = [
    ['CONNECT', '250 hello'],
    ['MAIL', '354 go'],
    ['RCPT', '354 go'],
    ['DATA', '250 fine'],
  ]
  for (const [moment, reply] of wrong) yield row(`${reply} to ${moment}`, { on: { [moment]: reply } }, 'deferred 4.5.0')
  yield row('354 to the message', { on: { END: '354 more' } }, 'perhaps 4.5.0')
  yield row('EHLO unknown', { on: { EHLO: '502 5.5.1 what' } }, TAKEN)
  yield row('QUIT refused', { on: { QUIT: '550 5.5.1 stay' } }, TAKEN)
  yield row('gone behind the message', { on: { END: { drop: true, reply: '250 2.0.0 taken' } } }, TAKEN)
  yield row('too small for it', { offers: ['SIZE 5'] }, 'failed 5.3.4')
}

function* recipients(): Generator<Row> {
  const each = (name: string, script: PeerScript, expected: string[], hop: Partial<NextHop> = {}) => ({
    ...row(name, script, expected, hop),
    to: ['a', 'b'],
  })
  const no = '550 5.1.1 no'
  yield each('one is refused', { on: { RCPT: [no, ok] } }, [`failed 5.1.1 ${no}`, TAKEN])
  yield each('one has to wait', { on: { RCPT: ['450 4.2.1 busy', ok] } }, ['deferred 4.2.1 450 4.2.1 busy', TAKEN])
  yield each('all are refused', { on: { RCPT: no } }, [`failed 5.1.1 ${no}`, `failed 5.1.1 ${no}`])
  yield each('too many at once', { on: { RCPT: [ok, '452 4.5.3 too many', ok] } }, [TAKEN, TAKEN])
  yield each('552 for too many', { on: { RCPT: [ok, '552 too many', ok] } }, [TAKEN, TAKEN])
  yield each('no room for one', { on: { RCPT: [ok, '452 4.2.2 full', '452 4.2.2 full'] } }, [TAKEN, 'deferred 4.2.2 452 4.2.2 full'])
  yield each('421 in the middle', { on: { RCPT: [ok, { drop: true, reply: '421 4.3.2 bye' }] } }, ['deferred 4.3.2', 'deferred 4.3.2'])
  yield each('one is taken, the message is not', { on: { RCPT: [no, ok], END: '554 5.7.1 spam' } }, [
    `failed 5.1.1 ${no}`,
    'failed 5.7.1 554 5.7.1 spam',
  ])
  const lmtp = { lmtp: true, on: { END: ['250 2.0.0 fine', '452 4.2.2 full'] } }
  yield each('LMTP answers for each', lmtp, ['sent 2 250 2.0.0 fine', 'deferred 4.2.2 452 4.2.2 full'], { lmtp: true })
  yield each(
    'LMTP is cut behind the first',
    { lmtp: true, on: { END: ['250 2.0.0 fine', { drop: true }] } },
    ['sent 2 250 2.0.0 fine', 'perhaps 4.4.2'],
    {
      lmtp: true,
    },
  )
}

test('whatever it answers, the queue, the report and the trace say the same', async (t) => {
  const bench = await Bench.open(t)
  const rows = [...answers(), ...recipients()]
  const queued = []
  for (const [at, { script, hop, name, expected, to = ['a'] }] of rows.entries()) {
    const domain = `x${at}.example`
    bench.route(domain, await scriptedPeer(t, script), hop)
    queued.push({ name, expected, queueId: await bench.queue(to.map((each) => `${each}@${domain}`)) })
  }
  bench.start()
  await bench.settled()
  for (const { name, expected, queueId } of queued) {
    const all = await outcomes(bench, queueId)
    assert.deepEqual(
      all.map((each, at) => each.slice(0, expected[at]?.length)),
      expected,
      `${name}: ${all.join('; ')}`,
    )
  }
})

test('whatever is wrong with its TLS', async (t) => {
  const bench = await Bench.open(t)
  const { store, authority } = await testTls(t, ['localhost', '127.0.0.1'])
  const { store: other } = await testTls(t, ['other.example'])
  const { store: unknown } = await testTls(t, ['localhost', '127.0.0.1'])
  const tls = store.secureContext
  const login = { user: 'ann', password: 'secret' }
  const [must, verified]: Partial<NextHop>[] = [{ tls: 'encrypted' }, { tls: 'verified' }]
  const rows: (Row & { readonly secure?: boolean })[] = [
    { ...row('good', { tls }, TAKEN, verified), secure: true },
    { ...row('of an unknown authority, nobody asks', { tls: unknown.secureContext }, TAKEN), secure: true },
    row(
      'of an unknown authority',
      { tls: unknown.secureContext },
      'deferred 4.7.5 The certificate of 127.0.0.1 does not do: certificate-not-trusted',
      verified,
    ),
    row('for another name, of an unknown authority', { tls: other.secureContext }, 'deferred 4.7.5', verified),
    { ...row('a handshake that is none, nobody asks', { tls: 'broken' }, TAKEN), secure: false },
    row('a handshake that is none', { tls: 'broken' }, 'deferred 4.7.5', must),
    row('a handshake that is none, and TLS first', { tls: 'broken', implicitTls: true }, 'deferred 4.7.5', { ...must, implicitTls: true }),
    row('not offered', {}, 'deferred 4.7.10', must),
    { ...row('not offered, nobody asks', {}, TAKEN), secure: false },
    ...[454, 500, 501, 503, 530, 554].flatMap((code) => [
      { ...row(`${code} to STARTTLS, nobody asks`, { tls, on: { STARTTLS: `${code} no` } }, TAKEN), secure: false },
      row(`${code} to STARTTLS`, { tls, on: { STARTTLS: `${code} no` } }, `deferred 4.7.10 STARTTLS: ${code} no`, must),
    ]),
    row('421 to STARTTLS', { tls, on: { STARTTLS: { drop: true, reply: '421 4.3.2 bye' } } }, 'deferred 4.3.2 421 4.3.2 bye'),
    row('gone at STARTTLS', { tls, on: { STARTTLS: { drop: true } } }, 'deferred 4.4.2'),
    row('words behind STARTTLS', { tls, on: { STARTTLS: '220 go\n250 injected' } }, 'deferred 4.5.0 The peer went on talking before TLS'),
    row('words that are no reply behind STARTTLS', { tls, on: { STARTTLS: '220 go\nnot SMTP' } }, 'deferred 4.5.0'),
    row('EHLO refused in TLS', { tls, on: { EHLO: ['250-x\n250 STARTTLS', '550 5.7.1 no'] } }, 'failed 5.7.1 550 5.7.1 no'),
    row('EHLO refused for now in TLS', { tls, on: { EHLO: ['250-x\n250 STARTTLS', '451 4.7.1 no'] } }, 'deferred 4.7.1 451 4.7.1 no'),
    ...[432, 454, 500, 504, 534, 535, 538, 550].map((code) =>
      row(`${code} to a login`, { tls, offersInTls: ['AUTH PLAIN'], on: { AUTH: `${code} no` } }, `deferred 4.7.8 ${code} no`, LOGIN),
    ),
    row('a login that is not offered', { tls }, 'deferred 4.7.8', { login }),
    row('gone at the login', { tls, offersInTls: ['AUTH PLAIN'], on: { AUTH: { drop: true } } }, 'deferred 4.4.2', { login }),
    row('a login, and no TLS', { offers: ['AUTH PLAIN'] }, 'deferred 4.7.10', { login }),
  ]
  const queued = []
  for (const [at, { script, hop, ...more }] of rows.entries()) {
    const peer = await scriptedPeer(t, script)
    bench.route(`x${at}.example`, peer, hop)
    queued.push({ ...more, peer, queueId: await bench.queue([`a@x${at}.example`]) })
  }
  bench.start({ authorities: [authority] })
  await bench.settled()
  for (const { name, expected, queueId, secure, peer } of queued) {
    const [outcome = ''] = await outcomes(bench, queueId)
    assert.equal(outcome.slice(0, expected[0]?.length), expected[0], `${name}: ${outcome}`)
    assert.deepEqual(
      peer.messages.map((message) => message.secure),
      secure === undefined ? [] : [secure],
      name,
    )
  }
})

/** The last line that it hears, minutes until we go (RFC 5321 section 4.5.3.2), and what comes of it. */
type Stall = [
  name: string,
  last: string,
  script: PeerScript,
  minutes: number,
  expected: string,
  more?: { hop?: Partial<NextHop>; mail?: Mail },
]

const stall = { stall: true } as const
const after = (seconds: number, where: string): string => `4.4.2 No answer within ${seconds} s (${where})`
const LOGIN: Partial<NextHop> = { login: { user: 'ann', password: 'secret' } }

const STALLS: Stall[] = [
  ['the greeting', '', { on: { CONNECT: stall } }, 5, `deferred ${after(300, 'before the greeting')}`],
  ['EHLO', 'EHLO', { on: { EHLO: stall } }, 5, `deferred ${after(300, 'at EHLO')}`],
  ['HELO', 'HELO', { on: { EHLO: '502 no', HELO: stall } }, 5, `deferred ${after(300, 'at EHLO')}`],
  ['STARTTLS', 'STARTTLS', { tls: 'broken', on: { STARTTLS: stall } }, 5, `deferred ${after(300, 'at STARTTLS')}`],
  ['the handshake', 'STARTTLS', { tls: 'silent' }, 1, TAKEN],
  [
    'a handshake that has to be',
    'STARTTLS',
    { tls: 'silent' },
    1,
    'deferred 4.7.5 The TLS handshake took too long',
    { hop: { tls: 'encrypted' } },
  ],
  ['MAIL', 'MAIL', { on: { MAIL: stall } }, 5, `deferred ${after(300, 'at MAIL')}`],
  ['RCPT', 'RCPT', { on: { RCPT: stall } }, 5, `deferred ${after(300, 'at RCPT')}`],
  ['RCPT, one by one', 'RCPT', { offers: [], on: { RCPT: stall } }, 5, `deferred ${after(300, 'at RCPT')}`],
  ['DATA', 'DATA', { on: { DATA: stall } }, 2, `deferred ${after(120, 'at DATA')}`],
  [
    'the text',
    'DATA',
    { on: { DATA: { stall: true, reply: '354 go' } } },
    3,
    'deferred 4.4.2 The peer stopped reading (while the message was sent)',
    { mail: { content: Buffer.alloc(16_000_000, 'text\r\n') } },
  ],
  ['the message', '.', { on: { END: stall } }, 10, `perhaps ${after(600, 'after the message was sent')}`],
  ['the chunk', 'BDAT', { offers: ['CHUNKING'], on: { CHUNK: stall } }, 10, `perhaps ${after(600, 'after the message was sent')}`],
  ['QUIT', '.', { on: { QUIT: stall } }, 0, TAKEN],
]

test('whenever it falls silent', async (t) => {
  const bench = await Bench.open(t)
  const { store, authority } = await testTls(t, ['localhost', '127.0.0.1'])
  const login: PeerScript = { tls: store.secureContext, offersInTls: ['AUTH PLAIN'], on: { AUTH: stall } }
  const stalls: Stall[] = [...STALLS, ['a login', 'AUTH', login, 5, `deferred ${after(300, 'logging in')}`, { hop: LOGIN }]]
  const queued: { readonly name: string; readonly minutes: number; readonly expected: string; readonly queueId: QueueId }[] = []
  const reached: (() => boolean)[] = []
  for (const [at, [name, last, script, minutes, expected, { hop, mail } = {}]] of stalls.entries()) {
    const peer = await scriptedPeer(t, script)
    bench.route(`x${at}.example`, peer, hop)
    queued.push({ name, minutes, expected, queueId: await bench.queue([`a@x${at}.example`], mail) })
    reached.push(() => peer.connections > 0 && (last === '' || peer.lines.some((line) => line.startsWith(last))))
  }
  bench.start({ authorities: [authority] })
  await bench.until('silence', () => reached.every((each) => each()))
  await quiet(bench)
  const isOver = async (queueId: QueueId): Promise<boolean> =>
    (await bench.trace(queueId)).some(({ event }) => event !== 'accepted' && event !== 'queued')
  const over = async (): Promise<string[]> => {
    const found = await Promise.all(queued.map(({ queueId }) => isOver(queueId)))
    return queued.flatMap(({ name }, at) => (found[at] === true ? [name] : []))
  }
  for (let minute = 0; minute <= 10; minute++) {
    // Who has been waited for long enough is given up, and nobody else.
    const names = queued.filter(({ minutes }) => minutes <= minute).map(({ name }) => name)
    await bench.until(`given up in minute ${minute}`, async () => (await over()).length >= names.length)
    for (const { name, minutes, expected, queueId } of queued) {
      if (minutes !== minute) continue
      const [outcome = ''] = await outcomes(bench, queueId)
      assert.equal(outcome.slice(0, expected.length), expected, `${name}: ${outcome}`)
    }
    bench.clock.advance(MINUTE - 1)
    await new Promise((resolve) => setTimeout(resolve, 10))
    assert.deepEqual(await over(), names)
    bench.clock.advance(1)
  }
})

/** Until nothing has gone on for a while: the clock is turned only when everybody waits for it. */
async function quiet({ clock }: Bench): Promise<void> {
  for (let [same, before] = [0, -1]; same < 20; await new Promise((resolve) => setTimeout(resolve, 10))) {
    same = clock.pending === before ? same + 1 : 0
    before = clock.pending
  }
}

/** What it does each time, and what comes of it; the last thing is done for ever. */
const MINDS: [name: string, script: PeerScript, expected: readonly string[], mail?: Mail][] = [
  ['later, then yes', { on: { RCPT: ['450 4.7.1 later', ok] } }, ['deferred 4.7.1', TAKEN]],
  ['later, then no', { on: { RCPT: ['450 4.7.1 later', '550 5.1.1 no'] } }, ['deferred 4.7.1', 'failed 5.1.1 550 5.1.1 no']],
  [
    'later, with other words each time',
    { on: { MAIL: ['451 4.1.1 a', '452 4.2.2 b', '450 4.3.3 c', ok] } },
    ['deferred 4.1.1', 'deferred 4.2.2', 'deferred 4.3.3', TAKEN],
  ],
  ['gone, then there', { on: { CONNECT: [{ drop: true }, '220 here'] } }, ['deferred 4.4.2', TAKEN]],
  ['no SMTP, then SMTP', { on: { CONNECT: ['SSH-2.0', '220 here'] } }, ['deferred 4.5.0', TAKEN]],
  [
    'perhaps, then later, then yes',
    { on: { END: [{ drop: true }, '451 4.3.0 later', '250 2.0.0 taken'] } },
    ['perhaps 4.4.2', 'deferred 4.3.0', TAKEN],
  ],
  [
    'perhaps, then no: it is not known',
    { on: { END: [{ drop: true }, '554 5.7.1 twice'] } },
    ['perhaps 4.4.2', 'failed 5.7.1 554 5.7.1 twice'],
  ],
  [
    'forgets what it offered',
    { on: { EHLO: ['250-x\n250 8BITMIME', '250 x'], MAIL: ['451 4.3.0 later', ok] } },
    ['deferred 4.3.0', TAKEN],
    { content: 'A: b\r\n\r\n\xe4\r\n' },
  ],
  [
    'smaller than it was',
    { on: { EHLO: ['250-x\n250 SIZE 500', '250-x\n250 SIZE 5'], MAIL: ['451 4.3.0 later', ok] } },
    ['deferred 4.3.0', 'failed 5.3.4'],
  ],
]

test('however often it changes its mind', async (t) => {
  const bench = await Bench.open(t)
  const queued = []
  for (const [at, [name, script, expected, mail]] of MINDS.entries()) {
    bench.route(`x${at}.example`, await scriptedPeer(t, script))
    queued.push({ name, expected, queueId: await bench.queue([`a@x${at}.example`], mail) })
  }
  bench.start()
  await bench.settled()
  const most = Math.max(...queued.map(({ expected }) => expected.length))
  for (let attempt = 0; attempt < most; attempt++) {
    for (const { name, expected, queueId } of queued) {
      const wanted: string = expected[Math.min(attempt, expected.length - 1)] ?? ''
      const [outcome = ''] = await outcomes(bench, queueId)
      assert.equal(outcome.slice(0, wanted.length), wanted, `${name}, attempt ${attempt + 1}: ${outcome}`)
    }
    // All are tried at the same times, 5, 10 and 20 minutes on.
    bench.clock.advance(5 * 2 ** attempt * MINUTE)
    await bench.settled()
  }
})

test('what is never taken comes back in the end, with the last words', async (t) => {
  const bench = await Bench.open(t)
  bench.route('later.example', await scriptedPeer(t, { on: { RCPT: '450 4.7.1 later' } }))
  bench.route('gone.example', await scriptedPeer(t, { on: { CONNECT: { drop: true } } }))
  const queued = [await bench.queue(['a@later.example']), await bench.queue(['a@gone.example'])]
  bench.start({ schedules: new Schedules({ lifetime: 60 * MINUTE }) })
  for (const minutes of [5, 10, 20, 25]) {
    await bench.settled()
    for (const queueId of queued) assert.match((await outcomes(bench, queueId))[0] ?? '', /^deferred /)
    bench.clock.advance(minutes * MINUTE)
  }
  await bench.settled()
  assert.deepEqual(await bench.listing(), [])
  const all = (await Promise.all(queued.map((each) => outcomes(bench, each)))).flat()
  assert.equal(all[0], 'failed 4.7.1 450 4.7.1 later')
  assert.match(all[1] ?? '', /^failed 4\.4\.2 /)
})
