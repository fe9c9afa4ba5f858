import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { ApopKey } from '@mailstead/accounts'
import { AccountError } from '@mailstead/accounts'
import type { LoginResult } from '@mailstead/sasl'
import { seal, unseal } from '../src/apop/seal.ts'
import { CONTEXT, refused, site, type Site } from './support.ts'

const TIMESTAMP = '<1896.697170952@dbc.mtview.ca.us>'
const POP3 = { ...CONTEXT, protocol: 'pop3' } as const

const digestOf = (secret: string, timestamp = TIMESTAMP): string =>
  createHash('md5')
    .update(timestamp + secret)
    .digest('hex')

/** A key in memory. */
function keyring(): ApopKey & { key: Uint8Array | undefined } {
  return {
    key: undefined,
    async read() {
      return this.key
    },
    async make() {
      return (this.key ??= randomBytes(32))
    },
  }
}

async function apopSite(): Promise<
  Site & { key: ReturnType<typeof keyring>; apop: (name: string, digest: string) => Promise<LoginResult> }
> {
  const key = keyring()
  const made = await site({ apop: { offered: true, key } })
  const { apop } = made.accounts
  assert.ok(apop)
  return { ...made, key, apop: (name, digest) => apop.checkDigest(name, TIMESTAMP, digest, POP3) }
}

test('an account logs in by APOP once it has opted in, and by its own secret alone', async () => {
  const { accounts, apop, ann, reason } = await apopSite()
  assert.deepEqual(await apop('ann@example.org', digestOf('ann secret')), refused)
  assert.match(String(reason()), /^no APOP secret/)
  assert.equal(await accounts.hasApopSecret('ann@example.org'), false)
  const secret = await accounts.makeApopSecret('ann@example.org')
  assert.match(secret, /^[a-z2-7]{32}$/)
  assert.equal(await accounts.hasApopSecret('sales@example.org'), true)
  assert.deepEqual(await apop('ann@example.org', digestOf(secret)), { ok: true, identity: { account: ann.id, address: 'ann@example.org' } })
  assert.equal((await apop('ann', digestOf(secret).toUpperCase())).ok, true)
  assert.deepEqual(await apop('ann@example.org', digestOf('ann secret')), refused)
  assert.equal(reason(), 'wrong APOP digest')
  // The secret is no password.
  assert.deepEqual(await accounts.checkPassword('ann@example.org', secret, '', POP3), refused)
  const next = await accounts.makeApopSecret('ann@example.org')
  assert.notEqual(next, secret)
  assert.deepEqual(await apop('ann@example.org', digestOf(secret)), refused)
  await accounts.removeApopSecret('ann@example.org')
  assert.deepEqual(await apop('ann@example.org', digestOf(next)), refused)
})

test('nobody else is let in', async () => {
  const { accounts, apop, reason } = await apopSite()
  const secret = await accounts.makeApopSecret('ann@example.org')
  for (const name of ['nobody@example.org', 'sales@example.org', 'bob@bücher.example', '', 'x'.repeat(400)]) {
    assert.deepEqual(await apop(name, digestOf(secret)), refused, name)
  }
  // Who has no secret has not the empty one.
  for (const name of ['nobody@example.org', 'bob@bücher.example']) assert.deepEqual(await apop(name, digestOf('')), refused)
  for (const digest of ['', digestOf(secret).slice(1), `${digestOf(secret)}00`, digestOf(secret, '<other@x>')]) {
    assert.deepEqual(await apop('ann@example.org', digest), refused)
  }
  await accounts.setEnabled('ann@example.org', false)
  assert.deepEqual(await apop('ann@example.org', digestOf(secret)), refused)
  assert.equal(reason(), 'account disabled')
})

test('in clear nobody is, not even with the right digest', async () => {
  const { accounts } = await apopSite()
  const secret = await accounts.makeApopSecret('ann@example.org')
  const result = await accounts.apop?.checkDigest('ann@example.org', TIMESTAMP, digestOf(secret), { ...POP3, secure: false })
  assert.deepEqual(result, { ok: false, failure: 'encryption-required' })
})

test('off, it is no way to log in; the secrets can be made all the same', async () => {
  const { accounts } = await site({ apop: { offered: false, key: keyring() } })
  assert.equal(accounts.apop, undefined)
  assert.match(await accounts.makeApopSecret('ann@example.org'), /^[a-z2-7]{32}$/)
  const without = await site()
  assert.equal(without.accounts.apop, undefined)
  await assert.rejects(without.accounts.makeApopSecret('ann@example.org'), AccountError)
})

test('the database holds no secret, and without its key, or with another, none is found', async () => {
  const { accounts, store, apop, ann, bob, key, reason } = await apopSite()
  const secret = await accounts.makeApopSecret('ann@example.org')
  const sealed = await store.directory.apopSecret(ann.id)
  assert.ok(sealed)
  assert.equal(Buffer.from(sealed).includes(secret), false)
  // Moved to another's row.
  await store.directory.setApopSecret(bob.id, sealed)
  assert.deepEqual(await apop('bob@bücher.example', digestOf(secret)), refused)
  assert.match(String(reason()), /cannot be opened/)
  const right = key.key
  for (const other of [undefined, randomBytes(32)]) {
    key.key = other
    assert.deepEqual(await apop('ann@example.org', digestOf(secret)), refused)
    assert.match(String(reason()), /cannot be opened/)
  }
  key.key = right
  assert.equal((await apop('ann@example.org', digestOf(secret))).ok, true)
})

test('a key that cannot be read, or a store in trouble, is no wrong digest', async () => {
  const { apop, key } = await apopSite()
  key.read = () => Promise.reject(new Error('EACCES'))
  assert.deepEqual(await apop('ann@example.org', digestOf('x')), { ok: false, failure: 'unavailable' })
})

test('what is sealed opens as it was, and not once an octet is changed', () => {
  const key = randomBytes(32)
  const sealed = seal('sëcret', key, 'place')
  assert.equal(unseal(sealed, key, 'place'), 'sëcret')
  assert.notDeepEqual(seal('sëcret', key, 'place'), sealed)
  assert.equal(unseal(sealed, key, 'elsewhere'), undefined)
  assert.equal(unseal(sealed, randomBytes(32), 'place'), undefined)
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.equal(unseal(changed, key, 'place'), undefined, `octet ${at}`)
    assert.equal(unseal(sealed.subarray(0, at), key, 'place'), undefined)
  }
})

test("the example of RFC 1939 section 7: tanstaaf's digest", () => {
  assert.equal(digestOf('tanstaaf'), 'c4c9334bac560ecc979e58001b3e22fb')
})
