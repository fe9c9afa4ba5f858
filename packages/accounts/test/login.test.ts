import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAccounts } from '@mailstead/accounts'
import { isWeaker } from '../src/hashing.ts'
import { CONTEXT, overlay, refused, ownSite, site } from './support.ts'

test('names that log in, and whose they are', async () => {
  const { login, ann, bob } = await site()
  const names: [string, string, number, string][] = [
    ['ann@example.org', 'ann secret', ann.id, 'ann@example.org'],
    ['ANN@Example.ORG', 'ann secret', ann.id, 'ann@example.org'],
    ['"ann"@example.org', 'ann secret', ann.id, 'ann@example.org'],
    // The domain that was added first is the default one.
    ['Ann', 'ann secret', ann.id, 'ann@example.org'],
    ['bob@bücher.example', 'bob secret', bob.id, 'bob@xn--bcher-kva.example'],
    ['bob@BÜCHER.example', 'bob secret', bob.id, 'bob@xn--bcher-kva.example'],
    ['bob@bu\u0308cher.example', 'bob secret', bob.id, 'bob@xn--bcher-kva.example'],
    ['BOB@XN--BCHER-KVA.EXAMPLE', 'bob secret', bob.id, 'bob@xn--bcher-kva.example'],
  ]
  for (const [name, password, account, address] of names) {
    assert.deepEqual(await login(name, password), { ok: true, identity: { account, address } }, name)
  }
})

test('an account is found by its login name, and by no alias', async () => {
  const { accounts } = await site()
  for (const name of ['ann', 'Ann@Example.ORG']) assert.equal((await accounts.find(name))?.localPart, 'ann', name)
  for (const name of ['sales@example.org', 'ann+tag@example.org', 'nobody', '@', ''])
    assert.equal(await accounts.find(name), undefined, name)
})

test('every refusal costs one hash and says the same', async () => {
  const { login, reason, hasher, accounts } = await site()
  await accounts.add({ address: 'off@example.org', password: 'off secret', quota: undefined })
  await accounts.setEnabled('off@example.org', false)
  const attempts: [string, string, string][] = [
    ['ann@example.org', 'wrong', 'wrong password'],
    ['nobody@example.org', 'ann secret', 'no such account'],
    ['ann@elsewhere.example', 'ann secret', 'no such account'],
    ['bob', 'bob secret', 'no such account'],
    ['sales@example.org', 'ann secret', 'no such account'],
    ['ann+tag@example.org', 'ann secret', 'no such account'],
    ['@', 'ann secret', 'no such account'],
    ['', 'ann secret', 'no such account'],
    ['ann@example.org\0', 'ann secret', 'no such account'],
    [`${'a'.repeat(900)}@example.org`, 'ann secret', 'no such account'],
    ['off@example.org', 'off secret', 'account disabled'],
    ['off@example.org', 'wrong', 'wrong password'],
  ]
  for (const [name, password, why] of attempts) {
    const before = hasher.verified.length
    assert.deepEqual(await login(name, password), refused, name)
    assert.equal(reason(), why, name)
    assert.equal(hasher.verified.length, before + 1, name)
    // The verifier of those who do not exist asks the same cost.
    assert.equal(isWeaker(hasher.verified.at(-1) ?? ''), false)
  }
})

test('the log names the login and never the password', async () => {
  const { login, log } = await site()
  await login('ann@example.org', 'wrong password given')
  await login('ann@example.org', 'ann secret')
  const lines = JSON.stringify(log.events)
  assert.match(lines, /"login":"ann@example\.org"/)
  assert.doesNotMatch(lines, /wrong password given|ann secret|argon2id/)
})

test('nobody acts as somebody else', async () => {
  const { login, reason, ann } = await site()
  const right = { ok: true, identity: { account: ann.id, address: 'ann@example.org' } }
  for (const own of ['ann@example.org', 'ANN@example.org', 'ann']) assert.deepEqual(await login('ann', 'ann secret', own), right)
  for (const other of ['bob@bücher.example', 'nobody@example.org', 'sales@example.org', '@']) {
    assert.deepEqual(await login('ann', 'ann secret', other), refused, other)
    assert.equal(reason(), `may not act as ${other}`)
  }
})

