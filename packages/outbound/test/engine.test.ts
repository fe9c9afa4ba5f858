import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { scriptedPeer, type PeerScript } from '@mailstead/testkit'
import type { QueueStore } from '@mailstead/store'
import { Bench, type Mail } from './bench.ts'
import { closedPort, MESSAGE, plainSocket, testTls } from './support.ts'

const MINUTE = 60_000

test('mail leaves for the servers of its domain, and is settled', async (t) => {
  const bench = await Bench.open(t)
  const peer = await scriptedPeer(t)
  const queueId = await bench.queue(['bob@x.example', 'eve@x.example', 'joe@other.example'])
  const dns = {
    'x.example': { MX: [{ preference: 1, exchange: 'mx.x.example' }] },
    'mx.x.example': { A: ['127.0.0.1'] },
    'other.example': { A: ['127.0.0.1'] },
  }
  bench.start({ dns, port: peer.port })
  await bench.settled()
  assert.deepEqual(await bench.fates(queueId), ['bob@x.example sent 250', 'eve@x.example sent 250', 'joe@other.example sent 250'])
  assert.deepEqual(peer.messages.map(({ recipients }) => recipients.join()).sort(), [
    'RCPT TO:<bob@x.example>,RCPT TO:<eve@x.example>',
    'RCPT TO:<joe@other.example>',
  ])
  assert.ok(peer.messages.every(({ content }) => content === MESSAGE))
  await assert.rejects(bench.store.queue.read(queueId, 0, 10))
  await bench.outbound?.stop()
  assert.equal(bench.outbound?.connections, 0)
  assert.equal(peer.lines.filter((line) => line === 'QUIT').length, peer.connections)
})

const ok = '250 2.1.5 fine'
const two = ['a@x.example', 'b@x.example']
/** Every kind of answer, and where the queue is afterwards. */
const TABLE: [name: string, script: PeerScript, to: readonly string[], fates: readonly string[], mail?: Mail][] = [
  ['MAIL 5yz', { on: { MAIL: '550 5.7.1 no' } }, two, ['a@x.example failed 550', 'b@x.example failed 550']],
  ['MAIL 4yz', { on: { MAIL: '451 4.7.1 later' } }, two, ['a@x.example 4.7.1 in 5', 'b@x.example 4.7.1 in 5']],
  [
    'RCPT 5yz and 4yz',
    { on: { RCPT: ['550 5.1.1 no', '450 4.2.1 busy', ok] } },
    [...two, 'c@x.example'],
    ['a@x.example failed 550', 'b@x.example 4.2.1 in 5', 'c@x.example sent 250'],
  ],
  ['RCPT without a code', { on: { RCPT: '450 busy' } }, ['a@x.example'], ['a@x.example 4.0.0 in 5']],
  ['452 behind taken ones', { on: { RCPT: [ok, '452 4.5.3 too many', ok] } }, two, ['a@x.example sent 250', 'b@x.example sent 250']],
  ['452 for the only one', { on: { RCPT: '452 4.2.2 full' } }, ['a@x.example'], ['a@x.example 4.2.2 in 5']],
  ['DATA 4yz', { on: { DATA: '451 4.3.0 later' } }, two, ['a@x.example 4.3.0 in 5', 'b@x.example 4.3.0 in 5']],
  ['DATA 5yz', { on: { DATA: '554 5.7.1 no' } }, ['a@x.example'], ['a@x.example failed 554']],
  ['the message 4yz', { on: { END: '452 4.3.1 full' } }, ['a@x.example'], ['a@x.example 4.3.1 in 5']],
  ['the message 5yz', { on: { END: '554 5.6.0 spam' } }, two, ['a@x.example failed 554', 'b@x.example failed 554']],
  ['421 at the greeting', { on: { CONNECT: { drop: true, reply: '421 4.3.2 busy' } } }, ['a@x.example'], ['a@x.example 4.3.2 in 5']],
  ['554 at the greeting', { on: { CONNECT: '554 5.7.1 listed' } }, ['a@x.example'], ['a@x.example failed 554']],
  ['550 at EHLO', { on: { EHLO: '550 no', HELO: '550 5.7.1 no' } }, ['a@x.example'], ['a@x.example failed 550']],
  ['421 at MAIL', { on: { MAIL: { drop: true, reply: '421 4.3.2 bye' } } }, ['a@x.example'], ['a@x.example 4.3.2 in 5']],
  [
    '421 at RCPT',
    { on: { RCPT: [ok, { drop: true, reply: '421 4.3.2 bye' }] } },
    two,
    ['a@x.example 4.3.2 in 5', 'b@x.example 4.3.2 in 5'],
  ],
  ['no greeting', { on: { CONNECT: { drop: true } } }, ['a@x.example'], ['a@x.example 4.4.2 in 5']],
  ['no SMTP', { on: { CONNECT: 'SSH-2.0-OpenSSH' } }, ['a@x.example'], ['a@x.example 4.5.0 in 5']],
  ['lost at DATA', { on: { DATA: { drop: true } } }, ['a@x.example'], ['a@x.example 4.4.2 in 5']],
  ['lost behind the dot', { on: { END: { drop: true } } }, ['a@x.example'], ['a@x.example 4.4.2 in 5']],
  ['taken and gone', { on: { END: { drop: true, reply: '250 2.0.0 taken' } } }, ['a@x.example'], ['a@x.example sent 250']],
  ['too big', { offers: ['SIZE 5'] }, ['a@x.example'], ['a@x.example failed 5.3.4']],
  ['REQUIRETLS not to be had', {}, ['a@x.example'], ['a@x.example failed 5.7.30'], { parameters: { requireTls: true } }],
]

