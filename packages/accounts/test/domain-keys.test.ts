import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { silentLogger } from '@mailstead/base'
import { AccountError, createAccounts, DomainKeys, type AccountErrorCode, type KeyFacts } from '@mailstead/accounts'
import { makeKeyPair } from '@mailstead/signing'
import { openSqlite } from '@mailstead/sqlite'
import type { Directory } from '@mailstead/store'
import { ManualClock, tempDir } from '@mailstead/testkit'

const HOUR = 60 * 60 * 1000
const DAY = 24 * HOUR
const START = Date.UTC(2027, 0, 31, 23)

interface Place {
  readonly clock: ManualClock
  readonly directory: Directory
  readonly keys: DomainKeys
  readonly addDomain: (name: string) => Promise<unknown>
}

async function place(t: TestContext): Promise<Place> {
  const clock = new ManualClock(START)
  const store = await openSqlite({ path: join(await tempDir(t), 'mail.db'), log: silentLogger, clock })
  t.after(() => store.close())
  const { directory, stores } = store
  const keys = new DomainKeys(directory, clock, silentLogger)
  const accounts = createAccounts({ directory, stores, keys, clock, log: silentLogger })
  return { clock, directory, keys, addDomain: (name) => accounts.addDomain(name) }
}

/** DNS that does not answer. */
const silence = async (): Promise<undefined> => undefined

const states = (facts: readonly KeyFacts[]): string[] => facts.map(({ selector, state }) => `${selector} ${state}`)

async function signing({ keys }: Place, domain = 'example.org'): Promise<string[]> {
  return (await keys.signing(domain)).map(({ selector }) => selector)
}

async function rejects(code: AccountErrorCode, act: Promise<unknown>): Promise<void> {
  await assert.rejects(act, (error) => error instanceof AccountError && error.code === code)
}

test('a domain comes with a key of each kind, which sign at once', async (t) => {
  const site = await place(t)
  await site.addDomain('bücher.example')
  const facts = await site.keys.show('BÜCHER.example')
  assert.deepEqual(states(facts), ['20270131-ed25519 signing', '20270131-rsa signing'])
  for (const { selector, algorithm, record } of facts) {
    assert.equal(record.name, `${selector}._domainkey.xn--bcher-kva.example`)
    const p = Buffer.from(/^v=DKIM1; h=sha256; k=(?:rsa|ed25519); p=([A-Za-z0-9+/]+=*)$/.exec(record.value)?.[1] ?? '', 'base64')
    if (algorithm === 'ed25519-sha256') assert.equal(p.length, 32)
    else assert.equal(createPublicKey({ key: p, format: 'der', type: 'spki' }).asymmetricKeyDetails?.modulusLength, 2048)
    const strings = [...record.line.matchAll(/"([^"]*)"/g)].map(([, text = '']) => text)
    assert.ok(strings.every((text) => text.length <= 255))
    assert.equal(strings.join(''), record.value)
  }
  const made = await site.keys.signing('xn--bcher-kva.example')
  assert.deepEqual(
    made.map(({ domain, algorithm, privateKey }) => [domain, algorithm, privateKey.type]),
    [
      ['xn--bcher-kva.example', 'ed25519-sha256', 'private'],
      ['xn--bcher-kva.example', 'rsa-sha256', 'private'],
    ],
  )
  assert.deepEqual(await site.keys.signing('elsewhere.example'), [])
})

test('new keys wait two days, and take over in one moment; records of the old ones stay for a week', async (t) => {
  const site = await place(t)
  const { clock, keys } = site
  await site.addDomain('example.org')
  const old = ['20270131-ed25519', '20270131-rsa']
  const fresh = ['20270210-ed25519', '20270210-rsa']
  clock.advance(10 * DAY)
  const facts = await keys.rotate('example.org', false)
  assert.deepEqual(states(facts), [...old.map((name) => `${name} signing`), ...fresh.map((name) => `${name} waiting`)])
  assert.deepEqual(
    facts.map(({ neededUntil }) => neededUntil),
    [START + 19 * DAY, START + 19 * DAY, undefined, undefined],
  )
  assert.deepEqual(await signing(site), old)
  await rejects('keys-waiting', keys.rotate('example.org', false))
  clock.advance(2 * DAY - 1)
  assert.deepEqual(await signing(site), old)
  clock.advance(1)
  assert.deepEqual(await signing(site), fresh)
  assert.deepEqual(states(await keys.show('example.org')), [
    ...old.map((name) => `${name} retired`),
    ...fresh.map((name) => `${name} signing`),
  ])
  clock.advance(7 * DAY)
  assert.deepEqual(
    states(await keys.show('example.org')),
    fresh.map((name) => `${name} signing`),
  )
  assert.equal((await site.directory.domainKeys('example.org')).length, 4)
  await keys.tidy(silence)
  assert.equal((await site.directory.domainKeys('example.org')).length, 2)
  assert.deepEqual(await signing(site), fresh)
})

