import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { connect as connectPlain } from 'node:net'
import { connect } from 'node:tls'
import { test, type TestContext } from 'node:test'
import { silentLogger, systemClock } from '@mailstead/base'
import { ConnectionGate, listen, openTls } from '@mailstead/net'
import { MtaSts, parseStsPolicy, stsRecordId } from '@mailstead/outbound'
import { scriptedResolver } from '@mailstead/resolver/scripted'
import { openSqlite } from '@mailstead/sqlite'
import { ManualClock, tempDir } from '@mailstead/testkit'
import { createStsService, stsPolicyId, stsPolicyText } from '@mailstead/web'

const POLICY = { mode: 'testing', mx: ['mx.example.org', '*.example.net'], maxAge: 86_400 } as const

test('the policy is one that senders read, and its id is another one when it is', () => {
  assert.equal(stsPolicyText(POLICY), 'version: STSv1\r\nmode: testing\r\nmx: mx.example.org\r\nmx: *.example.net\r\nmax_age: 86400\r\n')
  assert.deepEqual(parseStsPolicy(stsPolicyText(POLICY)), { policy: { mode: 'testing', mx: POLICY.mx }, maxAge: 86_400 })
  const ids = [POLICY, { ...POLICY, mode: 'enforce' as const }, { ...POLICY, maxAge: 1 }, { ...POLICY, mx: ['mx.example.org'] }].map(
    stsPolicyId,
  )
  assert.equal(new Set(ids).size, 4)
  for (const id of ids) assert.equal(stsRecordId([`v=STSv1; id=${id};`]), id)
  assert.equal(stsPolicyId({ ...POLICY }), ids[0])
})

interface Site {
  readonly port: number
  readonly authority: string
  readonly clock: ManualClock
  /** What comes back for these octets on a connection for `name`. */
  readonly ask: (octets: string, name?: string) => Promise<string>
}

async function site(t: TestContext): Promise<Site> {
  const dir = await tempDir(t)
  const tls = await openTls({
    dir,
    hostName: 'mx.example.org',
    names: ['mta-sts.example.org', 'mta-sts.other.example'],
    log: silentLogger,
    clock: systemClock,
  })
  const clock = new ManualClock()
  const service = await createStsService({
    policyOf: async (domain) => (domain === 'example.org' ? stsPolicyText(POLICY) : undefined),
    certificateFor: (name) => (tls.covers(name) ? tls.secureContext : undefined),
    clock,
    log: silentLogger,
  })
  const gate = new ConnectionGate({ total: 100, perAddress: 100, exemptLoopback: true })
  const listener = await listen({ host: '127.0.0.1', port: 0, service, gate, clock, log: silentLogger })
  t.after(async () => {
    await listener.close()
    await service.drain(0)
    tls.close()
  })
  const { port } = listener.address
  const authority = await readFile(`${dir}/ca.pem`, 'utf8')
  const ask = (octets: string, name = 'mta-sts.example.org'): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, servername: name, ca: authority }, () => socket.write(octets))
      let text = ''
      socket.setEncoding('latin1').on('data', (more: string) => (text += more))
      socket.once('end', () => resolve(text)).once('error', reject)
    })
  return { port, authority, clock, ask }
}

const request = (line: string, host = 'mta-sts.example.org'): string => `${line} HTTP/1.1\r\nHost: ${host}\r\n\r\n`
const PATH = '/.well-known/mta-sts.txt'

const CASES: [octets: string, status: string][] = [
  [request(`GET ${PATH}`), '200'],
  [request(`GET ${PATH}`, 'MTA-STS.example.org:443'), '200'],
  [request(`HEAD ${PATH}`), '200'],
  [request(`POST ${PATH}`), '405'],
  [request('GET /'), '404'],
  [request(`GET ${PATH}?x`), '404'],
  [request(`GET /.well-known/../.well-known/mta-sts.txt`), '404'],
  [request(`GET ${PATH}`, 'mta-sts.other.example'), '404'],
  [request(`GET ${PATH}`, 'example.org'), '404'],
  [request(`GET ${PATH}`, 'mta-sts.'), '404'],
  [`GET ${PATH} HTTP/1.1\r\nX: ${'x'.repeat(9000)}\r\n\r\n`, ''],
  ['hello\r\n\r\n', ''],
]

test('one path of our domains is served, and nothing else', async (t) => {
  const { ask } = await site(t)
  for (const [octets, status] of CASES) {
    const answer = await ask(octets)
    assert.equal(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? '', status, octets.slice(0, 100))
    assert.equal(answer.endsWith(`\r\n\r\n${stsPolicyText(POLICY)}`), status === '200' && octets.startsWith('GET'), octets.slice(0, 100))
  }
  // One request a connection.
  assert.equal((await ask(request(`GET ${PATH}`).repeat(3))).split('HTTP/1.1 ').length, 2)
  assert.equal(await ask(request(`GET ${PATH}`), 'mta-sts.nobody.example').catch(() => ''), '', 'there is no certificate for it')
})

test('who says nothing is cut off', async (t) => {
  const { port, clock } = await site(t)
  const socket = connectPlain(port, '127.0.0.1')
  const end = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => {})
  while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  clock.advance(20_000)
  await end
})

test('our own sender finds it', async (t) => {
  const { port, authority, clock } = await site(t)
  const store = await openSqlite({ path: `${await tempDir(t)}/mail.db`, log: silentLogger, clock })
  const resolver = scriptedResolver({
    '_mta-sts.example.org': { TXT: [`v=STSv1; id=${stsPolicyId(POLICY)};`] },
    'mta-sts.example.org': { A: ['127.0.0.1'] },
  })
  const sts = new MtaSts({ resolver, clock, policies: store.stsPolicies, port, authorities: [authority], log: silentLogger })
  assert.equal((await sts.policyOf('example.org'))?.mode, 'testing')
  await store.close()
})
