import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountId, Change, MailboxId } from '@mailstead/store'
import { MailboxRows } from '../src/client/mailbox-rows.ts'
import type { Readers } from '../src/client/readers.ts'
import { MAILBOX_ROWS } from '../src/limits.ts'
import type { Report } from '../src/rpc.ts'

const ANN = 1 as AccountId
const BOB = 2 as AccountId
const SHARED = 50 as MailboxId

/** Rows over readers that answer with the number of times they were asked, when they are let. */
function rows() {
  const state = { asked: 0, answers: [] as (() => void)[], hold: false }
  const readers = {
    call(_op: string, actor: AccountId, name: string | number) {
      const id = name === 'inbox' ? (actor === ANN ? 7 : 17) : name
      const row = { id, owner: id === SHARED ? BOB : actor, messages: ++state.asked }
      if (!state.hold) return Promise.resolve(row)
      return new Promise((resolve) => state.answers.push(() => resolve(row)))
    },
  } as unknown as Readers
  const mailboxes = new MailboxRows(readers)
  return { state, mailboxes, inbox: async (actor = ANN) => (await mailboxes.named(actor, 'inbox', 'see')).messages }
}

function report(parts: Partial<Report>): Report {
  return { kind: 'report', answers: [], changes: [], accountChanges: [], ...parts }
}

function change(mailbox: number, account = ANN): Report {
  return report({ changes: [{ kind: 'flags', mailbox: mailbox as MailboxId, account } as Change] })
}

test('a row is read once, until its mailbox changes', async () => {
  const { mailboxes, inbox } = rows()
  assert.deepEqual([await inbox(), await inbox()], [1, 1])
  mailboxes.committed(change(8))
  assert.equal(await inbox(), 1)
  mailboxes.committed(change(7))
  assert.deepEqual([await inbox(), await inbox()], [2, 2])
})

test('names, subscriptions and rights of an account, and acts that say nothing, take their rows along', async () => {
  const { mailboxes, inbox } = rows()
  assert.deepEqual([await inbox(ANN), await inbox(BOB)], [1, 2])
  mailboxes.committed(report({ accountChanges: [{ kind: 'subscribed', account: ANN, name: 'INBOX' }] }))
  assert.deepEqual([await inbox(ANN), await inbox(BOB)], [3, 2])
  mailboxes.committed(report({ beyond: true }))
  assert.deepEqual([await inbox(ANN), await inbox(BOB)], [4, 5])
})

test('of mailboxes of others nothing is remembered', async () => {
  const { state, mailboxes } = rows()
  await mailboxes.byId(ANN, SHARED, 'read')
  await mailboxes.byId(ANN, SHARED, 'read')
  assert.equal(state.asked, 2)
})

test('what was read while something was committed is not kept', async () => {
  const { state, mailboxes, inbox } = rows()
  for (const [committed, asked] of [
    [change(7), 2],
    [report({ beyond: true }), 4],
    [change(9, BOB), 5],
  ] as const) {
    mailboxes.committed(report({ beyond: true }))
    state.hold = true
    const reading = inbox()
    mailboxes.committed(committed)
    state.hold = false
    state.answers.pop()?.()
    await reading
    assert.equal(await inbox(), asked)
  }
})

test('there are never more than the limit', async () => {
  const { state, mailboxes, inbox } = rows()
  await inbox()
  for (let id = 100; id < 100 + MAILBOX_ROWS; id++) await mailboxes.byId(ANN, id as MailboxId, 'read')
  const { asked } = state
  await mailboxes.byId(ANN, 101 as MailboxId, 'read')
  assert.equal(state.asked, asked)
  assert.equal(await inbox(), asked + 1)
})
