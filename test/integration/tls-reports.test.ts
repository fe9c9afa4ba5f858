/** A day of TLS with another domain, from the sessions of its mail to the report that it reads. A name server of the test knows both. */
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { silentLogger, systemClock } from '@mailstead/base'
import { openTls } from '@mailstead/net'
import { ManualClock, scriptedPeer, tempDir, type ScriptedPeer } from '@mailstead/testkit'
import { fakeServer, type Said } from '../../packages/resolver/test/server.ts'
import { dialogue } from './dialogue.ts'
import { PASSWORD, site, type Site } from './site.ts'

const HOUR = 3600_000

/** `TXT name` and so on. */
type Zone = Map<string, Said>

function txt(zone: Zone, name: string, text: string): void {
  zone.set(`TXT ${name}`, { answers: [{ type: 'TXT', name, ttl: 60, data: text.match(/.{1,200}/g) ?? [] }] })
}

interface Town {
  readonly zone: Zone
  readonly clock: ManualClock
  readonly peer: ScriptedPeer
  /** `example.test`, which sends, and gets reports of its own. */
  readonly home: Site
}

/** The peer is the server of far.test, and asks for reports. */
async function town(t: TestContext): Promise<Town> {
  const zone: Zone = new Map()
  const dns = await fakeServer(t, (question) => [zone.get(question) ?? { rcode: 'NXDOMAIN' }])
  const tls = await openTls({ dir: await tempDir(t), hostName: 'mx.far.test', log: silentLogger, clock: systemClock })
  t.after(() => tls.close())
  const peer = await scriptedPeer(t, { tls: tls.secureContext }, '127.0.0.2')
  zone.set('MX far.test', { answers: [{ type: 'MX', name: 'far.test', ttl: 60, data: { preference: 1, exchange: 'mx.far.test' } }] })
  zone.set('A mx.far.test', { answers: [{ type: 'A', name: 'mx.far.test', ttl: 60, data: '127.0.0.2' }] })
  txt(zone, '_smtp._tls.far.test', 'v=TLSRPTv1; rua=mailto:tls@far.test')
  const clock = new ManualClock(Date.UTC(2026, 0, 15, 20))
  const config = `
    [listen]
    proxies = ["127.0.0.3"]
    [dns]
    servers = ["${dns.address}:${dns.port}"]
    [outbound]
    send = true
    port = ${peer.port}`
  return { zone, clock, peer, home: await site(t, ['ann'], { clock, config }) }
}

async function until(happened: () => boolean | Promise<boolean>): Promise<void> {
  for (let patience = 400; !(await happened()); patience--) {
    assert.ok(patience > 0, 'it did not happen')
    await wait(25)
  }
}

/** A stranger at 192.0.2.1, through the proxy. */
function stranger(home: Site): Socket {
  const port = home.server.facts().listeners.find(({ role }) => role === 'mx')?.port ?? 0
  const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.3' })
  socket.write('PROXY TCP4 192.0.2.1 127.0.0.1 4000 25\r\n')
  return socket
}

test('sessions of a day are told in the night, signed, and what comes to tls-rpt is shown', async (t) => {
  const { zone, clock, peer, home } = await town(t)
  const login = `AUTH PLAIN ${Buffer.from(`\0ann@example.test\0${PASSWORD}`).toString('base64')}`
  const mail = [
    'MAIL FROM:<ann@example.test>',
    'RCPT TO:<bob@far.test>',
    'DATA',
    'From: ann@example.test\r\nSubject: x\r\n\r\nx\r\n.',
    'QUIT',
  ]
  await dialogue(home.connect('submission'), ['EHLO x', login, ...mail])
  // Settled too: a clock that is turned before we have read the answer makes it late, and the mail goes again.
  await until(async () => peer.messages.length === 1 && (await home.server.admin.queue.status()).queued === 0)
  // The sums are written, the day goes by, its reports come due.
  for (let hours = 0; hours < 9; hours++) {
    clock.advance(HOUR)
    await wait(50)
  }
  await until(() => {
    clock.advance(60_000)
    return peer.messages.length === 2
  })
  const [, report] = peer.messages
  assert.match(report?.mail ?? '', /^MAIL FROM:<>/)
  assert.deepEqual(report?.recipients, ['RCPT TO:<tls@far.test> NOTIFY=NEVER'])
  const content = report?.content ?? ''
  assert.match(content, /^DKIM-Signature: [^]*d=example\.test;[^]*:TLS-Report-Domain:[^]*^TLS-Report-Submitter: example\.test\r$/im)

  // The same report, as if the other server had written one about us.
  for (const { record } of await home.server.admin.keys.show('example.test')) txt(zone, record.name, record.value)
  const envelope = ['EHLO mx.far.test', 'MAIL FROM:<>', 'RCPT TO:<tls-rpt@example.test>', 'DATA']
  const answers = await dialogue(stranger(home), [...envelope, `${content}.`, 'QUIT'])
  assert.match(answers.at(-2) ?? '', /^250 /)
  const shown = await home.server.admin.tlsReports.received({}, 10)
  assert.deepEqual(
    shown.map(({ domain, contact, reportId, succeeded, failed, policies }) => [
      domain,
      contact,
      reportId,
      succeeded,
      failed,
      policies.length,
    ]),
    [['example.test', 'tls-rpt@example.test', `20260115.far.test@${home.server.facts().hostName}`, 1, 0, 1]],
  )
  assert.equal(shown[0]?.policies[0]?.policy.type, 'no-policy-found')
})
