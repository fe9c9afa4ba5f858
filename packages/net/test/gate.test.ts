import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countedBy, isLoopback, plainAddress } from '../src/address.ts'
import { canonicalAddress, ConnectionGate } from '../src/index.ts'

const counted: [address: string, key: string][] = [
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1:2:3:4', 'fe80:0:0:0::/64'],
]
for (const [address, key] of counted) {
  test(`${address} is counted by ${key}`, () => assert.equal(countedBy(address), key))
}

const plain: [address: string, expected: string, loopback: boolean][] = [
  ['::ffff:127.0.0.1', '127.0.0.1', true],
  ['::FFFF:192.0.2.7', '192.0.2.7', false],
  ['fe80::1%eth0', 'fe80::1', false],
  ['::1', '::1', true],
  ['127.9.8.7', '127.9.8.7', true],
  ['128.0.0.1', '128.0.0.1', false],
]
for (const [address, expected, loopback] of plain) {
  test(`${address} is ${expected}`, () => {
    assert.equal(plainAddress(address), expected)
    assert.equal(isLoopback(expected), loopback)
  })
}

test('a gate counts per address and in total, and forgets what left', () => {
  const gate = new ConnectionGate({ total: 3, perAddress: 2 })
  const first = gate.admit('192.0.2.1')
  assert.ok(first.ok)
  assert.ok(gate.admit('192.0.2.1').ok)
  assert.deepEqual(gate.admit('192.0.2.1'), { ok: false, reason: 'address' })
  assert.ok(gate.admit('192.0.2.2').ok)
  assert.deepEqual(gate.admit('192.0.2.3'), { ok: false, reason: 'total' })
  first.release()
  first.release()
  assert.equal(gate.open, 2)
  assert.ok(gate.admit('192.0.2.1').ok)
  assert.deepEqual(gate.admit('192.0.2.1'), { ok: false, reason: 'total' })
})

test('one IPv6 /64 is one address', () => {
  const gate = new ConnectionGate({ perAddress: 1 })
  assert.ok(gate.admit('2001:db8::1').ok)
  assert.equal(gate.admit('2001:db8::2').ok, false)
  assert.ok(gate.admit('2001:db8:0:1::1').ok)
})

test('loopback is exempt from the limit per address, not from the total', () => {
  const gate = new ConnectionGate({ total: 3, perAddress: 1, exemptLoopback: true })
  for (const address of ['127.0.0.1', '127.0.0.1', '::1']) assert.ok(gate.admit(address).ok)
  assert.deepEqual(gate.admit('127.0.0.1'), { ok: false, reason: 'total' })
})

const canonical: [text: string, address: string | undefined][] = [
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.256', undefined],
  ['2001:DB8:0:0:0::1', '2001:db8::1'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::ffff:c000:0207', '192.0.2.7'],
  ['fe80::1%eth0', undefined],
  ['[::1]', undefined],
  ['localhost', undefined],
  ['', undefined],
]
for (const [text, address] of canonical) {
  test(`${JSON.stringify(text)} is the address ${address}`, () => assert.equal(canonicalAddress(text), address))
}
