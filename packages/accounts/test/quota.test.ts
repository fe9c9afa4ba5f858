import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAccounts } from '@mailstead/accounts'
import type { AccountId } from '@mailstead/store'
import { overlay, site } from './support.ts'

test('room is what the quota leaves after mail and reservations', async () => {
  const { accounts, fill, ann, bob } = await site()
  await accounts.setQuota('ann@example.org', 1000)
  await fill(ann.id, 400)
  const first = await accounts.reserve(ann.id, 300)
  assert.ok(first)
  assert.equal(await accounts.reserve(ann.id, 301), undefined)
  const second = await accounts.reserve(ann.id, 300)
  assert.ok(second)
  assert.equal(await accounts.reserve(ann.id, 1), undefined)
  // Another account's room is its own.
  assert.ok(await accounts.reserve(bob.id, 10_000_000))
  first.release()
  first.release()
  assert.equal(await accounts.reserve(ann.id, 301), undefined, 'a reservation is given back once')
  assert.ok(await accounts.reserve(ann.id, 300))
})

test('a limit of messages counts those that are under way', async () => {
  const { accounts, fill, ann } = await site()
  await accounts.setMessageQuota('ann@example.org', 3)
  await fill(ann.id, 400)
  const first = await accounts.reserve(ann.id, 1)
  assert.ok(first)
  assert.ok(await accounts.reserve(ann.id, 1))
  assert.equal(await accounts.reserve(ann.id, 1), undefined)
  first.release()
  assert.ok(await accounts.reserve(ann.id, 1))
  assert.deepEqual((await accounts.check('ann@example.org')).obstacles, [])
  await accounts.setMessageQuota('ann@example.org', 1)
  const { obstacles } = await accounts.check('ann@example.org')
  assert.deepEqual(obstacles, [{ code: 'over-quota', text: 'The mailbox is full: 1 of 1 messages' }])
})

test('who sets limits is an administrator', async () => {
  const { accounts, ann, bob } = await site()
  const limits = { octets: 5000, messages: undefined }
  assert.equal(await accounts.setLimits(ann.id, bob.id, limits), false)
  await accounts.setRole('ann@example.org', 'admin')
  assert.equal(await accounts.setLimits(ann.id, bob.id, limits), true)
  assert.equal((await accounts.account(bob.id))?.quota, 5000)
})

test('of messages that come at the same time only those that fit are admitted', async () => {
  const { accounts, ann } = await site()
  await accounts.setQuota('ann@example.org', 1000)
  const granted = await Promise.all(Array.from({ length: 20 }, () => accounts.reserve(ann.id, 300)))
  assert.equal(granted.filter((reservation) => reservation !== undefined).length, 3)
})

test('a message that is stored and given back between the reading and the answer still counts', async () => {
  const { store, fill, log, clock, ann } = await site()
  await store.directory.setQuota(ann.id, { octets: 1000 })
  let late: Promise<void> | undefined
  const directory = overlay(store.directory)
  directory.account = async (id) => {
    const row = await store.directory.account(id)
    await late
    return row
  }
  const accounts = createAccounts({ directory, stores: store.stores, log, clock })
  const first = await accounts.reserve(ann.id, 600)
  assert.ok(first)
  const { promise, resolve } = Promise.withResolvers<void>()
  late = promise
  const asked = accounts.reserve(ann.id, 600)
  await fill(ann.id, 600)
  first.release()
  resolve()
  assert.equal(await asked, undefined)
  assert.ok(await accounts.reserve(ann.id, 400))
})

test('a quota below what is there takes nothing; no quota takes all', async () => {
  const { accounts, fill, ann } = await site()
  await fill(ann.id, 400)
  await accounts.setQuota('ann@example.org', 300)
  assert.equal(await accounts.reserve(ann.id, 1), undefined)
  await accounts.setQuota('ann@example.org', undefined)
  assert.ok(await accounts.reserve(ann.id, Number.MAX_SAFE_INTEGER - 1000))
})

test('there is no room in an account that is gone', async () => {
  const { accounts, ann } = await site()
  await accounts.remove('ann@example.org')
  assert.equal(await accounts.reserve(ann.id, 1), undefined)
  assert.equal(await accounts.reserve(4711 as AccountId, 1), undefined)
})
