/** Forwarded mail through whole servers: it leaves under a sender of ours, sealed, and its reports find their way back. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { silentLogger } from '@mailstead/base'
import { parseConfig } from '@mailstead/config'
import { compose, type MailServer } from '@mailstead/server'
import { tempDir } from '@mailstead/testkit'
import { arc } from 'mailauth/lib/arc/index.js'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { spf } from 'mailauth/lib/spf/index.js'
import { fakeServer, type FakeServer, type Said } from '../../packages/resolver/test/server.ts'
import { dialogue } from './dialogue.ts'

const HERE = '198.51.100.7'
const TXT: Record<string, string> = {
  'far.test': 'v=spf1 ip4:192.0.2.1 -all',
  '_dmarc.far.test': 'v=DMARC1; p=reject',
  'home.test': `v=spf1 ip4:${HERE} -all`,
  'none.test': 'v=spf1 -all',
  'soft.test': 'v=spf1 ?all',
  '_dmarc.soft.test': 'v=DMARC1; p=quarantine',
}

function says(question: string): Said[] {
  const [type, name = ''] = question.split(' ')
  const data = type === 'TXT' ? TXT[name] : undefined
  if (data !== undefined) return [{ answers: [{ type: 'TXT', name, ttl: 60, data: [data] }] }]
  if (type === 'A' || type === 'MX') return [{ answers: type === 'A' ? [{ type, name, ttl: 60, data: '192.0.2.1' }] : [] }]
  if (question === 'PTR 1.2.0.192.in-addr.arpa') return [{ answers: [{ type: 'PTR', name, ttl: 60, data: 'mx.far.test' }] }]
  return [{ rcode: 'NXDOMAIN' }]
}

interface Host {
  readonly server: MailServer
  readonly port: (role: string) => number
  /** Who connects says who they are. */
  readonly proxied: boolean
}

async function host(t: TestContext, name: string, domains: readonly string[], accounts: readonly string[], toml: string): Promise<Host> {
  const text = `
    host_name = "mx.${name}"
    port_base = 10000
    data_dir = ${JSON.stringify(await tempDir(t))}
    auth.plaintext = "loopback"
    ${toml}`
  const server = await compose(parseConfig(text, 'm.toml').config, { anyPort: true, log: silentLogger })
  t.after(() => server.stop())
  for (const domain of domains) await server.admin.accounts.addDomain(domain)
  for (const address of accounts) await server.admin.accounts.add({ address, password: 'secret', quota: undefined })
  await server.start()
  return {
    server,
    port: (role) => server.facts().listeners.find((each) => each.role === role)?.port ?? 0,
    proxied: toml.includes('proxies'),
  }
}

interface World {
  /** home.test, which forwards; strangers say who they are by PROXY. */
  readonly home: Host
  /** far.test, where mail comes from, and new.test, where it goes on to. */
  readonly away: Host
  readonly dns: FakeServer
}

async function world(t: TestContext): Promise<World> {
  const dns = await fakeServer(t, says)
  const away = await host(t, 'far.test', ['far.test', 'new.test'], ['joe@far.test', 'ann@new.test'], 'screening.enabled = false')
  const config = `
    outbound.send = true
    [listen]
    proxies = ["127.0.0.1"]
    [dns]
    servers = ["${dns.address}:${dns.port}"]
    [[route]]
    to = ["far.test", "new.test"]
    servers = ["127.0.0.1:${away.port('mx')}"]`
  const home = await host(t, 'home.test', ['home.test'], ['ann@home.test', 'ben@home.test'], config)
  for (const { record } of await home.server.admin.keys.show('home.test')) TXT[record.name] = record.value
  return { home, away, dns }
}

interface Envelope {
  readonly from: string
  readonly to: readonly string[]
  readonly header?: string
  /** Where it comes from. */
  readonly address?: string
}

/** What home says to a stranger, from the answer to MAIL on. */
async function bring({ home }: World, { from, to, header = `From: ${from}`, address = '192.0.2.1' }: Envelope): Promise<string[]> {
  const socket = connect(home.port('mx'), '127.0.0.1')
  socket.write(`PROXY TCP4 ${address} 127.0.0.1 4000 25\r\n`)
  const body = `${header}\r\nSubject: hello\r\nMessage-ID: <m@far.test>\r\n\r\nWords\r\n.`
  const lines = ['EHLO mx.far.test', `MAIL FROM:<${from}>`, ...to.map((each) => `RCPT TO:<${each}>`), 'DATA', body, 'QUIT']
  return (await dialogue(socket, lines)).slice(2)
}

