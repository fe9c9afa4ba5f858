import assert from 'node:assert/strict'
import { after, type TestContext, test } from 'node:test'
import { Networks, type Rate } from '@mailstead/base'
import { AddressRates, type RateName, SendingCounts, type SendingOptions } from '@mailstead/smtp'
import type { Intake } from '@mailstead/store'
import { collectLogger, ManualClock } from '@mailstead/testkit'
import { type Port, type ServeOptions, site } from './fixture.ts'
import { MAX_COUNTED_KEYS } from '../src/limits.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const NONE: Record<RateName, Rate | undefined> = {
  connections: undefined,
  messages: undefined,
  recipients: undefined,
  unknownRecipients: undefined,
  failedCommands: undefined,
}

interface Rated {
  readonly rates: AddressRates
  readonly clock: ManualClock
  readonly log: ReturnType<typeof collectLogger>
}

function rated(limits: Partial<Record<RateName, Rate>>, exempt: readonly string[] = [], clock = new ManualClock()): Rated {
  const log = collectLogger()
  const options = { rates: { ...NONE, ...limits }, network: { ipv4: 24, ipv6: 48 }, networkFactor: 2, exempt: new Networks(exempt) }
  return { rates: new AddressRates({ ...options, clock, log }), clock, log }
}

const from = (address: string): { session: string; address: string } => ({ session: 's', address })

test('an address has its rate, its network a multiple, and both get on with time', () => {
  const { rates, clock, log } = rated({ messages: { count: 2, window: 12 * MINUTE } })
  const taken = (...addresses: string[]): boolean[] => addresses.map((address) => rates.take('messages', from(address)))
  assert.deepEqual(taken('192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2', '198.51.100.1'), [true, true, false, true, true])
  assert.deepEqual(taken('192.0.2.3', '192.0.2.4', '192.0.2.5'), [true, false, false])
  assert.deepEqual(
    log.events.map(({ event, fields }) => [event, fields['what'], fields['scope'], fields['by'], fields['rate']]),
    [
      ['rate exceeded', 'messages', 'address', '192.0.2.1', '2 in 720 s'],
      ['rate exceeded', 'messages', 'network', '192.0.2.0/24', '4 in 720 s'],
      ['rate exceeded', 'messages', 'network', '192.0.2.0/24', '4 in 720 s'],
    ],
  )
  clock.advance(13 * MINUTE)
  assert.deepEqual(taken('192.0.2.1', '192.0.2.5'), [true, true])
})

test('an IPv6 address stands for its /64', () => {
  const { rates } = rated({ connections: { count: 1, window: MINUTE } })
  const taken = ['2001:db8:0:1::1', '2001:db8:0:1::2', '2001:db8:0:2::1', '2001:db8:0:3::1'].map((address) =>
    rates.take('connections', from(address)),
  )
  assert.deepEqual(taken, [true, false, true, false])
})

test('of exempt networks nothing is counted, and of kinds without a rate neither', () => {
  const { rates } = rated({ messages: { count: 1, window: MINUTE } }, ['192.0.2.0/28'])
  for (let i = 0; i < 5; i++) assert.ok(rates.take('messages', from('192.0.2.1')))
  for (let i = 0; i < 5; i++) assert.ok(rates.take('recipients', from('198.51.100.1')))
})

test('many addresses do not push out the count of a network', () => {
  const { rates } = rated({ connections: { count: 2, window: HOUR } })
  for (let i = 0; i < 4; i++) rates.note('connections', '192.0.2.9')
  for (let i = 0; i <= MAX_COUNTED_KEYS; i++) rates.note('connections', `10.0.${(i >> 8) & 255}.${i & 255}`)
  assert.equal(rates.within('connections', from('192.0.2.9')), false)
})

function counts(limits: Partial<SendingOptions>): { sending: SendingCounts; clock: ManualClock; log: ReturnType<typeof collectLogger> } {
  const [clock, log] = [new ManualClock(), collectLogger()]
  return { sending: new SendingCounts({ hour: 0, day: 0, alert: 0, exempt: new Set(), ...limits, clock, log }), clock, log }
}

const ANN = { account: 1, address: 'Ann@example.org' }

