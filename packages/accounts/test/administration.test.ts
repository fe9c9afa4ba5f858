import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountErrorCode } from '@mailstead/accounts'
import { refused, ownSite, site } from './support.ts'

const fails = (act: Promise<unknown>, code: AccountErrorCode, message: RegExp): Promise<void> =>
  assert.rejects(act, (error: Error) => {
    assert.equal((error as Error & { code?: string }).code, code)
    assert.equal(error.name, 'AccountError')
    assert.match(error.message, message)
    assert.doesNotMatch(error.message, /\n/)
    return true
  })

test('a new account has its mailboxes, subscribed and with their uses', async () => {
  const { store, ann } = await site()
  const mail = store.stores.for(ann.id)
  const names = ['INBOX', 'Archive', 'Drafts', 'Junk', 'Sent', 'Trash']
  const mailboxes = await mail.listMailboxes()
  assert.deepEqual(
    mailboxes.map(({ name, specialUse }) => [name, specialUse]),
    names.map((name) => [name, name === 'INBOX' ? undefined : `\\${name}`]),
  )
  assert.deepEqual(new Set(await mail.listSubscriptions()), new Set(names))
})

test('domains: the first is the default one, and names have one form', async () => {
  const { accounts } = await site()
  const domains = await accounts.listDomains()
  assert.deepEqual(
    domains.map(({ name, isDefault, accounts: count }) => [name, isDefault, count]),
    [
      ['example.org', true, 1],
      ['xn--bcher-kva.example', false, 1],
    ],
  )
  await fails(accounts.addDomain('EXAMPLE.ORG'), 'domain-exists', /^example\.org: /)
  await fails(accounts.addDomain('BÜCHER.example'), 'domain-exists', /^xn--bcher-kva\.example: /)
  for (const bad of [
    '',
    'a b.example',
    '-a.example',
    'a..example',
    'example.org.',
    '127.0.0.1',
    '[::1]',
    'ann@example.org',
    'exa_mple.org',
  ])
    await fails(accounts.addDomain(bad), 'bad-domain', /is not a domain like example\.org$/)
  await fails(accounts.removeDomain('example.org'), 'domain-in-use', /^example\.org: /)
  await fails(accounts.removeDomain('nowhere.example'), 'domain-not-found', /^nowhere\.example: /)
  await accounts.addDomain('third.example')
  await accounts.removeDomain('Third.Example')
})

test('an address is taken once, in any case and form, by account or alias', async () => {
  const { accounts } = await site()
  const add = (address: string): Promise<unknown> => accounts.add({ address, password: 'x', quota: undefined })
  await fails(add('ANN@example.org'), 'account-exists', /is an account/)
  await fails(add('bob@BÜCHER.example'), 'account-exists', /^bob@xn--bcher-kva\.example: /)
  await fails(add('Sales@example.org'), 'account-exists', /is an alias/)
  await fails(add('ann@nowhere.example'), 'domain-not-found', /^ann@nowhere\.example: /)
  await add('jürgen@example.org')
  await fails(add('ju\u0308rgen@example.org'), 'account-exists', /is an account/)
  for (const bad of [
    'ann',
    'ann@',
    '@example.org',
    'a b@example.org',
    'a..b@example.org',
    '.a@example.org',
    `${'x'.repeat(65)}@example.org`,
  ])
    await fails(add(bad), 'bad-address', /is not an address like ann@example\.org$/)
  const quoted = await accounts.add({ address: '"a b"@example.org', password: 'x', quota: undefined })
  assert.equal(quoted.localPart, 'a b')
  assert.equal((await accounts.show('"A B"@example.org')).id, quoted.id)
})

test('passwords: anything but nothing, NUL and what no login can carry', async () => {
  const { accounts, login } = await site()
  const set = (password: string): Promise<void> => accounts.setPassword('ann@example.org', password)
  await fails(set(''), 'bad-password', /empty/)
  await fails(set('a\0b'), 'bad-password', /NUL/)
  await fails(set('x'.repeat(1025)), 'bad-password', /1024/)
  for (const odd of [' ', 'x', '\t\r\n', '"\\', '🂡'.repeat(256), 'x'.repeat(1024)]) {
    await set(odd)
    assert.ok((await login('ann', odd)).ok, JSON.stringify(odd))
    assert.deepEqual(await login('ann', `${odd}.`), refused)
  }
})

