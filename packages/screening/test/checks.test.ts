import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Finding } from '@mailstead/delivery'
import { scriptedResolver, type DnsScript } from '@mailstead/resolver/scripted'
import { collectLogger } from '@mailstead/testkit'
import { checkDnsLists } from '../src/checks/dns-lists.ts'
import { checkHelo } from '../src/checks/helo.ts'
import { checkReverseName } from '../src/checks/reverse-name.ts'
import { checkSenderDomain } from '../src/checks/sender-domain.ts'
import { isGenericName } from '../src/generic-name.ts'

const V4 = '192.0.2.17'
const V6 = '2001:db8::25'
const PTR4 = '17.2.0.192.in-addr.arpa'
const NIBBLES = '5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2'

function tools(script: DnsScript) {
  return { resolver: scriptedResolver(script), log: collectLogger() }
}

const names = (findings: readonly Finding[]): string[] => findings.map(({ check }) => check)

test('reverse DNS', async (t) => {
  const rows: readonly (readonly [title: string, address: string, script: DnsScript, ...expected: string[]])[] = [
    ['confirmed', V4, { [PTR4]: { PTR: ['mx.far.example'] }, 'mx.far.example': { A: [V4] } }],
    ['confirmed, IPv6', V6, { [`${NIBBLES}.ip6.arpa`]: { PTR: ['mx.far.example'] }, 'mx.far.example': { AAAA: ['2001:db8:0::25'] } }],
    ['no name', V4, {}, 'no-reverse-name'],
    ['a name without PTR', V4, { [PTR4]: {} }, 'no-reverse-name'],
    ['leads elsewhere', V4, { [PTR4]: { PTR: ['mx.far.example'] }, 'mx.far.example': { A: ['192.0.2.18'] } }, 'unconfirmed-name'],
    ['leads nowhere', V4, { [PTR4]: { PTR: ['mx.far.example'] } }, 'unconfirmed-name'],
    ['is no name', V4, { [PTR4]: { PTR: ['a b'] } }, 'unconfirmed-name'],
    ['one of two leads back', V4, { [PTR4]: { PTR: ['a.example', 'b.example'] }, 'b.example': { A: [V4] } }],
    ['PTR fails', V4, { [PTR4]: { PTR: 'server-failure' } }],
    ['A fails', V4, { [PTR4]: { PTR: ['a.example', 'b.example'] }, 'a.example': { A: 'timeout' } }],
    ['generic', V4, { [PTR4]: { PTR: ['192-0-2-17.isp.example'] }, '192-0-2-17.isp.example': { A: [V4] } }, 'generic-name'],
    [
      'one generic, one chosen',
      V4,
      {
        [PTR4]: { PTR: ['192-0-2-17.isp.example', 'mx.far.example'] },
        '192-0-2-17.isp.example': { A: [V4] },
        'mx.far.example': { A: [V4] },
      },
    ],
  ]
  for (const [title, address, script, ...expected] of rows) {
    await t.test(title, async () => assert.deepEqual(names(await checkReverseName(address, tools(script))), expected))
  }
  await t.test('few of many names are looked at', async () => {
    const { resolver, log } = tools({ [PTR4]: { PTR: Array.from({ length: 300 }, (_, n) => `n${n}.example`) } })
    await checkReverseName(V4, { resolver, log })
    assert.equal(resolver.asked.length, 6)
  })
})

test('names that a provider gave', () => {
  const generic = [
    '192-0-2-17.isp.example',
    '17.2.0.192.isp.example',
    'ip192.0.2.17.isp.example',
    'host-192-000-002-017.isp.example',
    'static192000002017.isp.example',
    'c0000211.isp.example',
    'dsl.isp.example',
    'a7.dyn.isp.example',
    'pool-3.isp.example',
    'cpe-dynamic-9.isp.example',
  ]
  const chosen = [
    'mx.far.example',
    'mail-wr1-f41.google.example',
    'a2-17.smtp-out.example',
    'mail192.far.example',
    'o17.ptr2.sender.example',
    'dynamics.example',
    'carpool.example',
    '1192-0-2-17.example',
    'customers.example',
  ]
  for (const name of generic) assert.equal(isGenericName(name, V4), true, name)
  for (const name of chosen) assert.equal(isGenericName(name, V4), false, name)
  assert.equal(isGenericName('2001-db8-1-2-a-b-c-d.isp.example', '2001:db8:1:2:a:b:c:d'), true)
  assert.equal(isGenericName('h20010db800010002000a000b000c000d.isp.example', '2001:db8:1:2:a:b:c:d'), true)
  assert.equal(isGenericName('mx.far.example', V6), false)
  assert.equal(isGenericName('mx-25.far.example', V6), false)
})

