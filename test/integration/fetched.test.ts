/** Mail of strangers for domains of others: handed on, or kept until it is asked for (ETRN) or fetched (ATRN). */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { setTimeout as wait } from 'node:timers/promises'
import { scriptedPeer } from '@mailstead/testkit'
import { dialogue } from './dialogue.ts'
import { inbox, site, type Site } from './sending-site.ts'

const LOGIN = `AUTH PLAIN ${Buffer.from('\0ann@a.test\0secret').toString('base64')}`

test('what strangers write to a domain that we relay for goes on to its server, and nowhere else', async (t) => {
  const far = await site(t, 'b.test', '')
  const near = await site(
    t,
    'a.test',
    `outbound.send = true\n[[route]]\nto = ["b.test"]\nrelay = true\nservers = ["127.0.0.1:${far.port('mx')}"]\n[[route]]\nservers = ["127.0.0.1:${far.port('mx')}"]`,
  )
  const recipients = ['ann@b.test', 'ann@sub.b.test', 'ann@c.test', 'ann%c.test@b.test'].map((each) => `RCPT TO:<${each}>`)
  const lines = ['EHLO x', 'MAIL FROM:<eve@far.test>', ...recipients, 'DATA', 'Subject: by a detour\r\n\r\nText\r\n.', 'QUIT']
  const replies = await dialogue(connect(near.port('mx'), '127.0.0.1'), lines)
  assert.deepEqual(
    replies.map((reply) => reply.slice(0, 3)),
    ['220', '250', '250', '250', '550', '550', '550', '354', '250', '221'],
  )
  const [there] = await inbox(far, 'ann@b.test', 1)
  assert.match(there ?? '', /^Return-Path: <eve@far\.test>\r\n[^]*by mx\.b\.test [^]*by mx\.a\.test [^]*Subject: by a detour/)
})

async function stranger(to: Site, recipient: string, subject: string): Promise<void> {
  const lines = ['EHLO x', 'MAIL FROM:<eve@far.test>', `RCPT TO:<${recipient}>`, 'DATA', `Subject: ${subject}\r\n\r\nText\r\n.`, 'QUIT']
  assert.match((await dialogue(connect(to.port('mx'), '127.0.0.1'), lines)).join(), /,250 2\.0\.0 Queued/)
}

test('mail for a domain on hold waits until its server asks for it', async (t) => {
  const far = await site(t, 'b.test', '')
  const near = await site(
    t,
    'a.test',
    `outbound.send = true\n[[route]]\nto = ["b.test"]\nhold = true\nservers = ["127.0.0.1:${far.port('mx')}"]\nfetched_by = ["ann@a.test"]`,
  )
  await stranger(near, 'ann@b.test', 'waits')
  const asked = await dialogue(connect(near.port('submission'), '127.0.0.1'), ['EHLO x', LOGIN, 'ETRN b.test', 'ETRN b.test', 'QUIT'])
  assert.deepEqual(asked.slice(3, 5), [
    '253 2.0.0 OK, 1 pending messages for node b.test started',
    '458 4.3.0 Unable to queue messages now, try again in a minute',
  ])
  assert.match((await inbox(far, 'ann@b.test', 1))[0] ?? '', /Subject: waits/)
})

const PROVIDER = `
  outbound.send = true
  ports.odmr = 366
  [[route]]
  to = ["b.test", ".b.test"]
  hold = true
  fetched_by = ["ann@a.test"]
  [[route]]
  to = ["c.test"]
  hold = true
  fetched_by = ["bob@a.test"]`

/** A customer that says lines, in clear and behind STARTTLS. */
class Customer {
  socket: Socket | TLSSocket
  #text = ''
  readonly #more = (chunk: Buffer): void => void (this.#text += chunk.toString('latin1'))

