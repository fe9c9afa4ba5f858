import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:https'
import { readFile } from 'node:fs/promises'
import { test, type TestContext } from 'node:test'
import { silentLogger, systemClock, type Clock } from '@mailstead/base'
import { openTls } from '@mailstead/net'
import { openSqlite, type SqliteStore } from '@mailstead/sqlite'
import type { Resolver } from '@mailstead/resolver'
import { scriptedResolver, type DnsScript } from '@mailstead/resolver/scripted'
import { ManualClock, scriptedPeer, tempDir } from '@mailstead/testkit'
import { MtaSts, parseStsPolicy, stsRecordId, type StsTrouble } from '@mailstead/outbound'
import { Bench } from './bench.ts'
import { testTls } from './support.ts'

const RECORDS: [records: string[], id: string | undefined][] = [
  [['v=STSv1; id=20160831085700Z;'], '20160831085700Z'],
  [['v=STSv1;id=1'], '1'],
  [['v=spf1 -all', 'v=STSv1; id=1; x=y;'], '1'],
  [['v=STSv1; id=1', 'v=STSv1; id=2'], undefined],
  [['v=STSv1; id=;'], undefined],
  [['v=STSv1; id=a b'], undefined],
  [['v=STSv1;'], undefined],
  [['v=STSv2; id=1'], undefined],
  [['id=1; v=STSv1'], undefined],
  [[], undefined],
]
for (const [records, id] of RECORDS) test(`record ${JSON.stringify(records)}`, () => assert.equal(stsRecordId(records), id))

const whole = 'version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.EXAMPLE.net\r\nmax_age: 604800\r\n'
const POLICIES: [text: string, expected: ReturnType<typeof parseStsPolicy>][] = [
  [whole, { policy: { mode: 'enforce', mx: ['mail.example.com', '*.example.net'] }, maxAge: 604_800 }],
  [whole.replaceAll('\r\n', '\n').trimEnd(), { policy: { mode: 'enforce', mx: ['mail.example.com', '*.example.net'] }, maxAge: 604_800 }],
  ['version:STSv1\nmode:none\nmax_age:0', { policy: { mode: 'none', mx: [] }, maxAge: 0 }],
  [
    `${whole}mode: none\nnew_field: anything at all\n`,
    { policy: { mode: 'enforce', mx: ['mail.example.com', '*.example.net'] }, maxAge: 604_800 },
  ],
  [whole.replace('604800', '9999999999'), { policy: { mode: 'enforce', mx: ['mail.example.com', '*.example.net'] }, maxAge: 31_557_600 }],
  [whole.replace('STSv1', 'STSv2'), undefined],
  [whole.replace('enforce', 'Enforce'), undefined],
  [whole.replace('604800', '-1'), undefined],
  [whole.replaceAll(/mx: .*\r\n/g, ''), undefined],
  [whole.replace('mail.', '*.*.'), undefined],
  ['<html>', undefined],
  ['', undefined],
]
for (const [text, expected] of POLICIES)
  test(`policy ${JSON.stringify(text.slice(0, 60))}`, () => assert.deepEqual(parseStsPolicy(text), expected))

interface Web {
  readonly port: number
  readonly authority: string
  text: string
  status: number
  type: string
  asked: number
}

