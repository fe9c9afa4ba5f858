import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seeded } from '@mailstead/testkit'
import { scriptedResolver, type DnsScript } from '@mailstead/resolver/scripted'
import {
  chooseRoute,
  DNS_ONLY,
  findHops,
  ipv6Confirmed,
  type HopContext,
  type Hops,
  type RouteTarget,
  type RoutingTable,
} from '@mailstead/outbound'

const address = (last: number): string => `192.0.2.${last}`

/** A host's address ends in the number in its name. */
const HOSTS: DnsScript = Object.fromEntries(
  Array.from({ length: 9 }, (_, n) => [`mx${n}.example`, { A: [address(n)], AAAA: [`2001:db8::${n}`] }] as const),
)

function context(script: DnsScript, more: Partial<HopContext> = {}): HopContext {
  return {
    resolver: scriptedResolver({ ...HOSTS, ...script }),
    port: 25,
    ipv6: false,
    own: { names: new Set(['here.example']), addresses: new Set([address(0)]) },
    random: () => 0,
    ...more,
  }
}

const short = (hops: Hops): string =>
  hops.kind === 'none'
    ? `${hops.permanent ? 'failed' : 'deferred'} ${hops.diagnosis.status}`
    : hops.hops.map(({ host, port, addresses }) => `${host}:${port} ${addresses.join()}`).join('; ')

const mx = (...exchanges: readonly (readonly [number, string])[]) => ({
  MX: exchanges.map(([preference, exchange]) => ({ preference, exchange })),
})

const TABLE: [name: string, domain: string, script: DnsScript, expected: string][] = [
  [
    'by preference',
    'x.example',
    { 'x.example': mx([20, 'mx2.example'], [10, 'mx1.example']) },
    'mx1.example:25 192.0.2.1; mx2.example:25 192.0.2.2',
  ],
  ['no MX', 'mx3.example', {}, 'mx3.example:25 192.0.2.3'],
  ['no such name', 'x.example', {}, 'failed 5.1.2'],
  ['neither MX nor address', 'x.example', { 'x.example': { TXT: ['x'] } }, 'failed 5.1.2'],
  ['null MX', 'x.example', { 'x.example': { ...mx([0, '']), A: [address(7)] } }, 'failed 5.1.10'],
  ['a null MX among others', 'x.example', { 'x.example': mx([0, ''], [10, 'mx1.example']) }, 'mx1.example:25 192.0.2.1'],
  ['MX with an address for a name', 'x.example', { 'x.example': { ...mx([0, address(5)]), A: [address(7)] } }, 'failed 5.4.4'],
  ['MX that does not exist', 'x.example', { 'x.example': { ...mx([0, 'gone.example']), A: [address(7)] } }, 'failed 5.4.4'],
  ['MX of which one does not exist', 'x.example', { 'x.example': mx([0, 'gone.example'], [5, 'mx1.example']) }, 'mx1.example:25 192.0.2.1'],
  [
    'MX of which one cannot be looked up',
    'x.example',
    { 'x.example': mx([0, 'slow.example']), 'slow.example': { A: 'timeout' } },
    'deferred 4.4.3',
  ],
  ['time-out', 'x.example', { 'x.example': { MX: 'timeout' } }, 'deferred 4.4.3'],
  ['SERVFAIL', 'x.example', { 'x.example': { MX: 'server-failure' } }, 'deferred 4.4.3'],
  ['address looked up in vain', 'x.example', { 'x.example': { A: 'server-failure' } }, 'deferred 4.4.3'],
  ['ourselves the best', 'x.example', { 'x.example': mx([0, 'here.example'], [5, 'mx1.example']) }, 'failed 5.4.6'],
  ['ourselves by address', 'x.example', { 'x.example': mx([0, 'mx0.example']) }, 'failed 5.4.6'],
  ['ourselves among equals', 'x.example', { 'x.example': mx([5, 'mx0.example'], [5, 'mx1.example']) }, 'failed 5.4.6'],
  [
    'ourselves the second',
    'x.example',
    { 'x.example': mx([5, 'mx1.example'], [10, 'mx0.example'], [20, 'mx2.example']) },
    'mx1.example:25 192.0.2.1',
  ],
  [
    'better than ourselves and dead',
    'x.example',
    { 'x.example': mx([5, 'slow.example'], [10, 'mx0.example']), 'slow.example': { A: 'timeout' } },
    'deferred 4.4.3',
  ],
  ['ourselves without MX', 'mx0.example', {}, 'failed 5.4.6'],
  ['IDN', 'bücher.example', { 'xn--bcher-kva.example': mx([0, 'mx1.example']) }, 'mx1.example:25 192.0.2.1'],
  ['no domain', 'a b', {}, 'failed 5.1.2'],
  ['a literal', '[192.0.2.9]', {}, '192.0.2.9:25 192.0.2.9'],
  ['a literal of IPv6', '[IPv6:2001:db8::9]', {}, '2001:db8::9:25 2001:db8::9'],
  ['our own literal', '[192.0.2.0]', {}, 'failed 5.4.6'],
]

for (const [name, domain, script, expected] of TABLE) {
  test(`MX: ${name}`, async () => assert.equal(short(await findHops(chooseRoute(DNS_ONLY, domain, 'a@b'), context(script))), expected))
}