  constructor(provider: Site) {
    this.socket = connect(provider.port('odmr'), '127.0.0.1').on('data', this.#more)
  }

  /** The last line of the answer. */
  async say(line?: string): Promise<string> {
    if (line !== undefined) this.socket.write(`${line}\r\n`)
    let end: RegExpExecArray | null
    while ((end = /^\d{3} .*\r\n/m.exec(this.#text)) === null) await once(this.socket, 'data')
    this.#text = this.#text.slice(end.index + end[0].length)
    return end[0].trimEnd()
  }

  /** As far as it may say ATRN. */
  async logIn(): Promise<this> {
    assert.match(await this.say(), /^220 mx\.a\.test ESMTP on-demand mail relay$/)
    await this.say('EHLO mail.b.test')
    await this.say('STARTTLS')
    const raw = this.socket.off('data', this.#more)
    this.socket = connectTls({ socket: raw, rejectUnauthorized: false }).on('data', this.#more)
    await once(this.socket, 'secureConnect')
    await this.say('EHLO mail.b.test')
    assert.match(await this.say(LOGIN), /^235 /)
    return this
  }

  /** Its own mail server takes the connection over. Resolves when it is over. */
  async serve(port: number): Promise<void> {
    const server = connect(port, '127.0.0.1')
    const customer = this.socket.off('data', this.#more)
    server.pipe(customer).pipe(server)
    server.on('error', () => {})
    customer.on('error', () => {})
    await Promise.race([once(customer, 'close'), once(server, 'close')])
    server.destroy()
    customer.destroy()
  }
}

const held = async (of: Site): Promise<string[]> =>
  (await of.server.admin.queue.list({}, undefined, 100)).map(({ recipient, state, attempts }) => `${recipient} ${state} ${attempts}`)

async function until(what: string, test: () => Promise<boolean>): Promise<void> {
  for (let patience = 400; !(await test()); patience--) {
    assert.ok(patience > 0, what)
    await wait(25)
  }
}

test('a customer fetches the mail of its domains over its own connection', async (t) => {
  const customer = await site(t, 'b.test', '')
  const provider = await site(t, 'a.test', PROVIDER)
  const early = await new Customer(provider).logIn()
  assert.equal(await early.say('ATRN'), '453 4.2.0 You have no mail')
  for (const recipient of ['ann@b.test', 'nobody@b.test', 'ann@c.test']) await stranger(provider, recipient, `for ${recipient}`)
  assert.equal(await early.say('ATRN b.test,c.test'), '450 4.7.1 ATRN request refused')
  assert.equal(await early.say('ATRN c.test'), '450 4.7.1 ATRN request refused')
  assert.equal(await early.say('MAIL FROM:<>'), '502 5.5.1 Command not implemented')
  assert.equal(await early.say('ATRN b.test'), '250 2.0.0 OK now reversing the connection')
  await early.serve(customer.port('mx'))
  assert.match((await inbox(customer, 'ann@b.test', 1))[0] ?? '', /\nReceived: from mx\.a\.test [^]*\nSubject: for ann@b\.test\r\n/)
  await until('settled', async () => (await held(provider)).length < 3)
  // What the customer refuses is reported by the provider; eve is nobody that it could reach.
  assert.deepEqual(
    (await held(provider)).filter((each) => !each.startsWith('eve@')),
    ['ann@c.test waiting 0'],
  )
  const [message] = await provider.server.admin.intake.traced({ about: 'ann@b.test' }, 1)
  assert.ok(message)
  const events = await provider.server.admin.intake.trace(message.queueId)
  assert.match(events.find(({ event }) => event === 'sent')?.detail ?? '', /^mail\.b\.test \[127\.0\.0\.1\]: 250 /)
  await stranger(provider, 'ann@b.test', 'too soon')
  const again = await new Customer(provider).logIn()
  assert.match(await again.say('ATRN'), /^450 4\.7\.0 /)
  assert.equal(await again.say('QUIT'), '221 2.0.0 Bye')
})

test('a customer that goes away, or is no server, gets its mail the next time', async (t) => {
  const provider = await site(t, 'a.test', PROVIDER)
  const leaves = await scriptedPeer(t, { on: { END: { drop: true } } })
  for (const name of ['one', 'two']) {
    await stranger(provider, `${name}@${name}.b.test`, name)
    const customer = await new Customer(provider).logIn()
    assert.match(await customer.say(`ATRN ${name}.b.test`), /^250 /)
    if (name === 'one') await customer.serve(leaves.port)
    else customer.socket.end('554 no server\r\n')
    await until('over', async () => (await held(provider)).every((each) => !each.includes('active')))
  }
  // The first may have it; the second was never asked.
  assert.deepEqual(await held(provider), ['one@one.b.test waiting 1', 'two@two.b.test waiting 0'])
})

test('who goes on talking behind ATRN stays a client', async (t) => {
  const provider = await site(t, 'a.test', PROVIDER)
  await stranger(provider, 'ann@b.test', 'x')
  const customer = await new Customer(provider).logIn()
  customer.socket.write('ATRN\r\n220 eager\r\n')
  assert.equal(await customer.say(), '503 5.5.1 Wait for the answer to ATRN')
  assert.match(await customer.say(), /^500 5\.5\.2 /)
  assert.deepEqual(await held(provider), ['ann@b.test waiting 0'])
  customer.socket.destroy()
})

test('a provider that stops ends the transfer, and keeps what was not taken', async (t) => {
  const provider = await site(t, 'a.test', PROVIDER)
  await stranger(provider, 'ann@b.test', 'x')
  const customer = await new Customer(provider).logIn()
  assert.match(await customer.say('ATRN'), /^250 /)
  // It is greeted, and answers no more.
  customer.socket.write('220 slow\r\n')
  await once(customer.socket, 'data')
  const closed = once(customer.socket, 'close')
  await provider.server.stop()
  await closed
})