test('without encryption nothing is looked up', async () => {
  const { accounts, hasher } = await site()
  const result = await accounts.checkPassword('ann@example.org', 'ann secret', '', { ...CONTEXT, secure: false })
  assert.deepEqual(result, { ok: false, failure: 'encryption-required' })
  assert.equal(hasher.verified.length, 0)
})

test('a success is remembered for two minutes, for this name and password only', async () => {
  const { login, hasher, clock } = await site()
  await login('ann@example.org', 'ann secret')
  await login('ANN', 'ann secret')
  assert.equal(hasher.verified.length, 1)
  assert.deepEqual(await login('ann@example.org', 'ann secreT'), refused)
  assert.equal(hasher.verified.length, 2)
  clock.advance(119_999)
  await login('ann@example.org', 'ann secret')
  assert.equal(hasher.verified.length, 2)
  clock.advance(1)
  await login('ann@example.org', 'ann secret')
  assert.equal(hasher.verified.length, 3)
})

test('a failure is never remembered', async () => {
  const { login, hasher } = await site()
  await login('ann@example.org', 'wrong')
  await login('ann@example.org', 'wrong')
  assert.equal(hasher.verified.length, 2)
})

test('a new password, a lock and a removal end what was remembered at once', async () => {
  const { login, accounts, hasher, ann } = await site()
  const right = { ok: true, identity: { account: ann.id, address: 'ann@example.org' } }
  assert.deepEqual(await login('ann', 'ann secret'), right)
  await accounts.setPassword('ann@example.org', 'another')
  assert.deepEqual(await login('ann', 'ann secret'), refused)
  assert.deepEqual(await login('ann', 'another'), right)
  await accounts.setEnabled('ann@example.org', false)
  assert.deepEqual(await login('ann', 'another'), refused)
  await accounts.setEnabled('ann@example.org', true)
  const before = hasher.verified.length
  assert.deepEqual(await login('ann', 'another'), right)
  assert.equal(hasher.verified.length, before + 1, 'the lock emptied the memory')
  await accounts.remove('ann@example.org')
  assert.deepEqual(await login('ann', 'another'), refused)
})

test('attempts that come together share one hash', async () => {
  const { login, hasher } = await site()
  hasher.hold()
  const attempts = Array.from({ length: 8 }, () => login('ann@example.org', 'ann secret'))
  const other = login('ann@example.org', 'wrong')
  // Two are under way: eight of one password, one of another.
  while (hasher.verified.length < 2) await new Promise(setImmediate)
  hasher.release()
  assert.ok((await Promise.all(attempts)).every(({ ok }) => ok))
  assert.deepEqual(await other, refused)
  assert.equal(hasher.verified.length, 2)
})

test('a credential counts where and while it is valid', async () => {
  const { store, hasher, clock, log, ann } = await site()
  const directory = overlay(store.directory)
  const credential = { account: ann.id, kind: 'app', scram: {}, protocols: undefined, expiresAt: undefined } as const
  const rows = [
    { ...credential, id: 1, argon2: await hasher.hash('main'), kind: 'main' as const },
    { ...credential, id: 2, argon2: await hasher.hash('pop only'), protocols: ['pop3', 'smtp'] },
    { ...credential, id: 3, argon2: await hasher.hash('for a while'), expiresAt: clock.now() + 1000 },
  ]
  directory.credentials = () => Promise.resolve(rows)
  const accounts = createAccounts({ directory, stores: store.stores, log, clock, hasher })
  const login = async (password: string, protocol: 'imap' | 'pop3'): Promise<boolean> =>
    (await accounts.checkPassword('ann', password, '', { ...CONTEXT, protocol })).ok
  assert.deepEqual([await login('main', 'imap'), await login('pop only', 'pop3'), await login('for a while', 'imap')], [true, true, true])
  assert.equal(await login('pop only', 'imap'), false, 'remembered for POP3 is not remembered for IMAP')
  clock.advance(1000)
  assert.equal(await login('for a while', 'imap'), false)
  assert.equal((await accounts.check('ann@example.org', 'for a while')).mayLogIn, false)
  rows.shift()
  const before = hasher.verified.length
  assert.equal(await login('main', 'imap'), false)
  assert.equal(hasher.verified.length, before + 1, 'an account without a valid credential costs a hash too')
  assert.deepEqual((await accounts.check('ann@example.org')).mayLogIn, true)
})