async function web(t: TestContext, names: readonly string[]): Promise<Web> {
  const dir = await tempDir(t)
  const tls = await openTls({ dir, hostName: names[0] ?? '', names, log: silentLogger, clock: systemClock })
  t.after(() => tls.close())
  const state = { text: whole, status: 200, type: 'text/plain; charset=utf-8', asked: 0 }
  const pair = await readFile(`${dir}/tls/server.pem`, 'utf8')
  const server: Server = createServer({ cert: pair, key: pair }, (request, response) => {
    state.asked++
    assert.equal(request.url, '/.well-known/mta-sts.txt')
    response.writeHead(state.status, { 'content-type': state.type, location: '/elsewhere' }).end(state.text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return Object.assign(state, { port, authority: await readFile(`${dir}/ca.pem`, 'utf8') })
}

const openStore = (dir: string, clock: Clock): Promise<SqliteStore> => openSqlite({ path: `${dir}/mail.db`, log: silentLogger, clock })

const zone = (id: string | undefined): DnsScript => ({
  'mta-sts.x.example': { A: ['127.0.0.1'] },
  ...(id === undefined ? {} : { '_mta-sts.x.example': { TXT: [`v=STSv1; id=${id}`] } }),
})

test('a policy is fetched once, kept as long as it says, and until it is announced anew', async (t) => {
  const server = await web(t, ['mta-sts.x.example'])
  const clock = new ManualClock()
  let id: string | undefined = '1'
  const resolver = {
    look: (...asked: Parameters<ReturnType<typeof scriptedResolver>['look']>) => scriptedResolver(zone(id)).look(...asked),
  } as ReturnType<typeof scriptedResolver>
  const store = await openStore(await tempDir(t), clock)
  t.after(() => store.close())
  const sts = new MtaSts({
    resolver,
    clock,
    policies: store.stsPolicies,
    port: server.port,
    authorities: [server.authority],
    log: silentLogger,
  })
  const mode = async (): Promise<string> => `${(await sts.policyOf('x.example'))?.mode ?? 'nothing'}, asked ${server.asked}`
  assert.deepEqual(await Promise.all([mode(), mode()]), ['enforce, asked 1', 'enforce, asked 1'])
  server.text = whole.replace('enforce', 'testing')
  assert.equal(await mode(), 'enforce, asked 1')
  id = '2'
  assert.equal(await mode(), 'testing, asked 2')
  // Who takes the record away does not take the policy away.
  id = undefined
  assert.equal(await mode(), 'testing, asked 2')
  // A policy that cannot be had leaves the old one, and is not asked for at once.
  id = '3'
  server.status = 301
  assert.equal(await mode(), 'testing, asked 3')
  assert.equal(await mode(), 'testing, asked 3')
  clock.advance(5 * 60_000)
  assert.equal(await mode(), 'testing, asked 4')
  clock.advance(604_800_000)
  assert.equal(await mode(), 'nothing, asked 5')
  clock.advance(5 * 60_000)
  server.status = 200
  for (const [type, text] of [
    ['text/html', whole],
    ['text/plain', 'no policy'],
    ['text/plain', `${whole}${'x: y\n'.repeat(20_000)}`],
  ] as const) {
    Object.assign(server, { type, text })
    assert.match(await mode(), /^nothing/)
    clock.advance(5 * 60_000)
  }
  Object.assign(server, { type: 'text/plain', text: whole })
  assert.match(await mode(), /^enforce/)
})

test('a policy from a server that nobody vouches for is none', async (t) => {
  const server = await web(t, ['mta-sts.other.example'])
  const resolver = scriptedResolver(zone('1'))
  const clock = new ManualClock()
  const store = await openStore(await tempDir(t), clock)
  t.after(() => store.close())
  const troubles: string[] = []
  const onTrouble = ({ domain, result, detail }: StsTrouble): void => void troubles.push(`${domain} ${result} ${detail}`)
  const sts = new MtaSts({
    resolver,
    clock,
    policies: store.stsPolicies,
    port: server.port,
    authorities: [server.authority],
    log: silentLogger,
    onTrouble,
  })
  assert.equal(await sts.policyOf('x.example'), undefined)
  assert.equal(server.asked, 0)
  assert.match(troubles.join(), /^x\.example sts-webpki-invalid .*altnames/)
  assert.equal(await sts.policyOf('y.example'), undefined)
})

test('a policy holds over restarts, and is fetched anew every day while it is used', async (t) => {
  const server = await web(t, ['mta-sts.x.example'])
  const clock = new ManualClock()
  const dir = await tempDir(t)
  let id: string | undefined = '1'
  const resolver = { look: (...asked: Parameters<Resolver['look']>) => scriptedResolver(zone(id)).look(...asked) } as Resolver
  const troubles: string[] = []
  const onTrouble = ({ result }: StsTrouble): void => void troubles.push(result)
  /** As a new process. */
  async function start(): Promise<{ sts: MtaSts; store: SqliteStore }> {
    const store = await openStore(dir, clock)
    const about = { resolver, clock, policies: store.stsPolicies, log: silentLogger, onTrouble }
    return { store, sts: new MtaSts({ ...about, port: server.port, authorities: [server.authority] }) }
  }
  const first = await start()
  assert.equal((await first.sts.policyOf('x.example'))?.mode, 'enforce')
  await first.store.close()
  // Who takes record and policy away finds that they are remembered.
  Object.assign(server, { status: 404 })
  id = undefined
  const { sts, store } = await start()
  assert.equal((await sts.policyOf('x.example'))?.mode, 'enforce')
  assert.equal(server.asked, 1)
  assert.deepEqual((await sts.policyOf('x.example'))?.lines?.slice(0, 2), ['version: STSv1', 'mode: enforce'])

  assert.equal(await sts.refresh(), 0, 'it is young')
  clock.advance(86_400_001)
  assert.equal(await sts.refresh(), 1)
  assert.deepEqual([server.asked, ...troubles], [1, 'sts-policy-fetch-error'])
  clock.advance(86_400_001)
  id = '1'
  assert.equal(await sts.refresh(), 1)
  assert.deepEqual([server.asked, ...troubles], [2, 'sts-policy-fetch-error', 'sts-policy-fetch-error'])
  assert.equal((await sts.policyOf('x.example'))?.mode, 'enforce')
  clock.advance(86_400_001)
  Object.assign(server, { status: 200, text: 'no policy' })
  await sts.refresh()
  assert.equal(troubles.at(-1), 'sts-policy-invalid')
  clock.advance(86_400_001)
  Object.assign(server, { text: whole })
  await sts.refresh()
  clock.advance(6 * 86_400_000)
  // A week after the first time, and six days after the last one.
  server.status = 404
  assert.equal((await sts.policyOf('x.example'))?.mode, 'enforce')
  clock.advance(86_400_001)
  assert.equal(await sts.policyOf('x.example'), undefined)
  await store.close()
})

test('mail to a domain with a policy goes to servers that keep it only', async (t) => {
  const bench = await Bench.open(t)
  const { store, authority } = await testTls(t, ['mx.good.example'])
  const peer = await scriptedPeer(t, { tls: store.secureContext })
  const policies = new Map([
    ['good.example', { mode: 'enforce', mx: ['mx.good.example'] }],
    ['unnamed.example', { mode: 'enforce', mx: ['mx.elsewhere.example'] }],
    ['wrong.example', { mode: 'enforce', mx: ['mx.wrong.example'] }],
    ['tested.example', { mode: 'testing', mx: ['mx.elsewhere.example'] }],
    ['mistaken.example', { mode: 'testing', mx: ['*.mistaken.example'], lines: ['mode: testing'] }],
  ] as const)
  const dns: DnsScript = Object.fromEntries(
    [...policies.keys()].flatMap((domain) => [
      [domain, { MX: [{ preference: 1, exchange: `mx.${domain}` }] }],
      [`mx.${domain}`, { A: ['127.0.0.1'] }],
    ]),
  )
  const told: string[] = []
  const queueId = await bench.queue([...policies.keys()].map((domain) => `a@${domain}`))
  bench.start({
    dns,
    port: peer.port,
    authorities: [authority],
    stsOf: (domain) => Promise.resolve(policies.get(domain as 'good.example')),
    onTls: ({ domain, result, detail, source, policy }) => {
      told.push(`${domain} ${policy?.type ?? ''} ${result} ${detail}`.trimEnd())
      if (domain === 'mistaken.example') {
        assert.deepEqual(policy, { type: 'sts', domain, lines: ['mode: testing'], patterns: ['*.mistaken.example'] })
        assert.equal(source, '127.0.0.1')
      }
    },
  })
  await bench.settled()
  assert.deepEqual(await bench.fates(queueId), [
    'a@good.example sent 250',
    'a@mistaken.example sent 250',
    'a@tested.example sent 250',
    'a@unnamed.example 4.7.5 in 5',
    'a@wrong.example 4.7.5 in 5',
  ])
  assert.deepEqual(told.sort(), [
    'good.example sts success',
    // What is tested fails in reports alone.
    'mistaken.example sts certificate-host-mismatch',
    'tested.example sts validation-failure no-server-of-the-policy',
    "unnamed.example sts validation-failure mx.unnamed.example is no mail server by the domain's MTA-STS policy",
    'wrong.example sts certificate-host-mismatch The certificate of mx.wrong.example does not do: certificate-host-mismatch',
  ])
})
