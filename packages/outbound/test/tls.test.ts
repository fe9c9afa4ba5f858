import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { scriptedPeer } from '@mailstead/testkit'
import type { TlsaData } from '@mailstead/resolver'
import { daneFailure, decideTls, type Hop, type StsPolicy, type TlsDecision, type TlsQuestion } from '@mailstead/outbound'
import { Bench } from './bench.ts'
import { plainSocket, testTls } from './support.ts'

const plain = { port: 25, addresses: ['192.0.2.1'], lmtp: false, implicitTls: false, login: undefined }
const mx = (mxSecure: boolean): Hop => ({
  ...plain,
  host: 'mx.a.example',
  safety: { kind: 'mx', domain: 'a.example', mxSecure, addressSecure: mxSecure },
})
const smart = (tls: 'opportunistic' | 'encrypted' | 'verified', login?: { user: string; password: string }): Hop => ({
  ...plain,
  host: 'smart.example',
  login,
  safety: { kind: 'configured', tls },
})
const literal: Hop = { ...plain, host: '192.0.2.1', safety: { kind: 'literal' } }

const tlsa = (usage: number, data: Uint8Array = new Uint8Array(32), matching = 1, selector = 1): TlsaData => ({
  usage,
  selector,
  matching,
  data,
})
const records = (authenticated: boolean, ...list: TlsaData[]): TlsQuestion['tlsa'] => ({ kind: 'records', records: list, authenticated })
const none = { kind: 'none', reason: 'no-such-record', authenticated: true } as const
const failed = { kind: 'failed', reason: 'server-failure' } as const
const sts = (mode: StsPolicy['mode'], ...names: string[]): StsPolicy => ({ mode, mx: names })
const enforce = sts('enforce', '*.a.example')

const short = (decision: TlsDecision): string =>
  decision.kind === 'skip' ? `skip ${decision.status}` : `${decision.policy.kind} by ${decision.reason}`

const TABLE: [name: string, question: Partial<TlsQuestion>, expected: string][] = [
  ['nothing known', {}, 'opportunistic by no-policy-found'],
  ['TLSA absent', { hop: mx(true), tlsa: none }, 'opportunistic by no-policy-found'],
  ['TLSA of an authority and a server', { hop: mx(true), tlsa: records(true, tlsa(2), tlsa(3)) }, 'dane by tlsa'],
  ['TLSA nobody vouches for', { hop: mx(true), tlsa: records(false, tlsa(3)) }, 'opportunistic by no-policy-found'],
  ['TLSA for web authorities', { hop: mx(true), tlsa: records(true, tlsa(0), tlsa(1)) }, 'encrypted by tlsa'],
  ['TLSA with a digest too short', { hop: mx(true), tlsa: records(true, tlsa(3, new Uint8Array(31))) }, 'encrypted by tlsa'],
  ['TLSA with an unknown digest', { hop: mx(true), tlsa: records(true, tlsa(3, new Uint8Array(32), 9)) }, 'encrypted by tlsa'],
  ['TLSA that cannot be had', { hop: mx(true), tlsa: failed }, 'skip 4.7.5'],
  ['a failing DANE check is not overridden', { hop: mx(true), tlsa: failed, sts: enforce }, 'skip 4.7.5'],
  ['DANE before MTA-STS', { hop: mx(true), tlsa: records(true, tlsa(3)), sts: enforce }, 'dane by tlsa'],
  ['enforced', { sts: enforce }, 'verified by sts'],
  ['enforced, without TLSA', { hop: mx(true), tlsa: none, sts: enforce }, 'verified by sts'],
  ['enforced for others', { sts: sts('enforce', 'mx.b.example', 'a.example', '*.example') }, 'skip 4.7.5'],
  ['tested', { sts: sts('testing', 'mx.b.example') }, 'opportunistic by sts'],
  ['no more', { sts: sts('none') }, 'opportunistic by no-policy-found'],
  ['REQUIRETLS', { demand: 'required' }, 'skip 5.7.10'],
  ['REQUIRETLS and DNSSEC', { demand: 'required', hop: mx(true), tlsa: none }, 'verified by no-policy-found'],
  ['REQUIRETLS and DANE', { demand: 'required', hop: mx(true), tlsa: records(true, tlsa(3)) }, 'dane by tlsa'],
  ['REQUIRETLS and TLSA of no use', { demand: 'required', hop: mx(true), tlsa: records(true, tlsa(1)) }, 'verified by tlsa'],
  ['REQUIRETLS and MTA-STS', { demand: 'required', sts: enforce }, 'verified by sts'],
  ['REQUIRETLS and MTA-STS that is tested', { demand: 'required', sts: sts('testing', 'mx.a.example') }, 'verified by sts'],
  ['REQUIRETLS and MTA-STS of others', { demand: 'required', sts: sts('testing', 'mx.b.example') }, 'skip 5.7.10'],
  ['REQUIRETLS to an address', { demand: 'required', hop: literal }, 'skip 5.7.10'],
  ['an address', { hop: literal }, 'opportunistic by no-policy-found'],
  ['TLS-Required: No', { demand: 'optional', hop: mx(true), tlsa: failed, sts: enforce }, 'opportunistic by no-policy-found'],
  ['a smarthost', { hop: smart('opportunistic') }, 'opportunistic by configured'],
  ['a smarthost with a login', { hop: smart('opportunistic', { user: 'a', password: 'b' }) }, 'encrypted by configured'],
  ['a smarthost that is looked at', { hop: smart('verified') }, 'verified by configured'],
  ['a smarthost and REQUIRETLS', { hop: smart('opportunistic'), demand: 'required' }, 'verified by configured'],
]

