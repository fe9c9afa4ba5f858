import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isNetwork, Networks } from '../src/index.ts'

test('networks', () => {
  const networks = new Networks(['192.0.2.0/24', '2001:db8::/32', '10.0.0.1'])
  for (const inside of ['192.0.2.255', '2001:db8:ffff::1', '10.0.0.1']) assert.ok(networks.has(inside), inside)
  for (const outside of ['192.0.3.0', '2001:db9::1', '10.0.0.2']) assert.ok(!networks.has(outside), outside)
  for (const good of ['10.0.0.0/8', '::/0', '::1']) assert.ok(isNetwork(good), good)
  for (const bad of ['', 'x', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::/129', '10.0.0/8']) assert.ok(!isNetwork(bad), bad)
})