test('equals come in any order, and every order comes', async () => {
  const script = { 'x.example': mx([5, 'mx1.example'], [5, 'mx2.example'], [5, 'mx3.example'], [1, 'mx4.example']) }
  const chance = seeded(1)
  const seen = new Set<string>()
  for (let round = 0; round < 100; round++) {
    const hops = await findHops(chooseRoute(DNS_ONLY, 'x.example', ''), context(script, { random: () => chance.next() }))
    assert.ok(hops.kind === 'hops')
    assert.equal(hops.hops[0]?.host, 'mx4.example')
    seen.add(hops.hops.map(({ host }) => host).join())
  }
  assert.equal(seen.size, 6)
})

test('IPv6 first where it is allowed, and only the families that the source has', async () => {
  const script = { 'x.example': mx([5, 'mx1.example']) }
  const addresses = async (source: object): Promise<string> =>
    short(await findHops({ ...chooseRoute(DNS_ONLY, 'x.example', ''), source }, context(script, { ipv6: true })))
  assert.equal(await addresses({}), 'mx1.example:25 2001:db8::1,192.0.2.1')
  assert.equal(await addresses({ ipv4: address(8) }), 'mx1.example:25 192.0.2.1')
  assert.equal(await addresses({ ipv6: '2001:db8::8' }), 'mx1.example:25 2001:db8::1')
})

test('what DNSSEC vouches for is told', async () => {
  const script: DnsScript = {
    'x.example': {
      MX: {
        records: [
          { preference: 1, exchange: 'safe.example' },
          { preference: 2, exchange: 'mx1.example' },
        ],
        authenticated: true,
      },
    },
    'safe.example': { A: { records: [address(9)], authenticated: true } },
  }
  const hops = await findHops(chooseRoute(DNS_ONLY, 'x.example', ''), context(script))
  assert.deepEqual(hops.kind === 'hops' && hops.hops.map(({ safety }) => safety), [
    { kind: 'mx', domain: 'x.example', mxSecure: true, addressSecure: true },
    { kind: 'mx', domain: 'x.example', mxSecure: true, addressSecure: false },
  ])
})

const smart = (host: string, more: object = {}): RouteTarget => ({ kind: 'hosts', hosts: [{ host, port: 587, ...more }] })
const ROUTES: RoutingTable = {
  recipientDomains: new Map<string, RouteTarget>([
    ['static.example', smart('mx1.example')],
    ['.static.example', smart('mx2.example')],
    ['.deep.static.example', { kind: 'hold' }],
    ['direct.example', { kind: 'mx' }],
    ['lists.example', smart('x.example', { mx: true })],
    [
      'two.example',
      {
        kind: 'hosts',
        hosts: [
          { host: 'gone.example', port: 25 },
          { host: '192.0.2.77', port: 26 },
        ],
      },
    ],
    ['gone.example', smart('gone.example')],
  ]),
  senderDomains: new Map([['xn--bcher-kva.example', smart('mx3.example')]]),
  fallback: smart('mx4.example'),
  sources: new Map([['branch.example', { ipv4: address(200), heloName: 'branch.example' }]]),
}

const WAYS: [domain: string, mailFrom: string, expected: string][] = [
  ['static.example', '', 'mx1.example:587 192.0.2.1'],
  ['a.static.example', '', 'mx2.example:587 192.0.2.2'],
  ['a.deep.static.example', '', 'deferred 4.4.4'],
  ['static.example', 'a@bücher.example', 'mx1.example:587 192.0.2.1'],
  ['any.example', 'a@BÜCHER.example', 'mx3.example:587 192.0.2.3'],
  ['any.example', '', 'mx4.example:587 192.0.2.4'],
  ['direct.example', 'a@bücher.example', 'mx5.example:25 192.0.2.5'],
  ['lists.example', '', 'mx6.example:587 192.0.2.6'],
  ['two.example', '', '192.0.2.77:26 192.0.2.77'],
  ['gone.example', '', 'deferred 4.4.3'],
]

for (const [domain, mailFrom, expected] of WAYS) {
  test(`route of ${domain} from <${mailFrom}>`, async () => {
    const script = { 'direct.example': mx([0, 'mx5.example']), 'x.example': mx([0, 'mx6.example']) }
    assert.equal(short(await findHops(chooseRoute(ROUTES, domain, mailFrom), context(script))), expected)
  })
}

test('routes to the same servers share a key, other sources and servers do not', () => {
  const key = (domain: string, mailFrom = ''): string => chooseRoute(ROUTES, domain, mailFrom).key
  assert.equal(key('one.example'), key('other.example'))
  assert.notEqual(key('one.example'), key('one.example', 'a@branch.example'))
  assert.notEqual(key('one.example'), key('static.example'))
  assert.notEqual(chooseRoute(DNS_ONLY, 'a.example', '').key, chooseRoute(DNS_ONLY, 'b.example', '').key)
  assert.deepEqual(chooseRoute(ROUTES, 'one.example', 'a@branch.example').source, { ipv4: address(200), heloName: 'branch.example' })
})

test('IPv6 is for whose addresses have names that lead back', async () => {
  const reverse = '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'
  const confirmed = (script: DnsScript, addresses = ['2001:db8::1']): Promise<boolean> => ipv6Confirmed(addresses, scriptedResolver(script))
  assert.equal(await confirmed({ [reverse]: { PTR: ['mx1.example'] }, ...HOSTS }), true)
  assert.equal(await confirmed({ [reverse]: { PTR: ['mx2.example'] }, ...HOSTS }), false)
  assert.equal(await confirmed(HOSTS), false)
  assert.equal(await confirmed(HOSTS, []), false)
  assert.equal(await confirmed({ [reverse]: { PTR: ['mx1.example'] }, ...HOSTS }, ['2001:db8::1', '2001:db8::2']), false)
})