for (const [name, question, expected] of TABLE) {
  test(`TLS: ${name}`, () => {
    const all: TlsQuestion = {
      hop: mx(false),
      demand: 'usual',
      tlsa: undefined,
      tlsaBase: 'mx.a.example',
      sts: undefined,
      ...question,
    }
    assert.equal(short(decideTls(all)), expected)
  })
}

test('certificates and the records that vouch for them', async (t) => {
  const { store, authority } = await testTls(t, ['mx.a.example'])
  const ca = new X509Certificate(authority)
  const other = new X509Certificate((await testTls(t)).authority)
  const peer = await scriptedPeer(t, { tls: store.secureContext })
  const leaf = await leafOf(peer.port)
  const spki = (certificate: X509Certificate): Buffer => certificate.publicKey.export({ type: 'spki', format: 'der' })
  const sha = (octets: Uint8Array, hash = 'sha256'): Uint8Array => createHash(hash).update(octets).digest()
  const now = Date.now()
  const later = now + 500 * 24 * 3_600_000
  const cases: [record: TlsaData, chain: X509Certificate[], names: string[], at: number, expected: string | undefined][] = [
    [tlsa(3, sha(spki(leaf))), [leaf], [], now, undefined],
    [tlsa(3, sha(spki(leaf))), [leaf], [], later, undefined], // neither name nor dates count
    [tlsa(3, sha(leaf.raw, 'sha512'), 2, 0), [leaf], [], now, undefined],
    [tlsa(3, leaf.raw, 0, 0), [leaf], [], now, undefined],
    [tlsa(3, spki(leaf), 0, 1), [leaf], [], now, undefined],
    [tlsa(3, sha(spki(ca))), [leaf, ca], ['mx.a.example'], now, 'certificate-not-trusted'],
    [tlsa(2, sha(spki(ca))), [leaf, ca], ['mx.a.example'], now, undefined],
    [tlsa(2, sha(spki(ca))), [leaf, ca], ['mx.b.example'], now, 'certificate-host-mismatch'],
    [tlsa(2, sha(spki(ca))), [leaf, ca], ['mx.a.example'], later, 'certificate-expired'],
    [tlsa(2, sha(spki(ca))), [leaf], ['mx.a.example'], now, 'certificate-not-trusted'],
    [tlsa(2, sha(spki(leaf))), [leaf, ca], ['mx.a.example'], now, 'certificate-not-trusted'],
    [tlsa(2, ca.raw, 0, 0), [leaf], ['mx.a.example'], now, undefined],
    [tlsa(2, sha(spki(other))), [leaf, other], ['mx.a.example'], now, 'certificate-not-trusted'],
    [tlsa(2, other.raw, 0, 0), [leaf], ['mx.a.example'], now, 'certificate-not-trusted'],
    [tlsa(3, sha(spki(leaf))), [], [], now, 'validation-failure'],
  ]
  for (const [at, [record, chain, names, when, expected]] of cases.entries())
    assert.equal(daneFailure([record], chain, names, when), expected, `case ${at}`)
})

