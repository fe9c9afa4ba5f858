import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAccounts } from '@mailstead/accounts'
import { findMechanism, makeVerifier, parseVerifier, type LoginResult, type ScramHash } from '@mailstead/sasl'
import type { AccountId, Credential } from '@mailstead/store'
import { ScramClient } from '@mailstead/testkit'
import { SCRAM_ITERATIONS } from '../src/limits.ts'
import { CONTEXT, overlay, refused, site, type Site } from './support.ts'

const FEW = { sha1: true, iterations: 4096 }

/** Once the accounts have counted who has a verifier. */
async function offered({ accounts }: Pick<Site, 'accounts'>, hash: ScramHash, expected: boolean): Promise<void> {
  await accounts.ready()
  assert.equal(accounts.scram?.offers(hash), expected)
}

interface Asked {
  readonly serverFirst: string
  readonly result: LoginResult
}

/** A whole login as a client makes it. */
async function login({ accounts }: Pick<Site, 'accounts'>, user: string, password: string, hash: ScramHash = 'SHA-256'): Promise<Asked> {
  const client = new ScramClient({ hash, user, password })
  const exchange = findMechanism(`SCRAM-${hash}`, accounts, CONTEXT)?.start(accounts, CONTEXT)
  assert.ok(exchange, 'not offered')
  const say = async (text: string) => exchange.next(new Uint8Array(Buffer.from(text)))
  const challenge = await say(client.first())
  assert.equal(challenge.kind, 'challenge')
  const serverFirst = Buffer.from(challenge.data).toString()
  const answer = await say(client.final(serverFirst))
  if (answer.kind === 'done') return { serverFirst, result: answer.result }
  assert.equal(Buffer.from(answer.data).toString(), client.expected)
  const end = await say('')
  assert.equal(end.kind, 'done')
  return { serverFirst, result: end.result }
}

const saltOf = ({ serverFirst }: Asked): string => serverFirst.replace(/^.*,s=/, '')

async function main({ store }: Site, id: AccountId): Promise<Credential> {
  const [credential] = await store.directory.credentials(id)
  assert.ok(credential)
  return credential
}

test('no verifier is made and nothing offered unless it is configured', async () => {
  const s = await site()
  assert.deepEqual((await main(s, s.ann.id)).scram, { sha256: undefined, sha1: undefined })
  assert.equal(s.accounts.scram, undefined)
})

test('a verifier is made with every new main password, of the strength that is named', async () => {
  const s = await site({ scram: { sha1: false } })
  const first = (await main(s, s.ann.id)).scram
  assert.equal(first.sha1, undefined)
  const verifier = parseVerifier('SHA-256', first.sha256 ?? '')
  assert.ok(verifier)
  assert.equal(verifier.iterations, SCRAM_ITERATIONS)
  assert.ok(SCRAM_ITERATIONS >= 10_000 && SCRAM_ITERATIONS <= 65_536)
  assert.deepEqual(await makeVerifier('SHA-256', 'ann secret', verifier.salt, verifier.iterations), verifier)
  await s.accounts.setPassword('ann@example.org', 'ann secret')
  assert.notEqual((await main(s, s.ann.id)).scram.sha256, first.sha256, 'a salt of its own each time')
})

test('imported accounts have verifiers too', async () => {
  const s = await site({ scram: FEW })
  for await (const outcome of s.accounts.importAccounts([{ line: 1, address: 'new@example.org', password: 'pencil', quota: undefined }])) {
    assert.equal(outcome.ok, true)
  }
  await offered(s, 'SHA-1', true)
  assert.equal((await login(s, 'new@example.org', 'pencil', 'SHA-1')).result.ok, true)
})

test('an account logs in by its address in any spelling, a local part alone, and either hash', async () => {
  const s = await site({ scram: FEW })
  await offered(s, 'SHA-1', true)
  const identity = { account: s.ann.id, address: 'ann@example.org' }
  for (const name of ['ann@example.org', 'ANN@Example.ORG', 'ann']) {
    for (const hash of ['SHA-256', 'SHA-1'] as const) {
      assert.deepEqual((await login(s, name, 'ann secret', hash)).result, { ok: true, identity }, `${name} ${hash}`)
    }
  }
  assert.equal((await login(s, 'bob@xn--bcher-kva.example', 'bob secret')).result.ok, true)
  const at = s.clock.now()
  s.clock.advance(5000)
  await s.accounts.setQuota('ann@example.org', 1)
  assert.equal((await s.accounts.account(s.ann.id))?.lastLoginAt, at)
})

