import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountChange } from '../changes.ts'
import type { NewAccount } from '../directory.ts'
import type { AccountId } from '../ids.ts'
import { append, DOMAIN, newPerson, rejectsWith, type Fixture } from './fixture.ts'

/** Domains, accounts, aliases, credentials. */
export function directoryTests(given: () => Fixture): void {
  const newAccount = (localPart: string, domain = DOMAIN): NewAccount => ({
    localPart,
    domain,
    quota: undefined,
    argon2: '$a$',
    mailboxes: [],
  })

  test('the first domain is the default; a domain in use stays', async () => {
    const { directory } = given().backend
    const made = await directory.addDomain('second.example')
    assert.equal(made.isDefault, false)
    assert.equal(made.accounts, 0)
    assert.equal((await directory.findDomain(DOMAIN))?.isDefault, true)
    await rejectsWith('domain-exists', directory.addDomain('second.example'))
    const [account] = await directory.addAccounts([newAccount('only', 'second.example')])
    assert.equal((await directory.findDomain('second.example'))?.accounts, 1)
    await rejectsWith('domain-in-use', directory.removeDomain('second.example'))
    await directory.removeAccount(account?.id as AccountId)
    await directory.removeDomain('second.example')
    assert.equal(await directory.findDomain('second.example'), undefined)
    await rejectsWith('domain-not-found', directory.removeDomain('second.example'))
    await rejectsWith('domain-not-found', directory.addAccounts([newAccount('x', 'second.example')]))
    assert.deepEqual(
      (await directory.listDomains()).map(({ name }) => name),
      [DOMAIN],
    )
  })

  test('addresses are compared without case and kept as added', async () => {
    const { directory } = given().backend
    const [account] = await directory.addAccounts([newAccount('J\u00f6rg.Case')])
    assert.ok(account)
    assert.equal(account.localPart, 'J\u00f6rg.Case')
    const found = await directory.resolve('jo\u0308rg.CASE', DOMAIN)
    assert.equal(found?.via, 'account')
    assert.deepEqual(found.account, account)
    await rejectsWith('account-exists', directory.addAccounts([newAccount('J\u00d6RG.case')]))
    assert.equal(await directory.resolve('nobody', DOMAIN), undefined)
    assert.equal(await directory.resolve('j\u00f6rg.case', 'elsewhere.example'), undefined)
  })

  test('accounts are added all or none', async () => {
    const { directory } = given().backend
    const before = await directory.listAccounts()
    await rejectsWith('account-exists', directory.addAccounts([newAccount('fresh'), newAccount('twice'), newAccount('Twice')]))
    assert.deepEqual(await directory.listAccounts(), before)
    const made = await directory.addAccounts([newAccount('batch1'), newAccount('batch2')])
    assert.deepEqual(
      made.map(({ localPart }) => localPart),
      ['batch1', 'batch2'],
    )
  })

  test('an address is an account or an alias, never both', async () => {
    const { directory } = given().backend
    const { account } = await newPerson(given())
    await directory.addAlias('Info', DOMAIN, account.id)
    await rejectsWith('account-exists', directory.addAccounts([newAccount('info')]))
    await rejectsWith('account-exists', directory.addAlias('INFO', DOMAIN, account.id))
    await rejectsWith('account-exists', directory.addAlias(account.localPart.toUpperCase(), DOMAIN, account.id))
    await rejectsWith('domain-not-found', directory.addAlias('x', 'nowhere.example', account.id))
    await rejectsWith('account-not-found', directory.addAlias('x', DOMAIN, 999_999 as AccountId))
    const resolved = await directory.resolve('info', DOMAIN)
    assert.deepEqual([resolved?.via, resolved?.account.id], ['alias', account.id])
    assert.deepEqual(await directory.listAliases(), [
      { localPart: 'Info', domain: DOMAIN, target: account.id, targetAddress: `${account.localPart}@${DOMAIN}` },
    ])
    await rejectsWith('alias-not-found', directory.removeAlias(account.localPart, DOMAIN))
    await directory.removeAlias('info', DOMAIN)
    await rejectsWith('alias-not-found', directory.removeAlias('info', DOMAIN))
    assert.equal(await directory.resolve('info', DOMAIN), undefined)
  })

  test('the catch-all of a domain goes with its account', async () => {
    const { directory } = given().backend
    const { account } = await newPerson(given())
    const catchAll = async (): Promise<AccountId | undefined> => (await directory.findDomain(DOMAIN))?.catchAll
    assert.equal(await catchAll(), undefined)
    await directory.setCatchAll(DOMAIN, account.id)
    assert.equal(await catchAll(), account.id)
    assert.equal((await directory.listDomains())[0]?.catchAll, account.id)
    assert.equal(await directory.resolve('nobody', DOMAIN), undefined)
    await directory.setCatchAll(DOMAIN, undefined)
    assert.equal(await catchAll(), undefined)
    await directory.setCatchAll(DOMAIN, account.id)
    await directory.removeAccount(account.id)
    assert.equal(await catchAll(), undefined)
    await rejectsWith('account-not-found', directory.setCatchAll(DOMAIN, account.id))
    await rejectsWith('domain-not-found', directory.setCatchAll('nowhere.example', undefined))
  })

  test("an address that has moved is nobody else's", async () => {
    const { directory } = given().backend
    const { account } = await newPerson(given())
    await directory.addMoved('Jo\u0308rg', DOMAIN, 'j@far.example')
    assert.equal(await directory.movedTo('J\u00d6RG', DOMAIN), 'j@far.example')
    assert.equal(await directory.movedTo('j\u00f6rg', 'nowhere.example'), undefined)
    assert.equal(await directory.movedTo('nobody', DOMAIN), undefined)
    assert.equal(await directory.resolve('j\u00f6rg', DOMAIN), undefined)
    assert.deepEqual(await directory.listMoved(), [{ localPart: 'Jo\u0308rg', domain: DOMAIN, to: 'j@far.example' }])
    await rejectsWith('account-exists', directory.addMoved('j\u00f6rg', DOMAIN, 'k@far.example'))
    await rejectsWith('account-exists', directory.addMoved(account.localPart, DOMAIN, 'k@far.example'))
    await rejectsWith('account-exists', directory.addAlias('j\u00f6rg', DOMAIN, account.id))
    await rejectsWith('account-exists', directory.addAccounts([newAccount('j\u00f6rg')]))
    await rejectsWith('domain-not-found', directory.addMoved('x', 'nowhere.example', 'k@far.example'))
    await directory.removeAlias('j\u00f6rg', DOMAIN)
    await rejectsWith('alias-not-found', directory.removeAlias('j\u00f6rg', DOMAIN))
    assert.deepEqual(await directory.listMoved(), [])
    await directory.addDomain('gone.example')
    await directory.addMoved('x', 'gone.example', 'k@far.example')
    await rejectsWith('domain-in-use', directory.removeDomain('gone.example'))
    await directory.removeAlias('x', 'gone.example')
    await directory.removeDomain('gone.example')
  })

  test('a password replaces the main credential; changes of an account are announced', async () => {
    const { backend } = given()
    const { directory } = backend
    const { account, store } = await newPerson(given())
    const told: AccountChange[] = []
    const all: AccountChange[] = []
    store.watchAccount((change) => told.push(change))
    const stop = backend.stores.watchAccounts((change) => all.push(change))
    await directory.setPassword(account.id, '$argon2id$new')
    const credentials = await directory.credentials(account.id)
    assert.equal(credentials.length, 1)
    assert.deepEqual(
      { ...credentials[0], id: 0 },
      {
        id: 0,
        account: account.id,
        kind: 'main',
        argon2: '$argon2id$new',
        scram: { sha256: undefined, sha1: undefined },
        protocols: undefined,
        expiresAt: undefined,
      },
    )
    await directory.setEnabled(account.id, false)
    assert.equal((await directory.account(account.id))?.enabled, false)
    await directory.setQuota(account.id, { octets: 5000 })
    assert.equal((await directory.account(account.id))?.quota, 5000)
    assert.equal((await store.quota()).octetLimit, 5000)
    await directory.setQuota(account.id, { messages: 2 })
    const { octetLimit, messageLimit } = await store.quota()
    assert.deepEqual([octetLimit, messageLimit], [5000, 2])
    await directory.setQuota(account.id, { octets: undefined, messages: undefined })
    const unlimited = await directory.account(account.id)
    assert.deepEqual([unlimited?.quota, unlimited?.messageQuota, unlimited?.role], [undefined, undefined, 'user'])
    await directory.setRole(account.id, 'admin')
    assert.equal((await directory.account(account.id))?.language, undefined)
    await directory.setLanguage(account.id, 'ru')
    assert.equal((await directory.account(account.id))?.language, 'ru')
    await directory.setLanguage(account.id, undefined)
    assert.equal((await directory.account(account.id))?.language, undefined)
    assert.equal((await directory.account(account.id))?.role, 'admin')
    await directory.setCapabilitiesOff(account.id, ['SORT', 'IDLE', 'SORT'])
    assert.deepEqual((await directory.account(account.id))?.capabilitiesOff, ['IDLE', 'SORT'])
    stop()
    assert.deepEqual(told, all)
    assert.deepEqual(told, [
      { kind: 'account-changed', account: account.id },
      { kind: 'account-changed', account: account.id },
      { kind: 'account-changed', account: account.id },
    ])
    const nobody = 999_999 as AccountId
    await rejectsWith('account-not-found', directory.setPassword(nobody, 'x'))
    await rejectsWith('account-not-found', directory.setEnabled(nobody, true))
    await rejectsWith('account-not-found', directory.setQuota(nobody, { octets: 1 }))
    await rejectsWith('account-not-found', directory.setRole(nobody, 'admin'))
    await rejectsWith('account-not-found', directory.setLanguage(nobody, 'ru'))
    await rejectsWith('account-not-found', directory.setCapabilitiesOff(nobody, ['IDLE']))
    await rejectsWith('account-not-found', directory.removeAccount(nobody))
    assert.equal(await directory.account(nobody), undefined)
    assert.deepEqual(await directory.credentials(nobody), [])
  })

  test('capabilities that are switched off are replaced as a whole, and go with the account', async () => {
    const { directory } = given().backend
    const { account } = await newPerson(given())
    const { account: other } = await newPerson(given())
    assert.deepEqual(account.capabilitiesOff, [])
    await directory.setCapabilitiesOff(account.id, ['THREAD=REFERENCES', 'CONDSTORE'])
    await directory.setCapabilitiesOff(account.id, ['CONDSTORE', 'ACL'])
    const found = await directory.resolve(account.localPart, DOMAIN)
    assert.deepEqual(found?.account.capabilitiesOff, ['ACL', 'CONDSTORE'])
    assert.deepEqual((await directory.account(other.id))?.capabilitiesOff, [])
    await directory.setCapabilitiesOff(account.id, [])
    assert.deepEqual((await directory.account(account.id))?.capabilitiesOff, [])
  })

  test('what is kept for APOP is replaced, removed, and goes with the account', async () => {
    const { directory } = given().backend
    const { account } = await newPerson(given())
    const { account: other } = await newPerson(given())
    const kept = async (id: AccountId): Promise<string | undefined> => {
      const sealed = await directory.apopSecret(id)
      return sealed === undefined ? undefined : Buffer.from(sealed).toString()
    }
    assert.equal(await kept(account.id), undefined)
    await directory.setApopSecret(account.id, Buffer.from('one'))
    await directory.setApopSecret(account.id, Buffer.from('two'))
    assert.deepEqual([await kept(account.id), await kept(other.id)], ['two', undefined])
    await directory.setApopSecret(account.id, undefined)
    await directory.setApopSecret(account.id, undefined)
    assert.equal(await kept(account.id), undefined)
    await directory.setApopSecret(other.id, Buffer.from('three'))
    await directory.removeAccount(other.id)
    assert.equal(await kept(other.id), undefined)
    await rejectsWith('account-not-found', directory.setApopSecret(other.id, Buffer.from('four')))
  })

  test('SCRAM verifiers live and go with the main credential; who has none is counted among the enabled', async () => {
    const { directory } = given().backend
    const scram = { sha256: 'SCRAM-SHA-256$a', sha1: 'SCRAM-SHA-1$b' }
    const lacking = async (): Promise<number[]> => [
      (await directory.withoutScram('sha256')).count,
      (await directory.withoutScram('sha1')).count,
    ]
    const [before256 = 0, before1 = 0] = await lacking()
    const [both] = await directory.addAccounts([{ ...newAccount('scrambled'), scram }])
    const id = both?.id as AccountId
    assert.deepEqual((await directory.credentials(id))[0]?.scram, scram)
    assert.deepEqual(await lacking(), [before256, before1])
    await directory.setPassword(id, '$b$', { sha256: 'SCRAM-SHA-256$c' })
    assert.deepEqual((await directory.credentials(id))[0]?.scram, { sha256: 'SCRAM-SHA-256$c', sha1: undefined })
    assert.deepEqual(await lacking(), [before256, before1 + 1])
    await directory.setPassword(id, '$c$')
    assert.deepEqual(await lacking(), [before256 + 1, before1 + 1])
    const { count, some } = await directory.withoutScram('sha256')
    assert.ok(some.length > 0 && some.length <= count && some.every((address) => address.includes('@')), String(some))
    await directory.setEnabled(id, false)
    assert.deepEqual(await lacking(), [before256, before1])
    await directory.removeAccount(id)
    assert.deepEqual(await lacking(), [before256, before1])
  })

  test('a secret is long and stays the same', async () => {
    const { directory } = given().backend
    const secret = await directory.secret('scram-salt')
    assert.equal(secret.length, 32)
    assert.deepEqual(await directory.secret('scram-salt'), secret)
    const other = await directory.secret('srs')
    assert.equal(other.length, 32)
    assert.notDeepEqual(other, secret)
  })

  test('removing an account takes everything of it along, and its id is never given again', async () => {
    const { backend } = given()
    const { directory } = backend
    const { account, store, inbox } = await newPerson(given())
    await directory.addAlias('farewell', DOMAIN, account.id)
    await append(backend, store, inbox.id, [{}])
    const told: string[] = []
    store.watchAccount(({ kind }) => told.push(kind))
    store.watch(inbox.id, ({ kind }) => told.push(kind))
    await directory.removeAccount(account.id)
    assert.deepEqual(told.sort(), ['account-changed', 'deleted'])
    assert.equal(await directory.resolve('farewell', DOMAIN), undefined)
    assert.equal(await directory.resolve(account.localPart, DOMAIN), undefined)
    assert.equal(await directory.account(account.id), undefined)
    assert.deepEqual(await directory.credentials(account.id), [])
    assert.deepEqual(await directory.mailboxes(account.id), [])
    await rejectsWith('mailbox-not-found', store.openMailbox('INBOX'))
    await rejectsWith('account-not-found', store.quota())
    await rejectsWith('account-not-found', store.createMailbox('x'))
    const [again] = await directory.addAccounts([newAccount(account.localPart)])
    assert.ok((again?.id ?? 0) > account.id)
    assert.equal((await directory.mailboxes(again?.id as AccountId)).length, 1)
    assert.deepEqual(await backend.check(), [])
  })
}
