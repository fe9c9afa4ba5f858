import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createAccounts } from '@mailstead/accounts'
import { createDelivery, startDueDelivery, type Acceptance, type TransactionStart } from '@mailstead/delivery'
import { openSqlite, type SqliteStore } from '@mailstead/sqlite'
import { StoreError, type AcceptPlan, type AccountId, type QueueId, type RecipientParameters } from '@mailstead/store'
import { collectLogger, ManualClock, tempDir } from '@mailstead/testkit'
import { DEFAULT_SCHEDULE } from '@mailstead/queue'
import { parseMailbox } from '@mailstead/wire'
import { DUE_LOOK } from '../src/limits.ts'

const HOUR = 3_600_000
const HASHER = { hash: (password: string) => Promise.resolve(password), verify: () => Promise.resolve(true) }

type Bench = Awaited<ReturnType<typeof bench>>

/** A whole store, with ann, bob and full@example.org, and info@example.org an alias of ann. */
async function bench(t: TestContext, undo = 0) {
  const clock = new ManualClock()
  const log = collectLogger()
  const path = join(await tempDir(t), 'mail.db')
  const open = (): Promise<SqliteStore> => openSqlite({ path, log, clock })
  const parts = (store: SqliteStore) => {
    const accounts = createAccounts({ directory: store.directory, stores: store.stores, log, clock, hasher: HASHER })
    const intake: typeof store.intake = Object.assign(Object.create(store.intake) as typeof store.intake, {
      accept: async (plan: AcceptPlan) => {
        await b.before?.(plan)
        const outcomes = await store.intake.accept(plan)
        await b.behind?.(plan)
        return outcomes
      },
      mintQueueId: () => store.intake.mintQueueId(),
    })
    const delivery = createDelivery({ intake, accounts, log, clock, hostName: 'mx.example.org', leaves: true, undo })
    const start = () => startDueDelivery({ queue: store.queue, delivery, blobs: store.stores.blobs, log, clock, random: () => 0.5 })
    return { store, accounts, delivery, start, due: start() }
  }
  const b = {
    clock,
    log,
    /** What happens before and behind each acceptance. */
    before: undefined as ((plan: AcceptPlan) => void | Promise<void>) | undefined,
    behind: undefined as ((plan: AcceptPlan) => void | Promise<void>) | undefined,
    ids: new Map<string, AccountId>(),
    now: parts(await open()),
    async reopen() {
      await b.now.due.stop()
      await b.now.store.close()
      b.now = parts(await open())
    },
  }
  await b.now.accounts.addDomain('example.org')
  for (const name of ['ann', 'bob', 'full']) {
    const quota = name === 'full' ? 1000 : undefined
    b.ids.set(name, (await b.now.accounts.add({ address: `${name}@example.org`, password: 'secret', quota })).id)
  }
  await b.now.accounts.addAlias('info@example.org', 'ann@example.org')
  t.after(async () => {
    await b.now.due.stop()
    await b.now.store.close()
  })
  return b
}

/** What ann submits, to be released in an hour. */
async function submit(
  b: Bench,
  recipients: Readonly<Record<string, RecipientParameters>>,
  parts: Partial<TransactionStart> = {},
  text = 'From: ann@example.org\r\nSubject: later\r\n\r\nText\r\n',
): Promise<Acceptance> {
  const { delivery, store } = b.now
  const transaction = delivery.begin({
    mailFrom: parseMailbox('ann@example.org'),
    parameters: { holdRequest: 'for;3600' },
    size: undefined,
    origin: { protocol: 'ESMTPSA', account: b.ids.get('ann') as AccountId },
    notBefore: b.clock.now() + HOUR,
    ...parts,
  })
  for (const [address, parameters] of Object.entries(recipients)) {
    const mailbox = address === 'postmaster' ? { localPart: 'postmaster', domain: '' } : parseMailbox(address)
    assert.equal(await transaction.addRecipient(mailbox, parameters), 'admitted')
  }
  const reception = transaction.receive(() => store.stores.blobs.stage())
  await reception.write(Buffer.from(text))
  const acceptance = await reception.accept()
  assert.ok(acceptance.outcomes.every(({ failure }) => failure === undefined))
  return acceptance
}