test('EHLO', async (t) => {
  const script: DnsScript = {
    'mx.far.example': { A: ['192.0.2.99'] },
    'six.far.example': { AAAA: [V6] },
    'mailonly.example': { MX: [{ preference: 1, exchange: 'mx.far.example' }] },
    'slow.example': { A: 'timeout' },
  }
  const isOurs = (name: string): Promise<boolean> => Promise.resolve(['mx.example.org', 'example.org'].includes(name))
  const rows: readonly (readonly [name: string, address: string, ...expected: string[]])[] = [
    ['mx.far.example', V4],
    ['six.far.example', V4],
    ['slow.example', V4],
    ['gone.example', V4, 'helo-unknown'],
    ['mailonly.example', V4, 'helo-unknown'],
    ['[192.0.2.17]', V4],
    ['[IPv6:2001:db8:0:0::25]', V6],
    ['[192.0.2.18]', V4, 'helo-foreign-address'],
    ['[IPv6:2001:db8::26]', V6, 'helo-foreign-address'],
    ['192.0.2.17', V4, 'helo-bare-address'],
    ['2001:db8::25', V6, 'helo-bare-address'],
    ['localhost', V4, 'helo-no-name'],
    ['my_pc', V4, 'helo-no-name'],
    ['a..example', V4, 'helo-no-name'],
    ['MX.example.org', V4, 'helo-ours'],
    ['example.org', V4, 'helo-ours'],
  ]
  for (const [name, address, ...expected] of rows) {
    await t.test(`${name} from ${address}`, async () =>
      assert.deepEqual(names(await checkHelo({ name, address, isOurs }, tools(script))), expected),
    )
  }
})

test('sender domains', async (t) => {
  const script: DnsScript = {
    'mx.example': { MX: [{ preference: 10, exchange: 'a.example' }] },
    'null.example': { MX: [{ preference: 0, exchange: '' }], A: [V4] },
    'a.example': { A: [V4] },
    'aaaa.example': { AAAA: [V6] },
    'text.example': { TXT: ['v=spf1 -all'] },
    'slow.example': { MX: 'timeout' },
    'half.example': { AAAA: 'server-failure' },
  }
  const bad = new Set(['null.example', 'text.example', 'none.example'])
  for (const domain of [...Object.keys(script), 'none.example', '[192.0.2.1]']) {
    await t.test(domain, async () =>
      assert.deepEqual(names(await checkSenderDomain(domain, tools(script))), bad.has(domain) ? ['sender-domain'] : []),
    )
  }
})

test('DNS lists', async (t) => {
  const block = { zone: 'bl.example', weight: 10, codes: { '127.0.0.9': 3, '127.0.*.4': 0 } }
  const allow = { zone: 'wl.example', weight: 0, codes: { '127.0.*.1': -1, '127.0.*.3': -8 } }
  const asked4 = '17.2.0.192.bl.example'
  const rows: readonly (readonly [title: string, address: string, script: DnsScript, ...weights: number[]])[] = [
    ['not listed', V4, {}],
    ['listed', V4, { [asked4]: { A: ['127.0.0.2'] } }, 10],
    ['listed, IPv6', V6, { [`${NIBBLES}.bl.example`]: { A: ['127.0.0.2'] } }, 10],
    ['a code with a weight of its own', V4, { [asked4]: { A: ['127.0.0.9'] } }, 3],
    ['a code that means nothing', V4, { [asked4]: { A: ['127.0.7.4'] } }],
    ['the heaviest of several codes', V4, { [asked4]: { A: ['127.0.0.9', '127.0.0.3', '127.0.0.4'] } }, 10],
    ['allowed', V4, { '17.2.0.192.wl.example': { A: ['127.0.5.3'] } }, -8],
    ['allowed by a code of no weight', V4, { '17.2.0.192.wl.example': { A: ['127.0.5.0'] } }],
    ['both', V4, { [asked4]: { A: ['127.0.0.2'] }, '17.2.0.192.wl.example': { A: ['127.0.5.1'] } }, 10, -1],
    ['fails', V4, { [asked4]: { A: 'timeout' } }],
  ]
  for (const [title, address, script, ...weights] of rows) {
    await t.test(title, async () => {
      const found = await checkDnsLists([block, allow])(address, tools(script))
      assert.deepEqual(
        found.map(({ weight }) => weight),
        weights,
      )
    })
  }
  for (const code of ['127.255.255.254', '127.255.255.255', '127.0.0.1', '198.51.100.1']) {
    await t.test(`${code} is no listing, and is told to the administrator`, async () => {
      const { resolver, log } = tools({ [asked4]: { A: [code] } })
      assert.deepEqual(await checkDnsLists([block])(V4, { resolver, log }), [])
      assert.deepEqual(
        log.events.map(({ event, fields }) => [event, fields['zone']]),
        [['DNS list does not answer as lists do', 'bl.example']],
      )
    })
  }
})

test('what strangers and DNS say is made fit for a reply', async () => {
  const [found] = await checkHelo({ name: `ä\u0080${'x'.repeat(500)}`, address: V4, isOurs: () => Promise.resolve(false) }, tools({}))
  assert.match(found?.reason ?? '', /^[ -~]{1,160}$/)
})