test('mail to a domain with TLSA records: right, wrong, and not to be had', async (t) => {
  const bench = await Bench.open(t)
  const { store } = await testTls(t, ['mx.a.example'])
  const peer = await scriptedPeer(t, { tls: store.secureContext })
  const good = createHash('sha256')
    .update((await leafOf(peer.port)).publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
  const domain = (name: string, answer: 'timeout' | { records: TlsaData[]; authenticated: boolean }): object => ({
    [`${name}.example`]: { MX: { records: [{ preference: 1, exchange: `mx.${name}.example` }], authenticated: true } },
    [`mx.${name}.example`]: { A: { records: ['127.0.0.1'], authenticated: true } },
    [`_${peer.port}._tcp.mx.${name}.example`]: { TLSA: answer },
  })
  const queueId = await bench.queue(
    ['good', 'wrong', 'lost', 'useless', 'alias', 'plain', 'out', 'open'].map((name) => `a@${name}.example`),
  )
  const results: string[] = []
  bench.start({
    port: peer.port,
    dns: {
      ...domain('good', { records: [tlsa(3, good)], authenticated: true }),
      ...domain('wrong', { records: [tlsa(3)], authenticated: true }),
      ...domain('useless', { records: [tlsa(0)], authenticated: true }),
      ...domain('lost', 'timeout'),
      // An alias, with records under the name that it leads to; and one without, so that those of its own name count.
      ...domain('alias', { records: [tlsa(3)], authenticated: true }),
      'mx.alias.example': { A: { records: ['127.0.0.1'], authenticated: true, alias: 'real.example' } },
      [`_${peer.port}._tcp.real.example`]: { TLSA: { records: [tlsa(3, good)], authenticated: true } },
      ...domain('plain', { records: [tlsa(3)], authenticated: true }),
      'mx.plain.example': { A: { records: ['127.0.0.1'], authenticated: true, alias: 'bare.example' } },
      // Nobody vouches for where the alias leads: for the alias itself somebody does, and nobody.
      ...domain('out', { records: [tlsa(3)], authenticated: true }),
      'mx.out.example': {
        A: { records: ['127.0.0.1'], authenticated: false, alias: 'far.example' },
        CNAME: { records: ['far.example'], authenticated: true },
      },
      ...domain('open', { records: [tlsa(3)], authenticated: true }),
      'mx.open.example': { A: { records: ['127.0.0.1'], authenticated: false, alias: 'far.example' }, CNAME: ['far.example'] },
    },
    onTls: ({ host, reason, result }) => results.push(`${host} ${reason} ${result}`),
  })
  await bench.settled()
  assert.deepEqual(await bench.fates(queueId), [
    'a@alias.example sent 250',
    'a@good.example sent 250',
    'a@lost.example 4.7.5 in 5',
    'a@open.example sent 250',
    'a@out.example 4.7.5 in 5',
    'a@plain.example 4.7.5 in 5',
    'a@useless.example sent 250',
    'a@wrong.example 4.7.5 in 5',
  ])
  assert.ok(peer.messages.every(({ secure }) => secure))
  assert.deepEqual(results.sort(), [
    'mx.alias.example tlsa success',
    'mx.good.example tlsa success',
    'mx.lost.example tlsa dnssec-invalid',
    'mx.open.example no-policy-found success',
    'mx.out.example tlsa certificate-not-trusted',
    'mx.plain.example tlsa certificate-not-trusted',
    'mx.useless.example tlsa tlsa-invalid',
    'mx.wrong.example tlsa certificate-not-trusted',
  ])
})

async function leafOf(port: number): Promise<X509Certificate> {
  const raw = await plainSocket(port)
  const said = (): Promise<unknown> => new Promise((resolve) => raw.once('data', resolve))
  await said()
  raw.write('EHLO x\r\n')
  await said()
  raw.write('STARTTLS\r\n')
  await said()
  const socket = connect({ socket: raw, rejectUnauthorized: false })
  await new Promise((resolve) => socket.once('secureConnect', resolve))
  const leaf = socket.getPeerX509Certificate()
  socket.destroy()
  assert.ok(leaf)
  return leaf
}