async function inbox(b: Bench, name: string): Promise<number> {
  return (await b.now.store.stores.for(b.ids.get(name) as AccountId).openMailbox('INBOX')).messages
}

async function waiting(b: Bench): Promise<string[]> {
  return (await b.now.store.queue.list({}, undefined, 100)).map(({ recipient, state }) => `${recipient} ${state}`)
}

/**
 * Until the queue is as it should be: what is due is delivered behind the clock, which goes on by `step` meanwhile: a timer may be set behind its time.
 * Who reads the queue may see a commit before those have heard of it who remember mailboxes; a commit of ours is behind their hearing.
 */
async function becomes(b: Bench, expected: readonly string[], step = 1): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (JSON.stringify(await waiting(b)) === JSON.stringify(expected)) return void (await b.now.store.suppressions.forget(0, 0))
    b.clock.advance(step)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.deepEqual(await waiting(b), expected)
}

async function events(b: Bench, queueId: QueueId): Promise<string[]> {
  return (await b.now.store.intake.trace(queueId)).map(({ event, recipient }) => `${event} ${recipient}`.trimEnd())
}

async function owed(b: Bench): Promise<string[]> {
  return (await b.now.store.queue.owed(10)).flatMap(({ reports }) =>
    reports.map(({ recipient, action, diagnosis }) => `${recipient} ${action} ${diagnosis.status}`),
  )
}

/** Its look at what was queued is over: timers that come are those of what waits. */
async function looked(b: Bench): Promise<void> {
  b.clock.advance(DUE_LOOK)
  await new Promise((resolve) => setTimeout(resolve, 30))
}

test('those here wait as those elsewhere do, and have their copies when it is time', async (t) => {
  const b = await bench(t)
  const { queueId } = await submit(b, {
    'ann@example.org': {},
    'Info@example.org': {},
    'bob@example.org': { notify: ['SUCCESS'] },
    'bob+tag@example.org': {},
    'x@far.example': {},
    postmaster: {},
  })
  const all = ['ann@example.org', 'Info@example.org', 'bob@example.org', 'bob+tag@example.org', 'x@far.example', 'postmaster']
  // Postmaster is ann, the first account, who is written to already.
  assert.deepEqual(
    await waiting(b),
    all.slice(0, 5).map((each) => `${each} scheduled`),
  )
  assert.deepEqual([await inbox(b, 'ann'), await inbox(b, 'bob')], [0, 0])
  await looked(b)
  b.clock.advance(HOUR - DUE_LOOK - 1)
  await new Promise((resolve) => setTimeout(resolve, 30))
  assert.deepEqual([await inbox(b, 'ann'), await inbox(b, 'bob')], [0, 0])
  b.clock.advance(1)
  await becomes(b, ['x@far.example waiting'])
  assert.deepEqual([await inbox(b, 'ann'), await inbox(b, 'bob')], [1, 1])
  assert.deepEqual(await owed(b), ['bob@example.org delivered 2.0.0'])
  assert.ok((await events(b, queueId)).includes('delivered bob+tag@example.org'))

  const mail = b.now.store.stores.for(b.ids.get('bob') as AccountId)
  const [row] = await mail.fetch((await mail.openMailbox('INBOX')).id, [1 as never], { bodyUpTo: 10_000, internalDate: true } as never)
  assert.ok(row)
  const text = Buffer.concat([row.prefix, await mail.blobs.read(row.blob, 0, 10_000)]).toString()
  assert.match(text, /^Return-Path: <ann@example\.org>\r\nDelivered-To: bob@example\.org\r\nReceived: by mx\.example\.org id /)
  assert.equal(text.match(/^Received:/gm)?.length, 2)
  assert.match(text, /\r\nSubject: later\r\n.*\r\nText\r\n$/s)
})

