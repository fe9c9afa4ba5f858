import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NewDomainKey } from '../domain-keys.ts'
import { DOMAIN, rejectsWith, type Fixture } from './fixture.ts'

function key(selector: string, more: Partial<NewDomainKey> = {}): NewDomainKey {
  return {
    selector,
    algorithm: 'ed25519-sha256',
    privateKey: Uint8Array.of(1, 2, 3),
    publicKey: 'AQID',
    signsFrom: 1000,
    retiresAt: undefined,
    ...more,
  }
}

/** Keys that mail of a domain is signed with. */
export function domainKeyTests(given: () => Fixture): void {
  test('keys come and go with their domain', async () => {
    const { backend, clock } = given()
    const { directory } = backend
    assert.deepEqual(await directory.domainKeys('keys.example'), [])
    const keys = [key('a', { algorithm: 'rsa-sha256' }), key('b', { retiresAt: 2000 })]
    await directory.addDomain('keys.example', keys)
    const kept = await directory.domainKeys('keys.example')
    assert.deepEqual(
      kept.map((each) => ({ ...each, privateKey: Uint8Array.from(each.privateKey) })),
      keys.map((each) => ({ ...each, createdAt: clock.now() })),
    )
    await directory.removeDomain('keys.example')
    assert.deepEqual(await directory.domainKeys('keys.example'), [])
    await directory.addDomain('keys.example')
    assert.deepEqual(await directory.domainKeys('keys.example'), [])
    await directory.removeDomain('keys.example')
  })

  test('keys of a domain are changed in one commit, and those of others are not', async () => {
    const { directory } = given().backend
    await directory.addDomain('more.example', [key('a'), key('b')])
    await directory.changeDomainKeys(DOMAIN, { add: [key('a')] })
    await directory.changeDomainKeys('more.example', {
      add: [key('c', { signsFrom: 5000 })],
      times: [
        { selector: 'b', signsFrom: 3000, retiresAt: 4000 },
        { selector: 'nobody', signsFrom: 1, retiresAt: undefined },
      ],
      remove: ['a', 'nobody'],
    })
    const times = async (domain: string): Promise<unknown[]> =>
      (await directory.domainKeys(domain)).map(({ selector, signsFrom, retiresAt }) => [selector, signsFrom, retiresAt])
    assert.deepEqual(await times('more.example'), [
      ['b', 3000, 4000],
      ['c', 5000, undefined],
    ])
    assert.deepEqual(await times(DOMAIN), [['a', 1000, undefined]])
    await rejectsWith('in-use', directory.changeDomainKeys('more.example', { remove: ['b'], add: [key('d'), key('c')] }))
    assert.deepEqual(await times('more.example'), [
      ['b', 3000, 4000],
      ['c', 5000, undefined],
    ])
    await rejectsWith('domain-not-found', directory.changeDomainKeys('nowhere.example', {}))
  })
}