test('quotas are whole numbers of octets', async () => {
  const { accounts } = await site()
  for (const bad of [0, -1, 1.5, NaN, Infinity, 2 ** 53]) {
    await fails(accounts.setQuota('ann@example.org', bad), 'bad-quota', /octets$/)
    await fails(accounts.add({ address: 'new@example.org', password: 'x', quota: bad }), 'bad-quota', /octets$/)
  }
  await accounts.setQuota('ANN@example.org', 5000)
  assert.equal((await accounts.show('ann@example.org')).quota, 5000)
  await accounts.setQuota('ann@example.org', undefined)
  assert.equal((await accounts.show('ann@example.org')).quota, undefined)
})

test('an alias names one account, never another alias, so there are no loops', async () => {
  const { accounts, ann, bob } = await site()
  await accounts.addAlias('info@bücher.example', 'sales@example.org')
  assert.equal((await accounts.show('info@bücher.example')).id, ann.id, 'an alias of an alias is one of the account')
  await accounts.removeAlias('sales@example.org')
  assert.equal((await accounts.show('info@bücher.example')).id, ann.id)
  await fails(accounts.addAlias('info@bücher.example', 'bob@bücher.example'), 'account-exists', /is an alias/)
  await fails(accounts.addAlias('ann@example.org', 'bob@bücher.example'), 'account-exists', /is an account/)
  await fails(accounts.addAlias('ann@example.org', 'ann@example.org'), 'account-exists', /is an account/)
  await fails(accounts.addAlias('x@example.org', 'nobody@example.org'), 'account-not-found', /^nobody@example\.org: /)
  await fails(accounts.addAlias('x@nowhere.example', 'ann@example.org'), 'domain-not-found', /^x@nowhere\.example: /)
  await fails(accounts.removeAlias('sales@example.org'), 'alias-not-found', /^sales@example\.org: /)
  await fails(accounts.removeAlias('ann@example.org'), 'alias-not-found', /^ann@example\.org: /)
  await accounts.addAlias('b@example.org', 'bob@bücher.example')
  assert.deepEqual(await accounts.listAliases(), [
    { localPart: 'b', domain: 'example.org', target: bob.id, targetAddress: 'bob@xn--bcher-kva.example' },
    { localPart: 'info', domain: 'xn--bcher-kva.example', target: ann.id, targetAddress: 'ann@example.org' },
  ])
})

test('acts on an account do not take its alias', async () => {
  const { accounts } = await site()
  const acts = [
    () => accounts.remove('sales@example.org'),
    () => accounts.setPassword('sales@example.org', 'x'),
    () => accounts.setEnabled('sales@example.org', false),
    () => accounts.setQuota('sales@example.org', 1),
  ]
  for (const act of acts) await fails(act(), 'account-not-found', /^sales@example\.org is an alias of ann@example\.org$/)
  await fails(accounts.remove('nobody@example.org'), 'account-not-found', /^nobody@example\.org: /)
})

test('removal takes the mail, the aliases and the address; another account may have it then', async () => {
  const { accounts, store, fill, ann, bob, login } = await site()
  await fill(ann.id, 300_000)
  await fill(bob.id, 1000)
  await accounts.remove('Ann@Example.org')
  assert.deepEqual(await login('ann', 'ann secret'), refused)
  assert.deepEqual(await accounts.resolve('ann', 'example.org'), { kind: 'unknown' })
  assert.deepEqual(await accounts.resolve('sales', 'example.org'), { kind: 'unknown' })
  assert.equal(await accounts.account(ann.id), undefined)
  assert.deepEqual(
    (await accounts.list()).map(({ id }) => id),
    [bob.id],
  )
  assert.equal((await store.maintenance.status()).messages, 1)
  const again = await accounts.add({ address: 'ann@example.org', password: 'x', quota: undefined })
  assert.notEqual(again.id, ann.id)
  assert.equal(again.usedMessages, 0)
})