test('who is gone, disabled or has moved meanwhile is reported of', async (t) => {
  const b = await bench(t)
  const { accounts } = b.now
  for (const name of ['gone', 'off']) await accounts.add({ address: `${name}@example.org`, password: 'secret', quota: undefined })
  await submit(b, { 'gone@example.org': {}, 'off@example.org': {}, 'bob@example.org': {}, 'info@example.org': { notify: ['NEVER'] } })
  await accounts.remove('gone@example.org')
  await accounts.setEnabled('off@example.org', false)
  await accounts.removeAlias('info@example.org')
  await looked(b)
  b.clock.advance(HOUR)
  await becomes(b, [])
  assert.equal(await inbox(b, 'bob'), 1)
  assert.deepEqual(await owed(b), ['gone@example.org failed 5.1.1', 'off@example.org failed 5.2.1'])
})

test('a full mailbox is tried again, until the time is over', async (t) => {
  const b = await bench(t)
  const { store } = b.now
  const room = (quota: number): Promise<void> => store.directory.setQuota(b.ids.get('full') as AccountId, { octets: quota })
  const releasedAt = b.clock.now() + HOUR
  await submit(b, { 'full@example.org': {} })
  await room(1)
  await looked(b)
  b.clock.advance(HOUR - DUE_LOOK)
  for (let i = 0; i < 400 && (await store.queue.status()).deferred === 0; i++) {
    b.clock.advance(1)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const [entry] = await store.queue.list({}, undefined, 1)
  assert.deepEqual([entry?.last?.status, entry?.attempts, entry?.queuedAt], ['4.2.2', 1, releasedAt])
  const triedAt = (entry?.dueAt ?? 0) - DEFAULT_SCHEDULE.first
  assert.ok(triedAt >= releasedAt && triedAt <= b.clock.now(), 'by the schedule of all mail')
  await room(10_000)
  await becomes(b, [], 60_000)
  assert.equal(await inbox(b, 'full'), 1)

  await submit(b, { 'full@example.org': {} })
  await room(1)
  await becomes(b, [], HOUR)
  assert.deepEqual(await owed(b), ['full@example.org delayed 4.2.2', 'full@example.org failed 4.2.2'])
})

test('what is dropped never comes; what is released comes at once', async (t) => {
  const b = await bench(t)
  const { queueId: dropped } = await submit(b, { 'bob@example.org': {} })
  const { queueId: released } = await submit(b, { 'bob@example.org': {} })
  const { queue } = b.now.store
  assert.equal(await queue.act({ queueId: dropped }, { kind: 'drop' }), 1)
  assert.equal(await queue.act({ queueId: released }, { kind: 'release', early: true }), 1)
  await looked(b)
  await becomes(b, [])
  b.clock.advance(2 * HOUR)
  await looked(b)
  assert.equal(await inbox(b, 'bob'), 1)
  assert.deepEqual(await events(b, dropped), ['accepted', 'queued bob@example.org', 'dropped bob@example.org'])
})

test('trouble of the store delays the delivery; a commit of which the answer was lost is not repeated', async (t) => {
  for (const when of ['before', 'behind'] as const) {
    const b = await bench(t)
    await submit(b, { 'bob@example.org': {} })
    await looked(b)
    let failures = 0
    b[when] = () => {
      if (failures++ === 0) throw new StoreError('unavailable', 'the disk is full')
    }
    b.clock.advance(HOUR)
    await becomes(b, [], DUE_LOOK)
    assert.equal(failures > 0, true)
    assert.equal(await inbox(b, 'bob'), 1, when)
  }
})

test('a server that ends between claim and commit delivers once', async (t) => {
  const b = await bench(t)
  await submit(b, { 'bob@example.org': {} })
  await b.now.due.stop()
  b.clock.advance(HOUR)
  const lanes = [{ account: b.ids.get('ann'), domain: 'example.org' }]
  const claimed = await b.now.store.queue.claim(lanes, b.clock.now(), b.clock.now() + HOUR, 10)
  assert.equal(claimed.length, 1)
  await b.reopen()
  await becomes(b, [])
  assert.equal(await inbox(b, 'bob'), 1)
})

test('an account that goes between plan and commit fails, and the others have their copies', async (t) => {
  const b = await bench(t)
  await submit(b, { 'bob@example.org': {}, 'ann@example.org': {} })
  await looked(b)
  let removed = false
  b.before = async () => {
    if (!removed) await b.now.accounts.remove('bob@example.org')
    removed = true
  }
  b.clock.advance(HOUR)
  await becomes(b, [], DUE_LOOK)
  assert.equal(await inbox(b, 'ann'), 1)
  assert.deepEqual(await owed(b), ['bob@example.org failed 5.1.1'])
})

test('what was here before goes in circles; what has to come back when it is late does', async (t) => {
  const b = await bench(t)
  await submit(b, { 'bob@example.org': {} }, {}, 'Delivered-To: bob@example.org\r\nFrom: ann@example.org\r\n\r\nx\r\n')
  await submit(b, { 'ann@example.org': {} }, { parameters: { deliverBy: { at: b.clock.now() + HOUR, mode: 'return', trace: false } } })
  await looked(b)
  b.clock.advance(HOUR)
  await becomes(b, [])
  assert.deepEqual((await owed(b)).sort(), ['ann@example.org failed 5.4.7', 'bob@example.org failed 5.4.6'])
  assert.deepEqual([await inbox(b, 'ann'), await inbox(b, 'bob')], [0, 0])
})

test('mail for a domain that is given up goes where others have it', async (t) => {
  const b = await bench(t)
  const { accounts, store } = b.now
  await accounts.addDomain('left.example')
  await accounts.add({ address: 'eve@left.example', password: 'secret', quota: undefined })
  await submit(b, { 'eve@left.example': {} })
  await accounts.remove('eve@left.example')
  for (const { localPart, domain } of await store.directory.listAliases())
    if (domain === 'left.example') await accounts.removeAlias(`${localPart}@${domain}`)
  await accounts.removeDomain('left.example')
  await looked(b)
  b.clock.advance(HOUR)
  await looked(b)
  assert.deepEqual(await waiting(b), ['eve@left.example waiting'])
  assert.deepEqual(
    (await store.queue.due(b.clock.now(), 10, new Set())).lanes.map(({ domain }) => domain),
    ['left.example'],
  )
})

test('what is submitted can be cancelled for a while, and mail of others waits for nobody', async (t) => {
  const b = await bench(t, 10_000)
  const at = b.clock.now()
  const dueAt = async (queueId: QueueId): Promise<number> => ((await b.now.store.queue.list({ queueId }, undefined, 1))[0]?.dueAt ?? 0) - at
  const { queueId } = await submit(b, { 'bob@example.org': {} }, { notBefore: 0 })
  assert.equal(await dueAt(queueId), 10_000)
  assert.equal(await dueAt((await submit(b, { 'x@far.example': {} }, { notBefore: at + 5000 })).queueId), 10_000)
  assert.equal(await dueAt((await submit(b, { 'y@far.example': {} }, { notBefore: at + 50_000 })).queueId), 50_000)
  await submit(b, { 'ann@example.org': {} }, { notBefore: 0, origin: { protocol: 'ESMTP' } })
  assert.equal(await inbox(b, 'ann'), 1)
  assert.equal(await b.now.store.queue.act({ queueId }, { kind: 'drop' }), 1)
  await submit(b, { 'bob@example.org': {} }, { notBefore: 0 })
  await looked(b)
  b.clock.advance(10_000)
  await becomes(b, ['x@far.example waiting', 'y@far.example scheduled'], DUE_LOOK)
  assert.equal(await inbox(b, 'bob'), 1)
})