const unlucky: [what: string, name: string, password: string, reason: string][] = [
  ['a wrong password', 'ann@example.org', 'wrong', 'wrong password'],
  ['nobody', 'nobody@example.org', 'ann secret', 'no such account'],
  ['an alias', 'sales@example.org', 'ann secret', 'no such account'],
  ['a name that is none', 'no name', 'ann secret', 'no such account'],
]
for (const [what, name, password, reason] of unlucky) {
  test(`${what} is told what all are told`, async () => {
    const s = await site({ scram: FEW })
    await offered(s, 'SHA-256', true)
    const { serverFirst, result } = await login(s, name, password)
    assert.match(serverFirst, /^r=[\x21-\x7e]+,s=[A-Za-z0-9+/]{22}==,i=4096$/)
    assert.deepEqual(result, refused)
    assert.equal(s.reason(), reason)
  })
}

test('a disabled account is refused after the right proof', async () => {
  const s = await site({ scram: FEW })
  await s.accounts.setEnabled('ann@example.org', false)
  await offered(s, 'SHA-256', true)
  assert.deepEqual((await login(s, 'ann@example.org', 'ann secret')).result, refused)
  assert.equal(s.reason(), 'account disabled')
})

test('the salt of an unknown name is its own, and the same for good, in any spelling', async () => {
  const s = await site({ scram: FEW })
  await offered(s, 'SHA-1', true)
  const salt = async (from: Pick<Site, 'accounts'>, name: string, hash?: ScramHash): Promise<string> =>
    saltOf(await login(from, name, 'x', hash))
  const first = await salt(s, 'nobody@example.org')
  for (const name of ['nobody@example.org', 'Nobody@EXAMPLE.org', 'nobody']) assert.equal(await salt(s, name), first, name)
  assert.notEqual(await salt(s, 'nobody2@example.org'), first)
  assert.notEqual(await salt(s, 'nobody@example.org', 'SHA-1'), first)
  const { store, log, clock, hasher } = s
  const restarted = { accounts: createAccounts({ directory: store.directory, stores: store.stores, log, clock, hasher, scram: FEW }) }
  await offered(restarted, 'SHA-256', true)
  assert.equal(await salt(restarted, 'nobody@example.org'), first)
})

test('offered only while every enabled account has a verifier', async () => {
  const s = await site()
  const { store, log, clock, hasher } = s
  const accounts = createAccounts({
    directory: store.directory,
    stores: store.stores,
    log,
    clock,
    hasher,
    scram: { sha1: false, iterations: 4096 },
  })
  const after = { accounts }
  const told = (): unknown[] =>
    log.events.filter(({ event }) => event.startsWith('SCRAM')).map(({ event, fields }) => [event, fields['accounts']])
  while (told().length === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(accounts.scram?.offers('SHA-256'), false)
  assert.equal(findMechanism('SCRAM-SHA-256', accounts, CONTEXT), undefined)
  await accounts.setPassword('ann@example.org', 'ann secret')
  await accounts.setPassword('bob@bücher.example', 'bob secret')
  await offered(after, 'SHA-256', true)
  assert.equal(accounts.scram.offers('SHA-1'), false, 'by a further setting only')
  await store.directory.setPassword(s.bob.id, await hasher.hash('from elsewhere'))
  await offered(after, 'SHA-256', false)
  await accounts.setEnabled('bob@bücher.example', false)
  await offered(after, 'SHA-256', true)
  const seen = told()
  assert.deepEqual(seen[0], ['SCRAM is not offered: passwords older than auth.scram', 2])
  assert.deepEqual(seen.slice(-3), [
    ['SCRAM is offered', undefined],
    ['SCRAM is not offered: passwords older than auth.scram', 1],
    ['SCRAM is offered', undefined],
  ])
  const named = log.events.find(({ event }) => event.startsWith('SCRAM is not'))
  assert.deepEqual(named?.fields['some'], ['ann@example.org', 'bob@xn--bcher-kva.example'])
})

test('clients prepare passwords by SASLprep, so the verifier is made of that form', async () => {
  const s = await site({ scram: FEW })
  await offered(s, 'SHA-256', true)
  const passwords: [set: string, prepared: string][] = [
    ['\ufb01nger\u00a0\u2168', 'finger IX'],
    ['I\u00adX', 'IX'],
    ['pa\u0308ss', 'p\u00e4ss'],
    ['\u{1f600} smile', '\u{1f600} smile'], // has no prepared form: taken as it is
  ]
  for (const [set, prepared] of passwords) {
    await s.accounts.setPassword('ann@example.org', set)
    assert.equal((await login(s, 'ann', prepared)).result.ok, true, set)
    assert.equal((await s.login('ann', set)).ok, true, 'in clear as it was typed')
  }
})

test('trouble of the store is no wrong password', async () => {
  const s = await site({ scram: FEW })
  const directory = overlay(s.store.directory)
  const accounts = createAccounts({ directory, stores: s.store.stores, log: s.log, clock: s.clock, hasher: s.hasher, scram: FEW })
  directory.credentials = () => Promise.reject(new Error('disk gone'))
  assert.deepEqual(await accounts.scram?.find('ann', 'SHA-256', CONTEXT), { ok: false, failure: 'unavailable' })
  assert.equal(s.log.events.at(-1)?.event, 'login not checked')
})