test('an account sends so much an hour and so much a day', () => {
  const { sending, clock, log } = counts({ hour: 2, day: 3 })
  const take = (): boolean => sending.take(ANN, 's') !== undefined
  assert.deepEqual([take(), take(), take()], [true, true, false])
  assert.ok(sending.take({ account: 2, address: 'bob@example.org' }, 's'))
  clock.advance(66 * MINUTE)
  assert.deepEqual([take(), take()], [true, false])
  clock.advance(25 * HOUR)
  assert.equal(take(), true)
  assert.deepEqual(
    log.events.map(({ level, event, fields }) => [level, event, fields['limit'], fields['address']]),
    [
      ['warn', 'account sends too much', 'sending.hour', 'Ann@example.org'],
      ['warn', 'account sends too much', 'sending.day', 'Ann@example.org'],
    ],
  )
})

test('an exempt account is counted and not limited', () => {
  const { sending, log } = counts({ hour: 1, day: 1, alert: 3, exempt: new Set(['ann@example.org']) })
  for (let i = 0; i < 5; i++) assert.ok(sending.take(ANN, 's'))
  assert.deepEqual(
    log.events.map(({ event }) => event),
    ['account suddenly sends a lot'],
  )
})

test('the log warns of an account once an hour, when it sends much and more than it is used to', () => {
  const alarms: number[] = []
  const { sending, clock, log } = counts({ alert: 10, alarm: ({ recipientsInDay }) => alarms.push(recipientsInDay) })
  const send = (n: number): void => {
    for (let i = 0; i < n; i++) sending.take(ANN, 's')
  }
  for (let hour = 0; hour < 24; hour++) {
    send(4)
    clock.advance(HOUR)
  }
  clock.advance(10 * MINUTE)
  send(19)
  assert.equal(log.events.length, 0, 'it sends a fifth of that in most hours')
  send(6)
  assert.deepEqual(
    log.events.map(({ event, fields }) => [event, fields['account'], fields['recipientsInHour']]),
    [['account suddenly sends a lot', 1, 21]],
  )
  clock.advance(HOUR + 10 * MINUTE)
  send(40)
  assert.equal(log.events.length, 2)
  assert.deepEqual(
    alarms,
    log.events.map(({ fields }) => fields['recipientsInDay']),
  )
})

const s = await site({ after })

const serve = (t: TestContext, role: 'mx' | 'submission' | 'lmtp', options: ServeOptions): Promise<Port> =>
  s.serve(role, { ...options, scope: t })

/** The last line of each reply to the commands, the greeting among them, until the server has ended. */
async function say(port: Port, ...commands: readonly string[]): Promise<string[]> {
  const socket = port.connect()
  socket.end(commands.map((command) => `${command}\r\n`).join(''))
  const said: Buffer[] = []
  for await (const chunk of socket) said.push(chunk as Buffer)
  const lines = Buffer.concat(said).toString().split('\r\n')
  return lines.filter((line) => /^\d{3} /.test(line)).slice(2)
}

const EHLO = 'EHLO client.example'
const MAIL = 'MAIL FROM:<a@far.example>'
const BOX = 'RCPT TO:<ann@example.org>'

test('too many messages of one address: 450 at MAIL, over connections and listeners', async (t) => {
  const { rates } = rated({ messages: { count: 2, window: HOUR } }, [], s.clock)
  const [mx, other] = [await serve(t, 'mx', { rates }), await serve(t, 'mx', { rates, remoteAddress: () => '192.0.2.7' })]
  assert.deepEqual(await say(mx, EHLO, MAIL, 'RSET', MAIL, 'RSET', MAIL), [
    '250 2.1.0 Sender ok',
    '250 2.0.0 Ok',
    '250 2.1.0 Sender ok',
    '250 2.0.0 Ok',
    '450 4.7.1 Too many messages from your address or network, try again later',
  ])
  assert.match((await say(mx, EHLO, MAIL))[0] ?? '', /^450 4\.7\.1 /)
  assert.match((await say(other, EHLO, MAIL))[0] ?? '', /^250 /)
  s.clock.advance(HOUR + 10 * MINUTE)
  assert.match((await say(mx, EHLO, MAIL))[0] ?? '', /^250 /)
})