test('every kind of answer, and where the queue is afterwards', async (t) => {
  const bench = await Bench.open(t)
  const { store, authority } = await testTls(t, ['localhost', '127.0.0.1'])
  const queued = []
  for (const [at, [name, script, to, fates, mail]] of TABLE.entries()) {
    const strict = mail?.parameters?.requireTls === true
    const peer = await scriptedPeer(t, strict ? { ...script, tls: store.secureContext } : script)
    const own = (text: string): string => text.replace('x.example', `x${at}.example`)
    bench.route(`x${at}.example`, peer)
    queued.push({ name, fates: fates.map(own), queueId: await bench.queue(to.map(own), mail) })
  }
  bench.start({ authorities: [authority] })
  await bench.settled()
  for (const { name, fates, queueId } of queued) assert.deepEqual(await bench.fates(queueId), fates, name)
})

test('a doubtful message says so in the trace', async (t) => {
  const bench = await Bench.open(t)
  bench.route('x.example', await scriptedPeer(t, { on: { END: { drop: true } } }))
  const queueId = await bench.queue(['a@x.example'])
  bench.start()
  await bench.settled()
  assert.match(JSON.stringify(await bench.trace(queueId)), /perhaps/i)
})

test('the next server where one does not answer, greets badly or hangs up; not where one says no to a recipient', async (t) => {
  const firsts: [script: PeerScript | undefined, second: number][] = [
    [undefined, 1],
    [{ on: { CONNECT: '554 5.3.2 no' } }, 1],
    [{ on: { CONNECT: { drop: true, reply: '421 4.3.2 no' } } }, 1],
    [{ on: { EHLO: '451 4.3.2 no' } }, 1],
    [{ on: { MAIL: { drop: true } } }, 1],
    [{ on: { DATA: { drop: true } } }, 1],
    [{ on: { RCPT: '550 5.1.1 no' } }, 0],
    [{ on: { MAIL: '550 5.7.1 no' } }, 0],
    [{ on: { RCPT: '450 4.7.1 no' } }, 0],
    [{ on: { END: { drop: true } } }, 0],
  ]
  const bench = await Bench.open(t)
  const seconds = []
  for (const [at, [script, expected]] of firsts.entries()) {
    const second = await scriptedPeer(t)
    const port = script === undefined ? await closedPort() : (await scriptedPeer(t, script)).port
    bench.routes.set(`x${at}.example`, { kind: 'hosts', hosts: [port, second.port].map((each) => ({ host: '127.0.0.1', port: each })) })
    await bench.queue([`a@x${at}.example`])
    seconds.push({ at, second, expected })
  }
  bench.start()
  await bench.settled()
  for (const { at, second, expected } of seconds) assert.equal(second.messages.length, expected, `number ${at}`)
})