/** The messages of an INBOX, once there are `count`. */
async function inbox(of: Host, user: string, count: number): Promise<string[]> {
  for (let patience = 400; ; patience--) {
    const socket = connect(of.port('pop3'), '127.0.0.1')
    await once(socket, 'connect')
    let text = ''
    socket.setEncoding('latin1').on('data', (more: string) => (text += more))
    const end = once(socket, 'close')
    if (of.proxied) socket.write('PROXY TCP4 127.0.0.1 127.0.0.1 4000 110\r\n')
    socket.write(`USER ${user}\r\nPASS secret\r\n${Array.from({ length: count }, (_, i) => `RETR ${i + 1}\r\n`).join('')}QUIT\r\n`)
    await end
    const messages = text.split(/^\+OK \d+ octets.*\r\n/m).slice(1)
    if (messages.length >= count) return messages.map((each) => each.slice(0, each.indexOf('\r\n.\r\n') + 2))
    assert.ok(patience > 0, `not there: ${text}`)
    await wait(25)
  }
}

const resolver = (name: string, type: string): Promise<unknown[]> => {
  const text = TXT[name]
  return type === 'TXT' && text !== undefined
    ? Promise.resolve([[text]])
    : Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))
}

/** The results of a message that arrived elsewhere, as mailauth has them there. */
async function judged(message: string, sender: string): Promise<{ readonly spf: string; readonly arc: string }> {
  const sent = message.slice(message.indexOf('ARC-Seal:'))
  const found = (await dkimVerify(sent, { resolver: resolver as never, sender })) as unknown as { arc: Parameters<typeof arc>[0] }
  const chain = await arc(found.arc, { resolver: resolver as never })
  const envelope = await spf({ ip: HERE, helo: 'mx.home.test', sender, mta: 'mx.new.test', resolver: resolver as never })
  return { spf: envelope.status.result, arc: chain.status.result }
}

const pathOf = (message: string | undefined): string => /^Return-Path: <(.*)>\r$/m.exec(message ?? '')?.[1] ?? 'none'

test('forwarded mail leaves under a sender of ours, sealed, and its report comes back to who wrote it', async (t) => {
  const w = await world(t)
  await w.home.server.admin.accounts.setForwarding('ann@home.test', { targets: ['ann@new.test'], keep: true, told: false })
  const replies = await bring(w, { from: 'joe@far.test', to: ['ann@home.test'] })
  assert.match(replies.at(-2) ?? '', /^250 /)
  const [kept] = await inbox(w.home, 'ann@home.test', 1)
  assert.equal(pathOf(kept), 'joe@far.test')
  const [there] = await inbox(w.away, 'ann@new.test', 1)
  const sender = pathOf(there)
  assert.match(sender, /^SRS0=[A-Z2-7]{6}=[A-Z2-7]{2}=far\.test=joe@home\.test$/)
  assert.match(there ?? '', /^Delivered-To: ann@home\.test\r$/m)
  assert.doesNotMatch(there ?? '', /^DKIM-Signature:/m)
  assert.match(there ?? '', /^ARC-Authentication-Results: i=1; mx\.home\.test;/m)
  assert.deepEqual(await judged(there ?? '', sender), { spf: 'pass', arc: 'pass' })
  const tampered = await judged((there ?? '').replace('Words', 'Other'), sender)
  assert.equal(tampered.arc, 'fail')

  const report = await bring(w, { from: '', to: [sender], header: 'From: MAILER-DAEMON@mx.new.test' })
  assert.match(report.at(-2) ?? '', /^250 /)
  const [back] = await inbox(w.away, 'joe@far.test', 1)
  assert.equal(pathOf(back), '')
  assert.match(back ?? '', /^From: MAILER-DAEMON@mx\.new\.test\r$/m)
})

test('a report finds its way back to a sender too long to be rewritten', async (t) => {
  const w = await world(t)
  await w.home.server.admin.accounts.setForwarding('ann@home.test', { targets: ['ann@new.test'], keep: false, told: false })
  const long = `joe+bounces-${'0123456789'.repeat(4)}@far.test`
  assert.match((await bring(w, { from: long, to: ['ann@home.test'] })).at(-2) ?? '', /^250 /)
  const sender = pathOf((await inbox(w.away, 'ann@new.test', 1))[0])
  assert.match(sender, /=queue-id=/)
  await bring(w, { from: '', to: [sender], header: 'From: MAILER-DAEMON@mx.new.test' })
  await inbox(w.away, 'joe@far.test', 1)
})

