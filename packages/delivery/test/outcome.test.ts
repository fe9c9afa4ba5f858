import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DeliveryFailureCode, reduceOutcomes } from '@mailstead/delivery'

const table: [codes: (DeliveryFailureCode | undefined)[], answer: DeliveryFailureCode | undefined][] = [
  [[undefined], undefined],
  [['loop', undefined], undefined],
  [['unavailable', undefined], undefined],
  [['loop'], 'loop'],
  [['loop', 'unavailable', 'account-not-found'], 'unavailable'],
  [['unavailable', 'policy-deferred'], 'unavailable'],
  [['account-not-found', 'loop'], 'account-not-found'],
  [[], 'unavailable'],
]

for (const [codes, answer] of table) {
  test(`${codes.map((code) => code ?? 'kept').join(', ')} → ${answer ?? 'kept'}`, () => {
    const outcomes = codes.map((code) => ({ address: 'a@x', failure: code === undefined ? undefined : { code } }))
    assert.equal(reduceOutcomes(outcomes)?.code, answer)
  })
}
