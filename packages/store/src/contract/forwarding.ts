import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Forwarding } from '../forwarding.ts'
import type { AccountId } from '../ids.ts'
import { DOMAIN, newPerson, rejectsWith, type Fixture } from './fixture.ts'

/** Where mail of accounts and groups goes on to. */
export function forwardingTests(given: () => Fixture): void {
  test('an account forwards, until it does not', async () => {
    const { directory } = given().backend
    const { account } = await newPerson(given())
    const seen = async (): Promise<Forwarding | undefined> => (await directory.account(account.id))?.forwarding
    assert.equal(await seen(), undefined)
    assert.equal('forwarding' in account, false)
    const first: Forwarding = { targets: ['Zoe@far.example', 'ann@far.example'], keep: true, told: false }
    await directory.setForwarding(account.id, first)
    const expected = { ...first, targets: ['ann@far.example', 'Zoe@far.example'] }
    assert.deepEqual(await seen(), expected)
    await directory.addAlias('forwards', DOMAIN, account.id)
    assert.deepEqual((await directory.resolve('forwards', DOMAIN))?.account.forwarding, expected)
    assert.deepEqual((await directory.listAccounts()).find(({ id }) => id === account.id)?.forwarding, expected)
    const second: Forwarding = { targets: ['one@far.example'], keep: false, told: true }
    await directory.setForwarding(account.id, second)
    assert.deepEqual(await seen(), second)
    await directory.setForwarding(account.id, undefined)
    assert.equal(await seen(), undefined)
    await rejectsWith('account-not-found', directory.setForwarding(999_999 as AccountId, second))
  })

  test('a group has an address that nobody else has', async () => {
    const { directory } = given().backend
    const { account } = await newPerson(given())
    const group = { localPart: 'Te\u00e4m', domain: DOMAIN, targets: ['a@far.example', `b@${DOMAIN}`], told: false }
    await directory.putGroup(group)
    assert.deepEqual(await directory.group('tea\u0308M', DOMAIN), group)
    assert.equal(await directory.group('te\u00e4m', 'nowhere.example'), undefined)
    assert.equal(await directory.resolve('te\u00e4m', DOMAIN), undefined)
    await rejectsWith('account-exists', directory.addAlias('TE\u00c4M', DOMAIN, account.id))
    await rejectsWith('account-exists', directory.addMoved('te\u00e4m', DOMAIN, 'x@far.example'))
    await rejectsWith('account-exists', directory.putGroup({ ...group, localPart: account.localPart }))
    await rejectsWith('domain-not-found', directory.putGroup({ ...group, domain: 'nowhere.example' }))
    const other = { ...group, targets: ['c@far.example'], told: true }
    await directory.putGroup(other)
    assert.deepEqual(await directory.listGroups(), [other])
    await directory.addDomain('grouped.example')
    await directory.putGroup({ ...group, domain: 'grouped.example' })
    await rejectsWith('domain-in-use', directory.removeDomain('grouped.example'))
    await directory.removeAlias('te\u00c4m', 'grouped.example')
    await directory.removeDomain('grouped.example')
    await directory.removeAlias('te\u00e4m', DOMAIN)
    assert.equal(await directory.group('te\u00e4m', DOMAIN), undefined)
    await rejectsWith('alias-not-found', directory.removeAlias('te\u00e4m', DOMAIN))
  })

  test('nothing goes on to an address of ours that is gone', async () => {
    const { directory } = given().backend
    const [leaving, staying] = [(await newPerson(given())).account, (await newPerson(given())).account]
    const [gone, stays] = [leaving, staying].map(({ localPart }) => `${localPart}@${DOMAIN}`) as [string, string]
    await directory.addAlias('also', DOMAIN, leaving.id)
    await directory.addAlias('gone', DOMAIN, staying.id)
    await directory.putGroup({
      localPart: 'all',
      domain: DOMAIN,
      targets: [gone.toUpperCase(), `Also@${DOMAIN}`, `gone@${DOMAIN}`, stays],
      told: false,
    })
    await directory.setForwarding(staying.id, { targets: [`all@${DOMAIN}`], keep: true, told: false })
    const targets = async (): Promise<readonly string[] | undefined> => (await directory.group('all', DOMAIN))?.targets
    await directory.removeAlias('gone', DOMAIN)
    await directory.removeAccount(leaving.id)
    assert.deepEqual(await targets(), [stays])
    await directory.removeAlias('all', DOMAIN)
    assert.deepEqual((await directory.account(staying.id))?.forwarding?.targets, [])
  })
}