test('what a report says of forwarded mail is told by the trace of that mail', async (t) => {
  const w = await world(t)
  await w.home.server.admin.accounts.setForwarding('ann@home.test', { targets: ['ann@new.test'], keep: false, told: false })
  await bring(w, { from: 'joe@far.test', to: ['ann@home.test'] })
  const [there = ''] = await inbox(w.away, 'ann@new.test', 1)
  const returned = there.slice(there.indexOf('Received:'), there.indexOf('\r\n\r\n'))
  const header = [
    'From: MAILER-DAEMON@mx.new.test',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    '',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.new.test',
    '',
    'Final-Recipient: rfc822; ann@new.test',
    'Action: failed',
    'Status: 5.2.2',
    '',
    '--b',
    'Content-Type: text/rfc822-headers',
    '',
    returned,
    '--b--',
  ].join('\r\n')
  const replies = await bring(w, { from: '', to: [pathOf(there)], header })
  assert.match(replies.at(-2) ?? '', /^250 /)
  const { intake } = w.home.server.admin
  const traced = await intake.traced({ about: 'ann@new.test' }, 5)
  const events = (await Promise.all(traced.map(({ queueId }) => intake.trace(queueId)))).flat()
  const heard = events.filter(({ event }) => event === 'heard').map(({ recipient, detail }) => `${recipient} ${detail}`)
  assert.equal(heard.length, 1)
  assert.match(heard[0] ?? '', /^ann@new\.test failed, mx\.new\.test: 5\.2\.2; in /)
})

test('nothing but reports goes back, and nothing that was not made here', async (t) => {
  const w = await world(t)
  await w.home.server.admin.accounts.setForwarding('ann@home.test', { targets: ['ann@new.test'], keep: false, told: false })
  await bring(w, { from: 'joe@far.test', to: ['ann@home.test'] })
  const sender = pathOf((await inbox(w.away, 'ann@new.test', 1))[0])
  const answer = async (from: string, to: string): Promise<string> => ((await bring(w, { from, to: [to] }))[1] ?? '').slice(0, 9)
  assert.equal(await answer('joe@far.test', sender), '550 5.7.1')
  const table: [what: string, address: string][] = [
    ['another hash', sender.replace(/^SRS0=./, (head) => `SRS0=${head.endsWith('A') ? 'B' : 'A'}`)],
    ['another sender', sender.replace('=joe@', '=eve@')],
    ['another domain', sender.replace('far.test', 'evil.test')],
    ['another day', sender.replace(/=(..)=far/, (_, day: string) => `=${day === 'AA' ? 'AB' : 'AA'}=far`)],
    ['no hash', 'SRS0=joe@home.test'],
    ['a way through', 'SRS1=AAAAAA=evil.test==AAAAAA=AA=far.test=joe@home.test'],
  ]
  for (const [what, address] of table) assert.equal(await answer('', address), '550 5.1.1', what)
  assert.equal(await answer('', sender.toLowerCase()), '250 2.1.5')
})

test('what fails its author’s policy is not forwarded: it stays, or is refused', async (t) => {
  const w = await world(t)
  const { accounts } = w.home.server.admin
  await accounts.setForwarding('ann@home.test', { targets: ['ann@new.test'], keep: false, told: false })
  await accounts.setForwarding('ben@home.test', { targets: ['ann@new.test'], keep: true, told: false })
  const forged = { from: 'x@none.test', header: 'From: joe@soft.test' }
  const refused = await bring(w, { ...forged, to: ['ann@home.test'] })
  assert.match(refused.at(-2) ?? '', /^550 5\.7\.1 .*soft\.test.*not forwarded/)
  const taken = await bring(w, { ...forged, to: ['ben@home.test'] })
  assert.match(taken.at(-2) ?? '', /^250 /)
  await inbox(w.home, 'ben@home.test', 1)
  const { intake, queue } = w.home.server.admin
  assert.equal((await queue.status()).queued, 0)
  const [traced] = await intake.traced({ about: 'ben@home.test' }, 1)
  const trace = traced === undefined ? [] : await intake.trace(traced.queueId)
  assert.match(trace.find(({ event }) => event === 'screened')?.detail ?? '', /not forwarded: it fails the policy of soft\.test/)
})
