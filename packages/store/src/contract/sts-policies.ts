import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeptStsPolicy } from '../sts-policies.ts'
import type { Fixture } from './fixture.ts'

const DAY = 24 * 60 * 60_000

let domains = 0

/** Of which no other test speaks. */
const name = (): string => `sts${++domains}.example`

/** MTA-STS policies of others. */
export function stsPolicyTests(given: () => Fixture): void {
  const policy = (parts: Partial<KeptStsPolicy> = {}): KeptStsPolicy => {
    const now = given().clock.now()
    return { recordId: '1', text: 'version: STSv1\nmode: none\nmax_age: 9\n', until: now + DAY, checkedAt: now, usedAt: now, ...parts }
  }

  test('a policy is found as it was kept, and another one takes its place', async () => {
    const { stsPolicies } = given().backend
    const [one, other] = [name(), name()]
    assert.equal(await stsPolicies.find(one), undefined)
    const first = policy({ text: 'mx: ж.example\n'.repeat(5000) })
    await stsPolicies.keep(one, first)
    await stsPolicies.keep(other, policy())
    assert.deepEqual(await stsPolicies.find(one), first)
    const second = policy({ recordId: '2', until: first.until + 5 })
    await stsPolicies.keep(one, second)
    assert.deepEqual(await stsPolicies.find(one), second)
    assert.deepEqual(await stsPolicies.find(other), policy())
  })

  test('those looked after longest ago are stale first, unless nobody uses them', async () => {
    const { backend, clock } = given()
    const { stsPolicies } = backend
    const now = clock.now()
    const [old, older, unused, young] = [name(), name(), name(), name()]
    await stsPolicies.keep(old, policy({ checkedAt: now - 3 * DAY }))
    await stsPolicies.keep(older, policy({ checkedAt: now - 4 * DAY, usedAt: now - 9 * DAY }))
    await stsPolicies.keep(unused, policy({ checkedAt: now - 5 * DAY, usedAt: now - 10 * DAY }))
    await stsPolicies.keep(young, policy())
    const stale = (limit: number): Promise<readonly string[]> => stsPolicies.stale(now - 2 * DAY, now - 9 * DAY, limit)
    assert.deepEqual(await stale(10), [older, old])
    assert.deepEqual(await stale(1), [older])
    await stsPolicies.note(older, { checkedAt: now })
    await stsPolicies.note(unused, { usedAt: now })
    assert.deepEqual(await stale(10), [unused, old])
    assert.equal((await stsPolicies.find(older))?.checkedAt, now)
    await stsPolicies.note(name(), { usedAt: now })
  })

  test('what held until then is forgotten', async () => {
    const { backend, clock } = given()
    const { stsPolicies } = backend
    const names = Array.from({ length: 5 }, name)
    for (const [at, each] of names.entries()) await stsPolicies.keep(each, policy({ until: at }))
    assert.equal(await stsPolicies.forget(3), 3)
    assert.deepEqual(await Promise.all(names.map(async (each) => (await stsPolicies.find(each)) !== undefined)), [
      false,
      false,
      false,
      true,
      true,
    ])
    assert.equal(await stsPolicies.forget(5), 2)
    assert.equal(await stsPolicies.forget(clock.now()), 0)
  })
}
