import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountId, Change } from '@mailstead/store'
import { DirectoryRows } from '../src/client/directory-rows.ts'
import type { Readers } from '../src/client/readers.ts'
import { DIRECTORY_ROWS } from '../src/limits.ts'
import type { Report } from '../src/rpc.ts'

const ANN = 1 as AccountId
const BOB = 2 as AccountId

/** Rows over readers where ann has the address of that name, and which number their answers, which they give when they are let. */
function rows() {
  const state = { asked: 0, held: [] as (() => void)[], hold: false, fail: false }
  const readers = {
    call(op: string, name: string | number) {
      const number = ++state.asked
      if (state.fail) return Promise.reject(new Error('unavailable'))
      const owner = name === 'ann' ? { account: ANN, via: 'account' } : undefined
      const answer = op === 'ownerOf' ? owner : { id: name, usedOctets: number }
      if (!state.hold) return Promise.resolve(answer)
      return new Promise((resolve) => state.held.push(() => resolve(answer)))
    },
  } as unknown as Readers
  const directory = new DirectoryRows(readers)
  return { state, directory, used: async (account = ANN) => (await directory.account(account))?.usedOctets }
}

function report(parts: Partial<Report>): Report {
  return { kind: 'report', answers: [], changes: [], accountChanges: [], ...parts }
}

function change(kind: Change['kind'], account = ANN): Report {
  return report({ changes: [{ kind, account } as Change] })
}

test('an address and its account are read once, and again after an act on the directory', async () => {
  const { state, directory } = rows()
  for (const local of ['ann', 'Ann', 'ann']) assert.equal((await directory.resolve(local, 'example.org'))?.account.id, ANN)
  assert.equal(state.asked, 2)
  assert.equal(await directory.resolve('nobody', 'example.org'), undefined)
  assert.equal(await directory.resolve('nobody', 'example.org'), undefined)
  assert.equal(state.asked, 3)
  directory.committed(report({ directory: true }))
  await directory.resolve('ann', 'example.org')
  assert.equal(state.asked, 5)
})

test('credentials are read once, and again after an act on the directory', async () => {
  const { state, directory } = rows()
  for (const id of [ANN, BOB, ANN]) await directory.find('credentials', id)
  directory.committed({ ...change('added'), used: [[ANN, 70, 1]], seen: [ANN] })
  await directory.find('credentials', ANN)
  assert.equal(state.asked, 2)
  directory.committed(report({ directory: true }))
  await directory.find('credentials', ANN)
  assert.equal(state.asked, 3)
})

test("an account's row goes with what it holds, and with a login", async () => {
  const { directory, used } = rows()
  assert.deepEqual([await used(ANN), await used(BOB)], [1, 2])
  directory.committed(change('flags'))
  assert.equal(await used(), 1)
  directory.committed(change('added'))
  assert.deepEqual([await used(ANN), await used(BOB)], [3, 2])
  directory.committed({ ...change('added'), used: [[ANN, 70, 1]] })
  assert.deepEqual([await used(ANN), await used(BOB)], [70, 2])
  directory.committed(report({ seen: [BOB] }))
  assert.deepEqual([await used(ANN), await used(BOB)], [70, 4])
})

test('what is being read while something is committed is not given to who asks afterwards', async () => {
  const { state, directory, used } = rows()
  for (const committed of [change('added'), report({ used: [[ANN, 70, 1]] }), report({ directory: true }), report({ seen: [ANN] })]) {
    directory.forget()
    state.hold = true
    const reading = used()
    directory.committed(committed)
    state.hold = false
    const asked = state.asked
    state.held.pop()?.()
    await reading
    assert.equal(await used(), asked + 1)
  }
})

test('who asks for what is being read waits for the same answer', async () => {
  const { state, used } = rows()
  state.hold = true
  const both = Promise.all([used(), used()])
  state.held.pop()?.()
  assert.deepEqual(await both, [1, 1])
})

test('a read that fails is not remembered', async () => {
  const { state, used } = rows()
  state.fail = true
  await assert.rejects(used())
  state.fail = false
  assert.equal(await used(), 2)
})

test('there are never more than the limit, and who was asked for last stays', async () => {
  const { state, directory } = rows()
  const groups = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) await directory.find('group', `group${n}`, 'example.org')
  }
  await groups(0, DIRECTORY_ROWS)
  await groups(0, 1)
  assert.equal(state.asked, DIRECTORY_ROWS)
  await groups(DIRECTORY_ROWS, DIRECTORY_ROWS + 1)
  await groups(0, 1)
  assert.equal(state.asked, DIRECTORY_ROWS + 1)
  await groups(1, 2)
  assert.equal(state.asked, DIRECTORY_ROWS + 2)
})