test('keys that somebody else may have are replaced at once, by those that wait where there are some', async (t) => {
  const site = await place(t)
  const { keys } = site
  await site.addDomain('example.org')
  assert.deepEqual(await signing(site), ['20270131-ed25519', '20270131-rsa'])
  await keys.rotate('example.org', true)
  assert.deepEqual(await signing(site), ['20270131-2-ed25519', '20270131-2-rsa'])
  await keys.rotate('example.org', false)
  assert.deepEqual(await signing(site), ['20270131-2-ed25519', '20270131-2-rsa'])
  const facts = await keys.rotate('example.org', true)
  assert.deepEqual(await signing(site), ['20270131-3-ed25519', '20270131-3-rsa'])
  assert.deepEqual(states(facts).sort(), [
    '20270131-2-ed25519 retired',
    '20270131-2-rsa retired',
    '20270131-3-ed25519 signing',
    '20270131-3-rsa signing',
    '20270131-ed25519 retired',
    '20270131-rsa retired',
  ])
})

test('domains of older versions get keys, and those that have some keep them', async (t) => {
  const site = await place(t)
  await site.directory.addDomain('old.example')
  await site.addDomain('example.org')
  const before = await site.keys.show('example.org')
  assert.deepEqual(await signing(site, 'old.example'), [])
  await site.keys.tidy(silence)
  assert.deepEqual(await signing(site, 'old.example'), ['20270131-ed25519', '20270131-rsa'])
  assert.deepEqual(await site.keys.show('example.org'), before)
})

test('a domain that is gone has no keys, and others when it comes again', async (t) => {
  const site = await place(t)
  const { directory, stores } = { ...site, stores: { watchAccounts: () => () => {} } }
  const accounts = createAccounts({ directory, stores, keys: site.keys, clock: site.clock, log: silentLogger })
  await accounts.addDomain('example.org')
  const [first] = await site.keys.signing('example.org')
  await accounts.removeDomain('example.org')
  assert.deepEqual(await signing(site), [])
  await accounts.addDomain('example.org')
  const [second] = await site.keys.signing('example.org')
  assert.ok(first && second && !first.privateKey.equals(second.privateKey))
})

test('what cannot be is said', async (t) => {
  const { keys } = await place(t)
  await rejects('domain-not-found', keys.show('nowhere.example'))
  await rejects('domain-not-found', keys.rotate('nowhere.example', true))
  await rejects('bad-domain', keys.show('a b'))
  await rejects('bad-domain', keys.rotate('', false))
})

test('two who add a domain at the same time leave it with the keys of one', async (t) => {
  const site = await place(t)
  let pairs = 0
  const slow = new DomainKeys(site.directory, site.clock, silentLogger, (algorithm) => {
    pairs++
    return makeKeyPair(algorithm)
  })
  const accounts = createAccounts({
    directory: site.directory,
    stores: { watchAccounts: () => () => {} },
    keys: slow,
    clock: site.clock,
    log: silentLogger,
  })
  const outcomes = await Promise.allSettled([accounts.addDomain('example.org'), accounts.addDomain('example.org')])
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  assert.equal(pairs, 4)
  assert.equal((await slow.signing('example.org')).length, 2)
})

test('keys whose records are not published go on waiting, and the old ones sign on', async (t) => {
  const site = await place(t)
  const { clock, keys } = site
  await site.addDomain('example.org')
  const facts = await keys.rotate('example.org', false)
  const [old, fresh] = [
    ['20270131-ed25519', '20270131-rsa'],
    ['20270131-2-ed25519', '20270131-2-rsa'],
  ]
  const waiting = facts.filter(({ state }) => state === 'waiting')
  const dns = new Map<string, readonly string[]>()
  const asked: string[] = []
  const look = async (name: string): Promise<readonly string[]> => {
    asked.push(name)
    return dns.get(name) ?? []
  }
  await keys.tidy(look)
  assert.deepEqual(asked, [], 'nobody is asked before it is time')
  clock.advance(2 * DAY - HOUR)
  await keys.tidy(look)
  assert.deepEqual(new Set(asked), new Set(waiting.map(({ record }) => record.name)))
  clock.advance(HOUR)
  assert.deepEqual(await signing(site), old)
  // One of the two is there, and the other one is another's.
  const [first, second] = waiting
  assert.ok(first && second)
  dns.set(first.record.name, ['something else', first.record.value])
  dns.set(second.record.name, [first.record.value])
  clock.advance(DAY - HOUR)
  await keys.tidy(look)
  clock.advance(HOUR)
  assert.deepEqual(await signing(site), old)
  dns.set(second.record.name, [second.record.value.replace('p=', 'p = ')])
  clock.advance(DAY - HOUR)
  await keys.tidy(look)
  clock.advance(HOUR)
  assert.deepEqual(await signing(site), fresh)
  assert.deepEqual(
    (await keys.show('example.org')).map(({ state, neededUntil }) => [state, neededUntil]),
    [...fresh.map(() => ['signing', undefined]), ...old.map(() => ['retired', START + 11 * DAY])],
  )
})

test('DNS that does not answer holds nothing up', async (t) => {
  const site = await place(t)
  await site.addDomain('example.org')
  await site.keys.rotate('example.org', false)
  site.clock.advance(2 * DAY - 1)
  await site.keys.tidy(silence)
  site.clock.advance(1)
  assert.deepEqual(await signing(site), ['20270131-2-ed25519', '20270131-2-rsa'])
})