test('too many recipients of one address: 450 at RCPT, but postmaster is always taken', async (t) => {
  const { rates } = rated({ recipients: { count: 2, window: HOUR } }, [], s.clock)
  const mx = await serve(t, 'mx', { rates })
  const replies = await say(mx, EHLO, MAIL, BOX, BOX, BOX, 'RCPT TO:<Postmaster>', 'RCPT TO:<postmaster@example.org>')
  assert.deepEqual(
    replies.map((reply) => reply.slice(0, 9)),
    ['250 2.1.0', '250 2.1.5', '250 2.1.5', '450 4.7.1', '250 2.1.5', '250 2.1.5'],
  )
})

test('who tries out names learns nothing any more, of those that exist and of those that do not', async (t) => {
  const { rates, log } = rated({ unknownRecipients: { count: 3, window: HOUR } }, [], s.clock)
  const mx = await serve(t, 'mx', { rates })
  const guess = (name: string): string => `RCPT TO:<${name}@example.org>`
  const replies = await say(mx, EHLO, MAIL, guess('a'), BOX, guess('off'), guess('c'), guess('d'), BOX, guess('postmaster'))
  assert.deepEqual(
    replies.map((reply) => reply.slice(0, 9)),
    ['250 2.1.0', '550 5.1.1', '250 2.1.5', '550 5.2.1', '550 5.1.1', '450 4.7.1', '450 4.7.1', '250 2.1.5'],
  )
  assert.deepEqual(
    log.events.map(({ fields }) => fields['what']),
    ['unknownRecipients', 'unknownRecipients'],
  )
})

test('too many failed commands: 421 now, and no connection for a while', async (t) => {
  const { rates } = rated({ failedCommands: { count: 3, window: HOUR } }, [], s.clock)
  const mx = await serve(t, 'mx', { rates })
  const info = { id: 'x', secure: false, remoteAddress: '127.0.0.1', remotePort: 1, localPort: 25, loopback: false }
  assert.equal(mx.service.admit?.(info), undefined)
  const replies = await say(mx, EHLO, 'XXX', MAIL, 'RCPT TO:<x@elsewhere.example>', 'XXX', 'NOOP')
  assert.deepEqual(
    replies.map((reply) => reply.slice(0, 9)),
    ['500 5.5.2', '250 2.1.0', '550 5.7.1', '421 4.7.0'],
  )
  assert.equal(mx.service.admit?.(info), 'too-often')
  s.clock.advance(HOUR + 10 * MINUTE)
  assert.equal(mx.service.admit?.(info), undefined)
})

test('refused messages are no failed commands', async (t) => {
  const { rates } = rated({ failedCommands: { count: 1, window: HOUR } }, [], s.clock)
  const mx = await serve(t, 'mx', { rates })
  const refused = [MAIL, BOX, 'DATA\r\nbare\nline\r\n.']
  const replies = await say(mx, EHLO, ...refused, ...refused, 'XXX')
  assert.deepEqual(
    replies.map((reply) => reply.slice(0, 3)),
    ['250', '250', '354', '550', '250', '250', '354', '550', '421'],
  )
})

test('too many connections of one address are not let in; those of trusted ones and by LMTP are', async (t) => {
  const { rates } = rated({ connections: { count: 2, window: MINUTE } }, [], s.clock)
  const trusted = new Networks(['192.0.2.1'])
  const [mx, lmtp] = [await serve(t, 'mx', { rates, trusted }), await serve(t, 'lmtp', { rates })]
  const admit = (port: Port, remoteAddress: string): string | undefined =>
    port.service.admit?.({ id: 'x', secure: false, remoteAddress, remotePort: 1, localPort: 25, loopback: false })
  assert.deepEqual(
    [1, 2, 3].map(() => admit(mx, '192.0.2.9')),
    [undefined, undefined, 'too-often'],
  )
  for (let i = 0; i < 5; i++) assert.equal(admit(mx, '192.0.2.1') ?? admit(lmtp, '192.0.2.9'), undefined)
})