test('retries follow the clock, and a server that changes its mind gets the mail', async (t) => {
  const bench = await Bench.open(t)
  const peer = await scriptedPeer(t, { on: { RCPT: ['450 4.7.1 greylisted', '450 4.7.1 greylisted', ok] } })
  bench.route('x.example', peer)
  const queueId = await bench.queue(['a@x.example'])
  bench.start()
  for (const minutes of [5, 10]) {
    await bench.settled()
    assert.deepEqual(await bench.fates(queueId), [`a@x.example 4.7.1 in ${minutes}`])
    const before = peer.lines.length
    bench.clock.advance(minutes * MINUTE - 1000)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual(
      peer.lines.slice(before).filter((line) => line !== 'QUIT'),
      [],
    )
    bench.clock.advance(1000)
  }
  await bench.settled()
  assert.deepEqual(await bench.fates(queueId), ['a@x.example sent 250'])
})

test('mail that may leave in two months keeps nobody awake until then', async (t) => {
  const bench = await Bench.open(t)
  bench.route('x.example', await scriptedPeer(t))
  const { clock } = bench
  const notBefore = clock.now() + 60 * 24 * 60 * MINUTE
  const queueId = await bench.queue([{ recipient: 'a@x.example', domain: 'x.example', parameters: {}, notBefore }])
  const waits: number[] = []
  const noting = { now: () => clock.now(), after: (ms: number, run: () => void) => (waits.push(ms), clock.after(ms, run)) }
  bench.start({ clock: noting })
  await bench.until('asleep', () => waits.length > 0)
  // What is longer a timer of Node takes for nothing.
  assert.ok(waits.every((ms) => ms < 2 ** 31))
  clock.advance(60 * 24 * 60 * MINUTE)
  await bench.until('sent', async () => {
    clock.advance(1)
    return (await bench.fates(queueId))[0] === 'a@x.example sent 250'
  })
})