test('what keeps an account from working', async () => {
  const { accounts, fill, ann, hasher } = await site()
  const codes = async (address: string, password?: string): Promise<string> => {
    const { mayLogIn, takesMail, obstacles } = await accounts.check(address, password)
    return [mayLogIn ? 'login' : '-', takesMail ? 'mail' : '-', ...obstacles.map(({ code }) => code)].join(' ')
  }
  assert.equal(await codes('ANN@example.org'), 'login mail')
  assert.equal(await codes('ann', 'ann secret'), 'login mail')
  assert.equal(await codes('ann', 'wrong'), '- mail wrong-password')
  assert.equal(await codes('sales@example.org'), '- mail alias')
  assert.equal(await codes('nobody@example.org'), '- - no-account')
  assert.equal(await codes('ann@nowhere.example'), '- - not-local')
  assert.equal(await codes('@'), '- - bad-address')
  await accounts.setQuota('ann@example.org', 500)
  await fill(ann.id, 500)
  assert.equal(await codes('ann'), 'login - over-quota')
  await accounts.setEnabled('ann@example.org', false)
  assert.equal(await codes('ann', 'wrong'), '- - disabled wrong-password over-quota')
  assert.equal((await accounts.show('ann@example.org')).lastLoginAt, undefined, 'a look is no login')
  assert.equal(hasher.verified.length, 3)
})

test('a store in trouble is said in the administrator’s words', async (t) => {
  const { accounts, store } = await ownSite(t)
  await store.close()
  await fails(accounts.list(), 'unavailable', /^accounts: /)
  await fails(accounts.remove('ann@example.org'), 'unavailable', /^ann@example\.org: /)
})

test('catch-alls and moved addresses come and go', async () => {
  const { accounts } = await site()
  await accounts.setCatchAll('example.org', 'bob@bücher.example')
  await fails(accounts.setCatchAll('nowhere.example', 'ann@example.org'), 'domain-not-found', /^nowhere\.example: /)
  await fails(accounts.setCatchAll('example.org', 'nobody@example.org'), 'account-not-found', /^nobody@example\.org: /)
  const bob = await accounts.show('bob@bücher.example')
  assert.deepEqual(
    (await accounts.listDomains()).map(({ catchAll }) => catchAll),
    [bob.id, undefined],
  )
  const check = await accounts.check('any@example.org')
  assert.deepEqual(
    [check.takesMail, check.mayLogIn, check.account?.id, check.obstacles.map(({ code }) => code)],
    [true, false, bob.id, ['catch-all']],
  )

  await accounts.addMoved('Gone@example.org', 'Gone@Far.example')
  assert.deepEqual(await accounts.listMoved(), [{ localPart: 'Gone', domain: 'example.org', to: 'Gone@far.example' }])
  const gone = await accounts.check('gone@example.org')
  assert.deepEqual([gone.takesMail, gone.mayLogIn, gone.obstacles.map(({ code }) => code)], [false, false, ['moved']])
  await fails(accounts.addMoved('gone@example.org', 'x@far.example'), 'account-exists', /has moved/)
  await fails(accounts.addMoved('ann@example.org', 'x@far.example'), 'account-exists', /is an account/)
  await fails(accounts.addMoved('x@nowhere.example', 'x@far.example'), 'domain-not-found', /^x@nowhere\.example: /)
  await fails(accounts.addMoved('X@example.org', 'x@EXAMPLE.org'), 'bad-address', /cannot move to itself/)
  await fails(accounts.addMoved('x@example.org', 'nobody'), 'bad-address', /nobody/)
  await fails(accounts.addAlias('gone@example.org', 'ann@example.org'), 'account-exists', /has moved/)
  await fails(accounts.add({ address: 'gone@example.org', password: 'x', quota: undefined }), 'account-exists', /has moved/)
  await accounts.removeAlias('gone@example.org')
  assert.deepEqual(await accounts.listMoved(), [])
})