test('so many messages begin on one connection, and EHLO says so', async (t) => {
  const mx = await serve(t, 'mx', { limits: { recipients: 5, messages: 2 } })
  const socket = mx.connect()
  socket.end(`${[EHLO, MAIL, 'MAIL FROM:<bad', 'RSET', MAIL, 'NOOP'].join('\r\n')}\r\n`)
  const said: Buffer[] = []
  for await (const chunk of socket) said.push(chunk as Buffer)
  const text = Buffer.concat(said).toString()
  assert.match(text, /250-LIMITS RCPTMAX=5 MAILMAX=2\r\n/)
  assert.match(text, /\r\n250 2\.0\.0 Ok\r\n421 4\.7\.0 Too many messages on one connection, open another\r\n$/)
})

const LOGIN = `AUTH PLAIN ${Buffer.from('\0ann@example.org\0secret').toString('base64')}`
const OWN = 'MAIL FROM:<ann@example.org>'

test('an account that sends too much hears 452; what was refused or given up does not count', async (t) => {
  const { sending } = counts({ hour: 3 })
  const port = await serve(t, 'submission', { sending, plaintextFromLoopback: true })
  const message = (text: string): string => `DATA\r\nFrom: <${text}>\r\n\r\nx\r\n.`
  const replies = await say(
    port,
    ...[
      [EHLO, LOGIN],
      [OWN, BOX, 'RCPT TO:<nobody@example.org>', BOX, BOX, 'RSET'],
      [OWN, BOX, BOX, message('bob@example.org')],
      [OWN, BOX, BOX, message('ann@example.org')],
      [OWN, BOX, BOX],
    ].flat(),
  )
  assert.deepEqual(
    replies.map((reply) => reply.slice(0, 9)),
    [
      ['235 2.7.0'],
      ['250 2.1.0', '250 2.1.5', '550 5.1.1', '250 2.1.5', '250 2.1.5', '250 2.0.0'],
      ['250 2.1.0', '250 2.1.5', '250 2.1.5', '354 End d', '550 5.7.1'],
      ['250 2.1.0', '250 2.1.5', '250 2.1.5', '354 End d', '250 2.0.0'],
      ['250 2.1.0', '250 2.1.5', '452 4.7.1'],
    ].flat(),
  )
  assert.match(replies.at(-1) ?? '', /Your account has sent to as many recipients as it may for now, try again later$/)
})

test('who hangs up behind the final dot has sent all the same', async (t) => {
  const { sending } = counts({ hour: 1 })
  const committing = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const { intake } = s.store
  const slow: Intake = {
    mintQueueId: () => intake.mintQueueId(),
    trace: (...args) => intake.trace(...args),
    traced: (...args) => intake.traced(...args),
    async accept(plan) {
      committing.resolve()
      await go.promise
      return intake.accept(plan)
    },
  }
  const port = await serve(t, 'submission', { sending, plaintextFromLoopback: true, intake: slow })
  const before = await s.count('bob')
  const socket = port.connect()
  socket.write(`${[EHLO, LOGIN, OWN, 'RCPT TO:<bob@example.org>', 'DATA', 'From: <ann@example.org>', '', 'x', '.'].join('\r\n')}\r\n`)
  await committing.promise
  const closed = new Promise<void>((resolve) => port.sockets[0]?.once('close', () => resolve()))
  socket.resetAndDestroy()
  await closed
  assert.match((await say(port, EHLO, LOGIN, OWN, BOX)).at(-1) ?? '', /^452 /)
  go.resolve()
  for (let i = 0; i < 400 && (await s.count('bob')) === before; i++) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(await s.count('bob'), before + 1)
  assert.match((await say(port, EHLO, LOGIN, OWN, BOX)).at(-1) ?? '', /^452 /)
})

test('who is introduced by a proxy is counted as who he is, the proxy is not', async (t) => {
  const { rates } = rated({ connections: { count: 1, window: HOUR } }, ['127.0.0.1'], s.clock)
  const mx = await serve(t, 'mx', { rates, xclient: new Networks(['127.0.0.1']) })
  const introduce = (address: string): Promise<string[]> => say(mx, EHLO, `XCLIENT ADDR=${address}`, EHLO)
  assert.match((await introduce('192.0.2.1'))[0] ?? '', /^220 /)
  assert.deepEqual(await introduce('192.0.2.1'), ['421 4.7.0 Too many connections from your address or network, try again later'])
  assert.match((await introduce('198.51.100.1'))[0] ?? '', /^220 /)
})
