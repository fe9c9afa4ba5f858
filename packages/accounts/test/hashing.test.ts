import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@mailstead/base'
import { createAccounts } from '@mailstead/accounts'
import { isWeaker, argon2Hasher, BoundedHashing, NOBODYS_VERIFIER } from '../src/hashing.ts'
import { MAX_WAITING_LOGINS } from '../src/limits.ts'
import { Successes } from '../src/successes.ts'
import { CONTEXT, CountingHasher, site } from './support.ts'
import { ManualClock } from '@mailstead/testkit'
import type { LoginResult } from '@mailstead/sasl'
import type { AccountId } from '@mailstead/store'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('argon2id with 19 MiB, two passes and one lane, a fresh salt each time', async () => {
  const [one, two] = await Promise.all([argon2Hasher.hash('secret'), argon2Hasher.hash('secret')])
  assert.match(one, /^\$argon2id\$v=19\$m=19456,p=1,t=2\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.notEqual(one, two)
  assert.deepEqual(await Promise.all([argon2Hasher.verify(one, 'secret'), argon2Hasher.verify(one, 'Secret')]), [true, false])
  assert.equal(isWeaker(one), false)
})

test('a real login: the account’s verifier and nobody’s are both argon2’s', async () => {
  const { store, clock } = await site()
  const accounts = createAccounts({ directory: store.directory, stores: store.stores, log: silentLogger, clock })
  await accounts.setPassword('ann@example.org', 'really')
  assert.equal((await accounts.checkPassword('ann', 'really', '', CONTEXT)).ok, true)
  for (const name of ['ann', 'nobody'])
    assert.deepEqual(await accounts.checkPassword(name, 'other', '', CONTEXT), { ok: false, failure: 'bad-credentials' })
})

test('the verifier of nobody is one that argon2 reads and no password fits', async () => {
  assert.equal(isWeaker(NOBODYS_VERIFIER), false)
  assert.equal(await argon2Hasher.verify(NOBODYS_VERIFIER, ''), false)
})

test('what is weaker than today’s cost', () => {
  const table: [string, boolean][] = [
    ['$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA', false],
    ['$argon2id$v=19$m=19456,p=1,t=2$c2FsdA$aGFzaA', false],
    ['$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA', false],
    ['$argon2id$v=19$m=19456,p=1$c2FsdA$aGFzaA', true],
    ['$argon2id$v=19$m=19456,p=1,t=1$c2FsdA$aGFzaA', true],
    ['', true],
    ['$argon2id$v=19$m=19455,t=2,p=1$c2FsdA$aGFzaA', true],
    ['$argon2id$v=19$m=65536,t=1,p=1$c2FsdA$aGFzaA', true],
    ['$argon2i$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA', true],
    ['$argon2id$v=16$m=65536,t=3,p=1$c2FsdA$aGFzaA', true],
  ]
  for (const [phc, weaker] of table) assert.equal(isWeaker(phc), weaker, phc)
})

test('logins over the bound are told to come again; administration waits', async () => {
  const hasher = new CountingHasher()
  const hashing = new BoundedHashing(hasher, 2)
  hasher.hold()
  const logins = Array.from({ length: MAX_WAITING_LOGINS }, () => hashing.verify('$argon2id$x', 'p'))
  await assert.rejects(hashing.verify('$argon2id$x', 'p'), { name: 'QueueFullError' })
  const made = Array.from({ length: 500 }, () => hashing.hash('p'))
  const patient = hashing.verifyPatiently('$argon2id$x', 'p')
  await turn()
  assert.equal(hasher.running, 2)
  hasher.release()
  await Promise.all([...logins, ...made, patient])
  assert.equal(hasher.peak, 2)
  assert.equal(hasher.hashed, 500)
  await hashing.verify('$argon2id$x', 'p')
})

test('a login waits for two hashes of an import, not for all', async () => {
  const hasher = new CountingHasher()
  const hashing = new BoundedHashing(hasher, 2)
  hasher.hold()
  const made = Array.from({ length: 500 }, () => hashing.hash('p'))
  await turn()
  const login = hashing.verify('$argon2id$x', 'p').then(() => hasher.hashed)
  hasher.release()
  assert.ok((await login) <= 6, 'the login came after the hashes that had a place before it')
  await Promise.all(made)
})

test('a full queue is the login’s temporary failure, whatever the name', async () => {
  const { accounts, hasher, login, log } = await site()
  hasher.hold()
  const results: LoginResult[] = []
  const attempts = Array.from({ length: MAX_WAITING_LOGINS + 30 }, async (_, i) => {
    results.push(await accounts.checkPassword('ann', `guess ${i}`, '', CONTEXT))
  })
  while (results.length < 30) await turn()
  for (const name of ['ann', 'nobody']) assert.deepEqual(await login(name, 'one more'), { ok: false, failure: 'busy' })
  assert.equal(log.events.at(-1)?.fields['failure'], 'busy')
  hasher.release()
  await Promise.all(attempts)
  assert.equal(hasher.verified.length, MAX_WAITING_LOGINS)
  const failures = results.map((result) => (result.ok ? 'none' : result.failure))
  assert.deepEqual(failures, [...Array<string>(30).fill('busy'), ...Array<string>(MAX_WAITING_LOGINS).fill('bad-credentials')])
})

test('a hash that fails frees its place', async () => {
  const broken = { hash: () => Promise.reject(new Error('no memory')), verify: () => Promise.reject(new Error('no memory')) }
  const hashing = new BoundedHashing(broken, 1)
  for (let i = 0; i < MAX_WAITING_LOGINS * 2; i++) {
    await assert.rejects(hashing.verify('x', 'p'), /no memory/)
    await assert.rejects(hashing.hash('p'), /no memory/)
  }
})

test('the memory of successes is bounded, the oldest go first', () => {
  const clock = new ManualClock()
  const successes = new Successes(clock)
  for (let i = 0; i < 10_001; i++) successes.add(String(i), 1 as AccountId)
  assert.equal(successes.size, 10_000)
  assert.deepEqual([successes.has('0'), successes.has('1'), successes.has('10000')], [false, true, true])
  successes.add('2', 2 as AccountId)
  successes.drop(1 as AccountId)
  assert.deepEqual([successes.size, successes.has('2')], [1, true])
})

test('a digest depends on where name, verifier and password part', () => {
  const successes = new Successes(new ManualClock())
  assert.notEqual(successes.digest('a', 'b', 'c'), successes.digest('ab', '', 'c'))
  assert.notEqual(successes.digest('a', 'b', 'c'), successes.digest('a', 'bc', ''))
  assert.notEqual(successes.digest('a', 'b', 'c'), new Successes(new ManualClock()).digest('a', 'b', 'c'))
})
