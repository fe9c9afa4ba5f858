import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { Networks } from '@mailstead/base'
import type { Policy } from '@mailstead/delivery'
import { openTls, upgradeToTls } from '@mailstead/net'
import { scriptedResolver } from '@mailstead/resolver/scripted'
import { createScreening } from '@mailstead/screening'
import type { MailRequests, Reversed } from '@mailstead/smtp'
import { ManualClock, playTranscript, rfcLogins, tempDir } from '@mailstead/testkit'
import { HOST, type Port, REWRITING, type Site, site } from './fixture.ts'

const DIR = new URL('../../../test/smtp/', import.meta.url)

const plain = (user: string, password: string): string => Buffer.from(`\0${user}@example.org\0${password}`).toString('base64')

const VARIABLES = {
  annPlain: plain('ann', 'secret'),
  bobPlain: plain('bob', 'secret'),
  busyPlain: plain('busy', 'secret'),
  wrongPlain: plain('ann', 'wrong'),
  /** Stands for joe@far.example, for weeks of the clock's. */
  srs: REWRITING.encode({ localPart: 'joe', domain: 'far.example' }, new ManualClock().now()) ?? '',
}

/** Who logs in as the RFCs' examples do; her mail is not looked at. */
const ANN = { account: 1, address: 'ann@example.org' }

/** Small enough for a transcript to reach them. */
const limits = { messageSize: 100_000, recipients: 10, refusedRecipients: 30 }

/** A domain, and all below another. */
const isRelayed = (domain: string): boolean => domain === 'backed.example' || domain.endsWith('.below.example')

/** Our side of the example of RFC 2645 section 6: one message from Lester. */
async function lester({ socket }: Reversed): Promise<number> {
  const lines = ['EHLO EXAMPLE.NET', 'MAIL FROM:<Lester.Tester@dot.foo.bar>', 'RCPT TO:<l.eva.msg@example.com>', 'QUIT']
  for await (const said of createInterface({ input: socket })) {
    if (/^\d{3} /.test(said)) socket.write(lines.length > 0 ? `${lines.shift()}\r\n` : '')
    if (said.startsWith('221 ')) socket.end()
  }
  return 1
}

/** Three messages wait for away.example and none for empty.example, which ann fetches; dialed.example is rung up for everybody. */
const REQUESTS: MailRequests = {
  async start(domain, below, account) {
    if (domain === 'busy.example') return { kind: 'unable' }
    if (domain === 'dialed.example' || (below && domain === 'example')) return { kind: 'started' }
    if (account !== ANN.address) return { kind: 'refused', reason: 'no mail is kept for it here' }
    return { kind: 'started', pending: domain === 'away.example' ? 3 : 0 }
  },
  async fetch(domains) {
    if (domains.includes('trouble.example')) return { kind: 'unable' }
    if (domains.includes('busy.example')) return { kind: 'busy' }
    if (domains.includes('example.net')) return { kind: 'refused' }
    if (domains.includes('empty.example')) return { kind: 'nothing' }
    return { kind: 'ready', run: lester }
  },
}

const OWN = new Networks(['127.0.0.0/8', '192.0.2.200'])

/** 192.0.2.1 is mx.far.example, 198.51.100.8 is so too and listed; nobody else has a name. */
const DNS = scriptedResolver({
  '1.2.0.192.in-addr.arpa': { PTR: ['mx.far.example'] },
  '8.100.51.198.in-addr.arpa': { PTR: ['mx.far.example'] },
  'mx.far.example': { A: ['192.0.2.1', '198.51.100.8'] },
  'far.example': { MX: [{ preference: 10, exchange: 'mx.far.example' }] },
  'a.root-servers.net': { A: ['198.41.0.4'] },
  '8.100.51.198.bl.example': { A: ['127.0.0.2'] },
})

const screening = ({ store, log, clock }: Site): Policy =>
  createScreening({
    hostName: HOST,
    resolver: DNS,
    greylist: store.greylist,
    isOurs: (name) => Promise.resolve(name === HOST),
    trusted: [],
    checks: { reverseName: true, helo: true, senderDomain: true, earlyTalkers: true, authentication: false },
    lists: [{ zone: 'bl.example', weight: 10, codes: {} }],
    thresholds: { greylist: 3, refuse: 10 },
    greylistDelay: 90_000,
    patience: 5_000,
    log,
    clock,
  })

