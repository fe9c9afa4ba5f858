import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from '@mailstead/config'
import type { AccountId } from '@mailstead/store'
import { savesSentOf } from '../src/sent-mail.ts'

const ANN = 1 as AccountId
const BEN = 2 as AccountId

test('whose mail is kept as sent is looked up only where accounts differ', async () => {
  for (const [text, ann, ben, lookups] of [
    ['', false, false, 0],
    ['submission.save_sent = true', true, true, 0],
    ['submission.save_sent_except = ["Ann@example.org"]', true, false, 3],
    ['submission = { save_sent = true, save_sent_except = ["ann@example.org"] }', false, true, 3],
  ] as const) {
    let asked = 0
    const names = new Map([
      [ANN, 'ann'],
      [BEN, 'ben'],
    ])
    const account = async (id: AccountId): Promise<never> => {
      asked++
      const localPart = names.get(id)
      return (localPart && { localPart, domain: 'example.org' }) as never
    }
    const saves = savesSentOf(parseConfig(text, 'test.toml').config, { account })
    assert.deepEqual([await saves(ANN), await saves(BEN)], [ann, ben], text)
    if (lookups > 0) assert.equal(await saves(3 as AccountId), false, 'an account that is gone')
    assert.equal(asked, lookups, text)
  }
})
