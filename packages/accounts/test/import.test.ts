import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ImportOutcome, ImportRow } from '@mailstead/accounts'
import { MAX_WAITING_LOGINS } from '../src/limits.ts'
import { CONTEXT, ownSite, site } from './support.ts'

const row = (line: number, address: string, password = `password ${line}`): ImportRow => ({ line, address, password, quota: undefined })

async function collect(outcomes: AsyncIterable<ImportOutcome>): Promise<ImportOutcome[]> {
  const all: ImportOutcome[] = []
  for await (const outcome of outcomes) all.push(outcome)
  return all
}

test('500 accounts come in while logins fill the queue, and all can log in', async () => {
  const { accounts, hasher, login } = await site()
  hasher.hold()
  const attempts = Array.from({ length: MAX_WAITING_LOGINS }, (_, i) => accounts.checkPassword('ann', `guess ${i}`, '', CONTEXT))
  const importing = collect(accounts.importAccounts(Array.from({ length: 500 }, (_, i) => row(i + 1, `user${i + 1}@example.org`))))
  hasher.release()
  const outcomes = await importing
  await Promise.all(attempts)
  assert.equal(outcomes.filter(({ ok }) => ok).length, 500)
  assert.deepEqual(
    outcomes.map(({ line }) => line),
    Array.from({ length: 500 }, (_, i) => i + 1),
  )
  assert.ok(hasher.peak <= 2)
  assert.equal((await accounts.list()).length, 502)
  for (const n of [1, 32, 33, 500]) assert.ok((await login(`user${n}`, `password ${n}`)).ok)
})

test('a bad row harms no other', async () => {
  const { accounts } = await site()
  const rows = [
    row(2, 'new@example.org', ' '),
    row(3, 'no address'),
    row(4, 'ANN@example.org'),
    row(5, 'sales@example.org'),
    row(6, 'x@nowhere.example'),
    row(7, 'empty@example.org', ''),
    row(8, 'twice@example.org'),
    row(9, 'Twice@example.org'),
    { ...row(10, 'small@example.org'), quota: -1 },
    { ...row(11, 'quota@bücher.example'), quota: 5000 },
  ]
  const outcomes = await collect(accounts.importAccounts(rows))
  assert.deepEqual(
    outcomes.map((outcome) => [outcome.line, outcome.ok ? 'ok' : outcome.code]),
    [
      [2, 'ok'],
      [3, 'bad-address'],
      [4, 'account-exists'],
      [5, 'account-exists'],
      [6, 'domain-not-found'],
      [7, 'bad-password'],
      [8, 'ok'],
      [9, 'account-exists'],
      [10, 'bad-quota'],
      [11, 'ok'],
    ],
  )
  assert.deepEqual(
    outcomes.slice(2, 5).map((outcome) => (outcome.ok ? 'ok' : outcome.error)),
    ['The address is an account', 'The address is an alias', 'Domain does not exist'],
  )
  assert.equal((await accounts.show('quota@bücher.example')).quota, 5000)
  assert.doesNotMatch(JSON.stringify(outcomes), /password \d/)
})

test('rows are taken as they are needed, and a source that fails stops the import', async () => {
  const { accounts } = await site()
  async function* rows(): AsyncGenerator<ImportRow> {
    for (let line = 1; line <= 40; line++) yield await Promise.resolve(row(line, `user${line}@example.org`))
    throw new Error('line 41 is no CSV')
  }
  const seen: number[] = []
  await assert.rejects(async () => {
    for await (const { line } of accounts.importAccounts(rows())) seen.push(line)
  }, /line 41/)
  assert.equal(seen.length, 32)
  assert.equal((await accounts.list()).length, 34)
})

test('a store in trouble is an outcome for each row', async (t) => {
  const { accounts, store } = await ownSite(t)
  await store.close()
  const outcomes = await collect(accounts.importAccounts([row(1, 'a@example.org'), row(2, 'b@example.org')]))
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.code)),
    ['unavailable', 'unavailable'],
  )
})
