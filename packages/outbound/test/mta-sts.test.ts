import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:https'
import { readFile } from 'node:fs/promises'
import { test, type TestContext } from 'node:test'
import { silentLogger, systemClock } from '@mailstead/base'
import { openTls } from '@mailstead/net'
import { scriptedResolver, type DnsScript } from '@mailstead/resolver/scripted'
import { ManualClock, scriptedPeer, tempDir } from '@mailstead/testkit'
import { MtaSts, parseStsPolicy, stsRecordId } from '@mailstead/outbound'
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
  const sts = new MtaSts({ resolver, clock, port: server.port, authorities: [server.authority], log: silentLogger })
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
  const sts = new MtaSts({ resolver, clock: new ManualClock(), port: server.port, authorities: [server.authority], log: silentLogger })
  assert.equal(await sts.policyOf('x.example'), undefined)
  assert.equal(server.asked, 0)
  assert.equal(await sts.policyOf('y.example'), undefined)
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
  ] as const)
  const dns: DnsScript = Object.fromEntries(
    [...policies.keys()].flatMap((domain) => [
      [domain, { MX: [{ preference: 1, exchange: `mx.${domain}` }] }],
      [`mx.${domain}`, { A: ['127.0.0.1'] }],
    ]),
  )
  const queueId = await bench.queue([...policies.keys()].map((domain) => `a@${domain}`))
  bench.start({
    dns,
    port: peer.port,
    authorities: [authority],
    stsOf: (domain) => Promise.resolve(policies.get(domain as 'good.example')),
  })
  await bench.settled()
  assert.deepEqual(await bench.fates(queueId), [
    'a@good.example sent 250',
    'a@tested.example sent 250',
    'a@unnamed.example 4.7.5 in 5',
    'a@wrong.example 4.7.5 in 5',
  ])
})
