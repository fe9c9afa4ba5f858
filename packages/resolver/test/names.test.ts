import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dnsName, parseServer, reverseName } from '../src/index.ts'
import { scriptedResolver } from '../src/scripted.ts'

test('names', () => {
  assert.equal(dnsName('MX.Example.org.'), 'mx.example.org')
  assert.equal(dnsName('bücher.example'), 'xn--bcher-kva.example')
  assert.equal(dnsName('_25._tcp.mx.example'), '_25._tcp.mx.example')
  assert.equal(dnsName('ü..example'), undefined)
})

test('addresses turned round', () => {
  assert.equal(reverseName('192.0.2.1'), '1.2.0.192.in-addr.arpa')
  assert.equal(reverseName('2001:db8::567:89ab'), 'b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa')
  assert.equal(reverseName('::1'), `1.${'0.'.repeat(31)}ip6.arpa`)
})

test('servers', () => {
  assert.deepEqual(parseServer('192.0.2.53'), { address: '192.0.2.53', port: 53 })
  assert.deepEqual(parseServer('192.0.2.53:5353'), { address: '192.0.2.53', port: 5353 })
  assert.deepEqual(parseServer('2001:db8::53'), { address: '2001:db8::53', port: 53 })
  assert.deepEqual(parseServer('[2001:db8::53]:5353'), { address: '2001:db8::53', port: 5353 })
  for (const bad of ['', 'dns.example', '192.0.2.53:0', '192.0.2.53:99999', '192.0.2', '300.0.2.53', '[::x]', '1:2'])
    assert.equal(parseServer(bad), undefined, bad)
})

test('a script instead of servers', async () => {
  const resolver = scriptedResolver({
    'example.org': {
      MX: [{ preference: 1, exchange: 'mx.example.org' }],
      TXT: 'timeout',
      A: { records: ['192.0.2.1'], authenticated: true },
    },
  })
  assert.deepEqual(await resolver.look('MX', 'Example.org'), {
    kind: 'records',
    records: [{ preference: 1, exchange: 'mx.example.org' }],
    authenticated: false,
  })
  assert.deepEqual(await resolver.look('A', 'example.org'), { kind: 'records', records: ['192.0.2.1'], authenticated: true })
  assert.deepEqual(await resolver.look('TXT', 'example.org'), { kind: 'failed', reason: 'timeout' })
  assert.deepEqual(await resolver.look('AAAA', 'example.org'), { kind: 'none', reason: 'no-such-record', authenticated: false })
  assert.deepEqual(await resolver.look('A', 'x.example'), { kind: 'none', reason: 'no-such-name', authenticated: false })
  assert.deepEqual(resolver.asked, ['MX Example.org', 'A example.org', 'TXT example.org', 'AAAA example.org', 'A x.example'])
})
