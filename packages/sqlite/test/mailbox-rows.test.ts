import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountId, MailboxId } from '@mailstead/store'
import { MailboxRows } from '../src/client/mailbox-rows.ts'
import type { Readers } from '../src/client/readers.ts'
import { MAILBOX_ROWS } from '../src/limits.ts'
import type { Report, WireChange } from '../src/rpc.ts'

const ANN = 1 as AccountId
const BOB = 2 as AccountId
const INBOX = 7 as MailboxId
const SENT = 8 as MailboxId
const SHARED = 50 as MailboxId
/** Of what readers know. */
const MODSEQ = 10

/** Rows over readers that answer, when they are let, with the number of times they were asked. */
function rows() {
  const state = { asked: 0, answers: [] as (() => void)[], hold: false, shares: false }
  const row = (actor: AccountId, id: number) => ({
    id: id + (actor === BOB && id < SHARED ? 10 : 0),
    name: id === INBOX ? 'INBOX' : `Mailbox ${id}`,
    owner: id === SHARED ? BOB : actor,
    messages: state.asked,
    size: 1000,
    uidNext: 3,
    highestModSeq: MODSEQ,
    keywords: ['$Old'],
  })
  const answer = (op: string, actor: AccountId, what: string | number | undefined): unknown => {
    if (op === 'listMailboxes') return [INBOX, SENT, ...(state.shares ? [SHARED] : [])].map((id) => row(actor, id))
    if (op === 'listSubscriptions') return [`Subscribed ${state.asked}`]
    if (op === 'recent') return { owner: actor, uidNext: 3, firstRecent: state.asked }
    if (op === 'quota') return { octets: 5000, messages: state.asked, octetLimit: 9000, messageLimit: undefined }
    return row(actor, typeof what === 'number' ? what : what === 'Sent' ? SENT : INBOX)
  }
  const readers = {
    call(op: string, actor: AccountId, what: string | number | undefined) {
      state.asked++
      const value = answer(op, actor, what)
      if (!state.hold) return Promise.resolve(value)
      return new Promise((resolve) => state.answers.push(() => resolve(value)))
    },
  } as unknown as Readers
  const mailboxes = new MailboxRows(readers)
  return { state, mailboxes, inbox: async (actor = ANN) => (await mailboxes.named(actor, 'inbox', 'see')).messages }
}

function report(parts: Partial<Report>): Report {
  return { kind: 'report', answers: [], changes: [], accountChanges: [], ...parts }
}

/** One that says no more than that something is different. */
function change(mailbox: number, account = ANN): Report {
  return report({ changes: [{ kind: 'rights', mailbox, account } as WireChange] })
}

function counted(mailbox: number, messages: number, more: Partial<WireChange> & { readonly size?: number } = {}): WireChange {
  const { size = 1000, ...rest } = more
  const modSeq = (more.modSeq ?? MODSEQ + 1) as WireChange['modSeq']
  const counters = { messages, size, highestModSeq: modSeq }
  return { kind: 'added', mailbox, account: ANN, previous: MODSEQ, modSeq, counters, ...rest } as unknown as WireChange
}

test('a row is read once, and its counters follow its mailbox', async () => {
  const { state, mailboxes, inbox } = rows()
  assert.deepEqual([await inbox(), await inbox()], [1, 1])
  mailboxes.committed(report({ changes: [counted(SENT, 5), counted(INBOX, 6), counted(INBOX, 8, { account: BOB })] }))
  assert.equal(await inbox(), 6)
  mailboxes.committed(report({ changes: [counted(INBOX, 7, { keywordNames: ['$Old', '$New'], modSeq: (MODSEQ + 2) as never })] }))
  assert.deepEqual((await mailboxes.byId(ANN, INBOX, 'see')).keywords, ['$Old', '$New'])
  assert.equal(await inbox(), 7)
  assert.equal(state.asked, 1)
})

test('what was read ahead of the reports is not taken back', async () => {
  const { mailboxes, inbox } = rows()
  await inbox()
  mailboxes.committed(report({ changes: [counted(INBOX, 5, { modSeq: MODSEQ as never })] }))
  assert.equal(await inbox(), 1)
})