test('a store in trouble is neither a wrong password nor an exception', async (t) => {
  const { login, store, log } = await ownSite(t)
  await store.close()
  assert.deepEqual(await login('ann@example.org', 'ann secret'), { ok: false, failure: 'unavailable' })
  assert.equal(log.events.at(-1)?.event, 'login not checked')
})

test('the last login is kept', async () => {
  const { login, accounts, clock, ann } = await site()
  assert.equal(ann.lastLoginAt, undefined)
  clock.advance(5000)
  const at = clock.now()
  await login('ann@example.org', 'wrong')
  await login('ann@example.org', 'ann secret')
  clock.advance(5000)
  await login('ann@example.org', 'wrong')
  // It is written together with others, and then waits for a commit that comes anyway.
  await accounts.setQuota('bob@bücher.example', 1000)
  assert.equal((await accounts.account(ann.id))?.lastLoginAt, at)
})

test('a login brings along what the account is not offered', async () => {
  const { login, accounts, ann } = await site()
  await accounts.setCapabilitiesOff('ann@example.org', ['SORT', 'IDLE'])
  const identity = { account: ann.id, address: 'ann@example.org', capabilitiesOff: ['IDLE', 'SORT'] }
  assert.deepEqual(await login('ann@example.org', 'ann secret'), { ok: true, identity })
})

test('a verifier below today’s cost is made again by the next login, once', async () => {
  const { login, accounts, store, hasher } = await site()
  hasher.cost = 'm=4096,p=1,t=1'
  await accounts.setPassword('ann@example.org', 'old cost')
  hasher.cost = 'm=19456,p=1,t=2'
  const account = await accounts.show('ann@example.org')
  const before = hasher.hashed
  hasher.hold('hash')
  for (let i = 0; i < 3; i++) assert.ok((await login('ann', 'old cost')).ok, 'the client does not wait for it')
  hasher.release()
  const verifier = async (): Promise<string> => (await store.directory.credentials(account.id))[0]?.argon2 ?? ''
  while ((await verifier()).includes('m=4096')) await new Promise(setImmediate)
  assert.ok((await login('ann', 'old cost')).ok)
  assert.equal(hasher.hashed, before + 1)
  assert.match(await verifier(), /m=19456,p=1,t=2/)
})

test('a verifier made while the password was changed does not bring the old one back', async () => {
  const { login, accounts, hasher } = await site()
  hasher.cost = 'm=4096,p=1,t=1'
  await accounts.setPassword('ann@example.org', 'old')
  hasher.cost = 'm=19456,p=1,t=2'
  hasher.hold('hash')
  assert.ok((await login('ann', 'old')).ok)
  const changed = accounts.setPassword('ann@example.org', 'new')
  hasher.release()
  await changed
  assert.deepEqual(await login('ann', 'old'), refused)
  assert.ok((await login('ann', 'new')).ok)
})

test('the same password from another keyboard is the same', async () => {
  const { login, accounts } = await site()
  await accounts.setPassword('ann@example.org', 'Zo\u00eb\u00a0x')
  assert.ok((await login('ann', 'Zoe\u0308 x')).ok)
  assert.deepEqual(await login('ann', 'zoë x'), refused)
})