test('transcripts', async (t) => {
  const s = await site(t)
  const tls = await openTls({ dir: await tempDir(t), hostName: HOST, log: s.log, clock: s.clock })
  t.after(() => tls.close())
  const ca = readFileSync(tls.describe().caFile ?? '')
  const trust = { ca, servername: HOST }
  const secure = (raw: Socket): Promise<Socket> => upgradeToTls(raw, tls, { clock: s.clock })
  const ports: Record<string, Port> = {
    mx: await s.serve('mx', { limits, tls }),
    trusted: await s.serve('mx', { limits, tls, trusted: OWN }),
    screened: await s.serve('mx', { limits, tls, xclient: OWN, policy: screening(s) }),
    proxy: await s.serve('mx', { limits, tls, expn: true, xclient: OWN }),
    proxies: await s.serve('submission', { limits, tls, plaintextFromLoopback: true, xclient: OWN }),
    expn: await s.serve('submission', { limits, plaintextFromLoopback: true, expn: true }),
    lists: await s.serve('lmtp', { limits, expn: true }),
    lmtp: await s.serve('lmtp', { limits, tls }),
    submission: await s.serve('submission', { limits, tls }),
    submissions: await s.serve('submission', { limits, tls, secure }),
    loopback: await s.serve('submission', { limits, plaintextFromLoopback: true }),
    relay: await s.serve('mx', { limits: { ...limits, refusedRecipients: 100 }, tls, leaves: true }),
    backup: await s.serve('mx', { limits: { ...limits, refusedRecipients: 100 }, tls, leaves: true, relays: isRelayed }),
    etrn: await s.serve('mx', { limits, tls, requests: REQUESTS }),
    odmr: await s.serve('odmr', { limits, tls, plaintextFromLoopback: true, requests: REQUESTS }),
    odmrIdle: await s.serve('odmr', { limits, tls, secure }),
    etrnSubmission: await s.serve('submission', { limits, plaintextFromLoopback: true, requests: REQUESTS }),
    backupLmtp: await s.serve('lmtp', { limits, tls, leaves: true, relays: isRelayed }),
    backupScreened: await s.serve('mx', { limits, tls, leaves: true, relays: isRelayed, xclient: OWN, policy: screening(s) }),
    reports: await s.serve('mx', { limits, tls, leaves: true }),
    reportsTls: await s.serve('mx', { limits, tls, leaves: true, secure }),
    leaving: await s.serve('submission', { limits, tls, leaves: true, secure }),
    holding: await s.serve('submission', { limits, tls, leaves: true, secure, maxHold: 86_400, maxHeld: 10_000 }),
    lmtpReports: await s.serve('lmtp', { limits, tls, leaves: true }),
    rfc: await s.serve('submission', { limits, tls, plaintextFromLoopback: true, accounts: { ...s.accounts, ...rfcLogins(ANN) } }),
  }
  const connect = (name: string, port: Port): Socket | Promise<Socket> => {
    const socket = port.connect()
    if (!['submissions', 'reportsTls', 'leaving', 'holding', 'odmrIdle'].includes(name)) return socket
    return new Promise((resolve, reject) => {
      const secure = connectTls({ socket, ...trust }, () => resolve(secure))
      secure.once('error', reject)
    })
  }

  for (const file of readdirSync(DIR).filter((name) => name.endsWith('.txt'))) {
    await t.test(file, async () => {
      const path = new URL(file, DIR).pathname
      const name = /^# port: (\w+)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? ''
      const port = ports[name]
      assert.ok(port, `${file}: no port ${name}`)
      const before = new Map(await Promise.all(['ann', 'bob', 'eve', 'full'].map(async (user) => [user, await s.count(user)] as const)))
      const waiting = async (): Promise<number> => (await s.store.queue.list({}, undefined, 1000)).length
      const waitingBefore = await waiting()
      const actions = {
        /** `! stored ann 1`: messages since the transcript began. */
        async stored(argument: string): Promise<void> {
          const [user = '', count] = argument.split(' ')
          assert.equal((await s.count(user)) - (before.get(user) ?? 0), Number(count), `messages of ${user}`)
        },
        /** `! drop bob@example.org`: what waits for a recipient is cancelled. */
        async drop(recipient: string): Promise<void> {
          assert.equal(await s.store.queue.act({ recipient }, { kind: 'drop' }), 1, recipient)
        },
        /** `! queued 1`: recipients that wait to leave since the transcript began. */
        async queued(count: string): Promise<void> {
          assert.equal((await waiting()) - waitingBefore, Number(count), 'recipients that wait to leave')
        },
        /** `! arrived ann 1`: the same, once that many have come. */
        async arrived(argument: string): Promise<void> {
          const [user = '', count] = argument.split(' ')
          const arrived = async (): Promise<boolean> => (await s.count(user)) - (before.get(user) ?? 0) >= Number(count)
          for (let i = 0; i < 400 && !(await arrived()); i++) {
            // Timers that were set too late for the last step of the clock.
            s.clock.advance(1)
            await new Promise((resolve) => setTimeout(resolve, 5))
          }
          await actions.stored(argument)
        },
        /** `! last ann text`: the newest message holds the text, with the escapes of an x line; `$` is its end. */
        async last(argument: string): Promise<void> {
          const [user = ''] = argument.split(' ')
          const message = (await s.newest(user)).toString('latin1')
          const text = octets(argument.slice(user.length + 1))
          holds(message, text)
        },
        /** `! told`: once nobody is owed a report. */
        async told(): Promise<void> {
          for (let i = 0; i < 400 && (await s.store.queue.owed(1)).length > 0; i++) {
            // Reports wait for more to tell of.
            s.clock.advance(100)
            await new Promise((resolve) => setTimeout(resolve, 5))
          }
          assert.deepEqual(await s.store.queue.owed(1), [])
          // Readers see a commit before its changes are published: what the writer answers now comes behind them.
          await s.setEnabled('off', false)
        },
        /** `! leaving x@far.example text`: the newest message that waits to go there holds the text, as with `last`. */
        async leaving(argument: string): Promise<void> {
          const [recipient = ''] = argument.split(' ')
          const entries = await s.store.queue.list({ recipient }, undefined, 100)
          const message = await s.store.queue.read(entries.at(-1)?.queueId ?? assert.fail(`nothing leaves for ${recipient}`), 0, 100_000)
          holds(Buffer.from(message).toString('latin1'), octets(argument.slice(recipient.length + 1)))
        },
        /** `! parameters x@far.example {…}`: what the newest message that waits to go there has in its envelope. */
        async parameters(argument: string): Promise<void> {
          const [recipient = ''] = argument.split(' ')
          const domain = recipient.slice(recipient.indexOf('@') + 1)
          const now = s.clock.now()
          const { lanes } = await s.store.queue.due(now, 100, new Set())
          const claimed = await s.store.queue.claim(
            lanes.filter((lane) => lane.domain === domain),
            now,
            now,
            100,
          )
          const concerned = claimed.filter(({ entries }) => entries.some((entry) => entry.recipient.toLowerCase() === recipient))
          assert.deepEqual(concerned.at(-1)?.parameters, JSON.parse(argument.slice(recipient.length + 1)))
        },
        /** `! reserved 0`: octets held of the quotas, once the server has seen what happened. */
        async reserved(argument: string): Promise<void> {
          for (let i = 0; i < 200 && s.reserved() !== Number(argument); i++) await new Promise((resolve) => setTimeout(resolve, 5))
          assert.equal(s.reserved(), Number(argument))
        },
        wait: (ms: string) => s.clock.advance(Number(ms)),
        disable: (user: string) => s.setEnabled(user, false),
        enable: (user: string) => s.setEnabled(user, true),
      }
      await playTranscript(path, { connect: () => connect(name, port), variables: VARIABLES, startTls: trust, actions })
      await actions.reserved('0')
    })
  }
  assert.deepEqual(
    s.log.events.filter(({ level }) => level === 'error'),
    [],
  )
})

function holds(message: string, text: string): void {
  const found = text.endsWith('$') ? message.endsWith(text.slice(0, -1)) : message.includes(text)
  assert.ok(found, `${JSON.stringify(text.slice(0, 200))} is not in ${JSON.stringify(message.slice(0, 2000))}`)
}

function octets(text: string): string {
  const escapes: Record<string, string> = { r: '\r', n: '\n', t: '\t', '0': '\0' }
  return Buffer.from(text, 'utf8')
    .toString('latin1')
    .replaceAll(/\\(x[0-9a-f]{2}|[rnt0])/g, (_, code: string) => escapes[code] ?? String.fromCharCode(Number.parseInt(code.slice(1), 16)))
    .replaceAll(/\{repeat (\d+) ([^}]*)\}/g, (_, count: string, what: string) => what.repeat(Number(count)))
}