test('names, subscriptions and rights of an account, and acts that say nothing, take its rows along', async () => {
  const { mailboxes, inbox } = rows()
  assert.deepEqual([await inbox(ANN), await inbox(BOB)], [1, 2])
  mailboxes.committed(report({ accountChanges: [{ kind: 'subscribed', account: ANN, name: 'INBOX' }] }))
  assert.deepEqual([await inbox(ANN), await inbox(BOB)], [3, 2])
  mailboxes.committed(change(INBOX))
  assert.deepEqual([await inbox(ANN), await inbox(BOB)], [4, 2])
  mailboxes.committed(report({ beyond: true }))
  assert.deepEqual([await inbox(ANN), await inbox(BOB)], [5, 6])
})

test('a list is read once, knows each mailbox, and follows its counters', async () => {
  const { state, mailboxes, inbox } = rows()
  const listed = async (): Promise<number[]> => (await mailboxes.list(ANN)).map(({ messages }) => messages)
  assert.deepEqual(await listed(), [1, 1])
  assert.equal(await inbox(), 1)
  assert.deepEqual(await mailboxes.subscriptions(ANN), ['Subscribed 2'])
  mailboxes.committed(report({ changes: [counted(SENT, 9)] }))
  assert.deepEqual(await listed(), [1, 9])
  assert.deepEqual(await mailboxes.subscriptions(ANN), ['Subscribed 2'])
  assert.equal(state.asked, 2)
  mailboxes.committed(report({ accountChanges: [{ kind: 'mailbox-created', account: ANN, name: 'New' }] }))
  assert.deepEqual(await listed(), [3, 3])
  assert.deepEqual(await mailboxes.subscriptions(ANN), ['Subscribed 4'])
})

test('of mailboxes of others nothing is remembered', async () => {
  const { state, mailboxes } = rows()
  await mailboxes.byId(ANN, SHARED, 'read')
  await mailboxes.byId(ANN, SHARED, 'read')
  assert.equal(state.asked, 2)
  state.shares = true
  await mailboxes.list(ANN)
  await mailboxes.list(ANN)
  assert.equal(state.asked, 4)
  await mailboxes.quota(ANN, SHARED, 'read')
  await mailboxes.quota(ANN, SHARED, 'read')
  assert.equal(state.asked, 6)
})

test('\\Recent is asked for once', async () => {
  const { state, mailboxes, inbox } = rows()
  await inbox()
  assert.deepEqual(await mailboxes.recent(ANN, INBOX), { owner: ANN, uidNext: 3, firstRecent: 2 })
  mailboxes.committed(report({ changes: [{ ...counted(INBOX, 2), counters: { uidNext: 4 } as never }] }))
  assert.deepEqual(await mailboxes.recent(ANN, INBOX), { owner: ANN, uidNext: 4, firstRecent: 2 })
  assert.equal(state.asked, 2)
})

test('the use of an account follows the reports that tell it', async () => {
  const { state, mailboxes } = rows()
  const use = async (): Promise<number[]> => {
    const { octets, messages } = await mailboxes.quota(ANN, undefined, 'insert')
    return [octets, messages, state.asked]
  }
  assert.deepEqual(await mailboxes.quota(ANN, undefined, 'read'), { octets: 5000, messages: 1, octetLimit: 9000, messageLimit: undefined })
  mailboxes.committed(report({ changes: [counted(INBOX, 4), counted(17, 4, { account: BOB })], used: [[ANN, 5100, 2]] }))
  assert.deepEqual(await use(), [5100, 2, 1])
  mailboxes.committed(report({ changes: [counted(INBOX, 5)] }))
  assert.deepEqual(await use(), [5000, 2, 2])
})

test('what was read while something was committed is not kept', async () => {
  const { state, mailboxes, inbox } = rows()
  for (const [committed, asked] of [
    [change(INBOX), 2],
    [report({ changes: [counted(INBOX, 0)] }), 4],
    [report({ beyond: true }), 6],
    [change(9, BOB), 7],
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
  await inbox(BOB)
  await inbox()
  for (let id = 100; id < MAILBOX_ROWS + 96; id++) await mailboxes.byId(ANN, id as MailboxId, 'read')
  const { asked } = state
  assert.equal(await inbox(BOB), 1)
  assert.equal(state.asked, asked)
  // Ann is now the one who has asked for nothing for longest.
  await mailboxes.byId(BOB, 30 as MailboxId, 'read')
  assert.equal(await inbox(BOB), 1)
  assert.equal(await inbox(), asked + 2)
})
