import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountId } from '@mailstead/store'
import { ManualClock } from '@mailstead/testkit'
import { Logins, type NotedLogin } from '../src/client/logins.ts'
import { LOGINS_GATHERED, LOGINS_MS } from '../src/limits.ts'

function gathering() {
  const clock = new ManualClock()
  const written: (readonly NotedLogin[])[] = []
  const logins = new Logins(clock, (noted) => written.push(noted))
  return { clock, written, logins }
}

const login = (account: number, credential: number, at: number): NotedLogin => ({ account: account as AccountId, credential, at })

test('logins of some seconds are written together, the last of each password', () => {
  const { clock, written, logins } = gathering()
  logins.note(login(1, 11, 100))
  logins.note(login(2, 21, 101))
  logins.note(login(1, 12, 102))
  logins.note(login(1, 11, 103))
  clock.advance(LOGINS_MS - 1)
  assert.deepEqual(written, [])
  clock.advance(1)
  assert.deepEqual(written, [[login(1, 11, 103), login(2, 21, 101), login(1, 12, 102)]])
  clock.advance(LOGINS_MS)
  logins.write()
  assert.equal(written.length, 1, 'once, and nothing where there is none')
  logins.note(login(1, 11, 104))
  logins.write()
  clock.advance(LOGINS_MS)
  assert.equal(written.length, 2)
})

test('many are not kept for long', () => {
  const { written, logins } = gathering()
  for (let account = 1; account <= LOGINS_GATHERED; account++) logins.note(login(account, account, 0))
  assert.deepEqual([written.length, written[0]?.length], [1, LOGINS_GATHERED])
})