test('an answer that takes longer than the lease makes no second copy', async (t) => {
  const bench = await Bench.open(t)
  const release = Promise.withResolvers<void>()
  const peer = await latePeer(t, release.promise)
  bench.route('x.example', peer.port)
  const queueId = await bench.queue(['a@x.example'])
  bench.start()
  await bench.until('the dot is sent', () => peer.dots === 1)
  for (let minute = 0; minute < 9; minute++) {
    bench.clock.advance(MINUTE)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  release.resolve()
  await bench.settled()
  assert.deepEqual([peer.dots, await bench.fates(queueId)], [1, ['a@x.example sent 250']])
})

test('a store that cannot write hears it again until it has it', async (t) => {
  const bench = await Bench.open(t)
  const peer = await scriptedPeer(t)
  bench.route('x.example', peer)
  const queueId = await bench.queue(['a@x.example', 'b@x.example'])
  const { queue } = bench.store
  let failures = 3
  const failing = new Proxy(queue, {
    get(target, name: keyof QueueStore) {
      if (name === 'settle' && failures > 0) return () => Promise.reject(new Error(`trouble ${failures--}`))
      return target[name].bind(target)
    },
  })
  bench.start({ queue: failing })
  await bench.until('trouble', async () => {
    bench.clock.advance(1000)
    return failures === 0
  })
  bench.clock.advance(1000)
  await bench.settled()
  assert.deepEqual([peer.messages.length, await bench.fates(queueId)], [1, ['a@x.example sent 250', 'b@x.example sent 250']])
})

test('TLS that fails is left out where nobody wants it, and what came of it is told', async (t) => {
  const bench = await Bench.open(t)
  const { store } = await testTls(t)
  const [broken, good, none] = [
    await scriptedPeer(t, { tls: 'broken' }),
    await scriptedPeer(t, { tls: store.secureContext }),
    await scriptedPeer(t),
  ]
  const results: string[] = []
  bench.route('broken.example', broken)
  bench.route('wanted.example', broken, { tls: 'encrypted' })
  bench.route('good.example', good)
  bench.route('none.example', none)
  const wanted = await bench.queue(['a@wanted.example'])
  for (const domain of ['broken', 'good', 'none']) await bench.queue([`a@${domain}.example`])
  bench.start({ onTls: ({ domain, result }) => results.push(`${domain} ${result}`) })
  await bench.settled()
  assert.deepEqual([broken.messages.map(({ secure }) => secure), good.messages.map(({ secure }) => secure)], [[false], [true]])
  assert.deepEqual(await bench.fates(wanted), ['a@wanted.example 4.7.5 in 5'])
  assert.deepEqual(results.sort(), [
    'broken.example validation-failure',
    'good.example success',
    'none.example starttls-not-supported',
    'wanted.example validation-failure',
  ])
})

test('mail that is to be fetched waits, and asks nobody', async (t) => {
  const bench = await Bench.open(t)
  const peer = await scriptedPeer(t)
  bench.routes.set('x.example', { kind: 'hold' })
  bench.route('y.example', peer)
  const queueId = await bench.queue(['a@x.example', 'a@y.example'])
  bench.start()
  await bench.until('the other is taken', () => peer.messages.length === 1)
  await bench.until('settled', () => bench.outbound?.claimed === 0)
  assert.deepEqual(await bench.fates(queueId), ['a@x.example - in 0', 'a@y.example sent 250'])
})

const tls = { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256' }

test('mail is fetched over a connection that its server made, and of these domains only', async (t) => {
  const bench = await Bench.open(t)
  const customer = await scriptedPeer(t, { offers: ['PIPELINING', 'REQUIRETLS'], on: { RCPT: ['450 4.2.1 not now', ok] } })
  for (const domain of ['x', 'y', 'z']) bench.routes.set(`${domain}.example`, { kind: 'hold' })
  const late = await bench.queue(['late@x.example'])
  const rest = await bench.queue(['a@y.example', 'b@z.example'])
  for (let number = 0; number < 120; number++)
    await bench.queue([`u${number}@x.example`], { parameters: number === 0 ? { requireTls: true } : {} })
  const outbound = bench.start()
  const fetch = async (): Promise<number> =>
    outbound.deliverOver({ socket: await plainSocket(customer.port), tls, peer: 'customer.example [192.0.2.7]' }, [
      'x.example',
      'y.example',
    ])
  assert.equal(await fetch(), 122)
  assert.equal(customer.messages.length, 121)
  assert.deepEqual(await bench.fates(late), ['late@x.example 4.2.1 in 5'])
  // The next time it is brought at once, whatever the schedule says.
  assert.equal(await fetch(), 1)
  assert.deepEqual(await bench.fates(late), ['late@x.example sent 250'])
  assert.deepEqual(await bench.fates(rest), ['a@y.example sent 250', 'b@z.example - in 0'])
  assert.deepEqual([customer.lines.at(-1), outbound.claimed], ['QUIT', 0])
})

test('a connection that is lost while mail is fetched keeps what it did not bring', async (t) => {
  const bench = await Bench.open(t)
  const customer = await scriptedPeer(t, { on: { MAIL: [ok, ok, { drop: true }] } })
  bench.routes.set('x.example', { kind: 'hold' })
  for (let number = 0; number < 5; number++) await bench.queue([`u${number}@x.example`])
  const outbound = bench.start()
  assert.equal(await outbound.deliverOver({ socket: await plainSocket(customer.port), tls, peer: 'customer.example' }, ['x.example']), 2)
  assert.deepEqual(
    (await bench.listing()).map(({ state, attempts }) => `${state} ${attempts}`),
    ['waiting 0', 'waiting 0', 'waiting 0'],
  )
  assert.equal(outbound.claimed, 0)
})

test('a domain that cannot be looked up', async (t) => {
  const bench = await Bench.open(t)
  const queueId = await bench.queue(['a@gone.example', 'a@slow.example', 'a@null.example'])
  bench.start({ dns: { 'slow.example': { MX: 'timeout' }, 'null.example': { MX: [{ preference: 0, exchange: '' }] } } })
  await bench.settled()
  assert.deepEqual(await bench.fates(queueId), ['a@gone.example failed 5.1.2', 'a@null.example failed 5.1.10', 'a@slow.example 4.4.3 in 5'])
})

test('a hundred recipients and more go in transactions that the server takes', async (t) => {
  const bench = await Bench.open(t)
  const peer = await scriptedPeer(t, { offers: ['PIPELINING', 'LIMITS RCPTMAX=40'] })
  bench.route('x.example', peer)
  const to = Array.from({ length: 150 }, (_, n) => `u${n}@x.example`)
  await bench.queue(to)
  bench.start()
  await bench.settled()
  const taken = peer.messages.flatMap(({ recipients }) => recipients)
  assert.deepEqual([...taken].sort(), to.map((each) => `RCPT TO:<${each}>`).sort())
  assert.ok(peer.messages.every(({ recipients }) => recipients.length <= 40))
})

test('success is reported where the server does not know how to', async (t) => {
  const bench = await Bench.open(t)
  bench.route('knows.example', await scriptedPeer(t))
  bench.route('old.example', await scriptedPeer(t, { offers: [] }))
  const parameters = { notify: ['SUCCESS'] } as const
  await bench.queue(['knows', 'old'].map((name) => ({ recipient: `a@${name}.example`, domain: `${name}.example`, parameters })))
  bench.start()
  await bench.settled()
  const owed = await bench.store.queue.owed(10)
  assert.deepEqual(
    owed.flatMap(({ reports }) => reports.map(({ recipient, action }) => `${recipient} ${action}`)),
    ['a@old.example relayed'],
  )
})

/** Answers the dot when it is let. */
async function latePeer(
  t: { after(run: () => unknown): void },
  let_: Promise<void>,
): Promise<{ readonly port: number; readonly dots: number }> {
  let dots = 0
  const server = createServer((socket) => {
    socket.write('220 late\r\n')
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString()
      for (const line of text.split('\r\n')) {
        if (line === 'DATA') socket.write('354 go\r\n')
        else if (/^(EHLO|MAIL|RCPT|QUIT)/.test(line)) socket.write('250 fine\r\n')
      }
      if (!text.endsWith('\r\n.\r\n')) return
      dots++
      void let_.then(() => socket.write('250 2.0.0 at last\r\n'))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    get dots() {
      return dots
    },
  }
}

test('what is sent of a message is made ready first; where that fails it waits and goes later', async (t) => {
  const bench = await Bench.open(t)
  const peer = await scriptedPeer(t)
  bench.route('x.example', peer)
  const queueId = await bench.queue(['a@x.example'])
  const field = Buffer.from('X-Signed: yes\r\n')
  let fails = 1
  bench.start({
    prepare: async (message, { mailFrom }) => {
      if (fails-- > 0) throw new Error(`no key for ${mailFrom}`)
      const read = (offset: number, length: number) =>
        offset < field.length ? Promise.resolve(field.subarray(offset, offset + length)) : message.read(offset - field.length, length)
      return { size: field.length + message.size, read }
    },
  })
  await bench.settled()
  assert.deepEqual(await bench.fates(queueId), ['a@x.example - in 5'])
  bench.clock.advance(5 * MINUTE)
  await bench.settled()
  assert.deepEqual(await bench.fates(queueId), ['a@x.example sent 250'])
  assert.deepEqual(
    peer.messages.map(({ content }) => content),
    [`${field.toString()}${MESSAGE}`],
  )
})
