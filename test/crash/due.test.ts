import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { createAccounts } from '@mailstead/accounts'
import { silentLogger, type Clock } from '@mailstead/base'
import { createDelivery, startDueDelivery } from '@mailstead/delivery'
import { checkConsistency, type SqliteStore } from '@mailstead/sqlite'
import { databaseIn, DOMAIN, makeScene, openIn } from './scene.ts'
import type { StepsParameter } from './steps.ts'

const PEOPLE = ['ann', 'ben', 'cid']
/** What makeScene puts into each INBOX. */
const BEFORE = 1

/** The machine's time, but timers fire soon. */
const clock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(ms, 5))
    return { cancel: () => clearTimeout(timer) }
  },
}

function partsOf(store: SqliteStore) {
  const accounts = createAccounts({ directory: store.directory, stores: store.stores, log: silentLogger, clock })
  return createDelivery({ intake: store.intake, accounts, log: silentLogger, clock, hostName: 'mx.crash.test', leaves: true })
}

/** A message of ann's to all three, which waits for a moment. */
async function submit(store: SqliteStore, size: number): Promise<void> {
  const [ann] = await store.directory.listAccounts()
  assert.ok(ann)
  const transaction = partsOf(store).begin({
    mailFrom: { localPart: 'ann', domain: DOMAIN },
    parameters: { holdRequest: 'for;1' },
    size,
    origin: { protocol: 'ESMTPSA', account: ann.id },
    notBefore: Date.now() + 300,
  })
  for (const localPart of PEOPLE)
    assert.equal(await transaction.addRecipient({ localPart, domain: DOMAIN }, { notify: ['SUCCESS'] }), 'admitted')
  const reception = transaction.receive(() => store.stores.blobs.stage())
  await reception.write(Buffer.from(`From: ann@${DOMAIN}\r\nSubject: later\r\n\r\n`))
  for (let left = size; left > 0; left -= 60_000) await reception.write(Buffer.from(`${'x'.repeat(58)}\r\n`.repeat(1000).slice(0, left)))
  const { outcomes } = await reception.accept()
  assert.ok(outcomes.every(({ failure }) => failure === undefined))
}

/** Until nothing waits. */
async function deliverDue(store: SqliteStore): Promise<void> {
  const due = startDueDelivery({ queue: store.queue, delivery: partsOf(store), blobs: store.stores.blobs, log: silentLogger, clock })
  for (let i = 0; i < 1000 && (await store.queue.status()).queued > 0; i++) await new Promise((resolve) => setTimeout(resolve, 5))
  await due.stop()
}

/** How many copies each has, and how many reports are owed, once a server has been started on the files again. */
async function afterwards(dir: string): Promise<{ copies: number[]; reports: number; problems: readonly string[] }> {
  const store = await openIn(dir)
  await deliverDue(store)
  const accounts = await store.directory.listAccounts()
  const copies: number[] = []
  for (const { id } of accounts) copies.push((await store.stores.for(id).openMailbox('INBOX')).messages - BEFORE)
  const reports = (await store.queue.owed(100)).flatMap((each) => each.reports.filter(({ recipient }) => recipient.endsWith(DOMAIN))).length
  await store.close()
  return { copies, reports, problems: checkConsistency(databaseIn(dir)).problems }
}

describe('what is due here, cut off between any two writes', () => {
  const root = mkdtempSync(join(tmpdir(), 'mailstead-due-'))
  after(() => rmSync(root, { recursive: true }))

  /** What is found after a kill in each state of the files. */
  async function cutAtEachStep(size: number, split = false): Promise<string[]> {
    const from = mkdtempSync(join(root, 'scene-'))
    const to = join(from, 'copies')
    mkdirSync(to)
    await makeScene(from, { full: -1, letters: [] })
    const before = await openIn(from)
    await before.queue.forgive((await before.queue.owed(100)).flatMap(({ reports }) => reports.map(({ id }) => id)))
    await before.queue.act({}, { kind: 'drop' })
    await submit(before, size)
    await before.close()
    await new Promise((resolve) => setTimeout(resolve, 300))

    const parameter: StepsParameter = { copy: { from, to }, split }
    const store = await openIn(from, { module: new URL('./steps.ts', import.meta.url).href, parameter })
    await deliverDue(store)
    await store.close()
    const copies = readdirSync(to)
    const states = new Map(copies.map((copy) => [digest(join(to, copy)), join(to, copy)]))
    assert.ok(copies.length > 30, `only ${copies.length} steps`)
    assert.ok(states.size >= 3, `only ${states.size} states: before the claim, behind it, behind the commit`)
    const found: string[] = []
    for (const state of states.values()) found.push(JSON.stringify(await afterwards(state)))
    return [...new Set(found)]
  }

  const ONCE = JSON.stringify({ copies: [1, 1, 1], reports: 3, problems: [] })

  test('comes once to everybody: small', async () => assert.deepEqual(await cutAtEachStep(2_000), [ONCE]))

  test('comes once to everybody: of several chunks', async () => assert.deepEqual(await cutAtEachStep(300_000), [ONCE]))

  test('a delivery that is not in the commit of its settlement is found out', async () => {
    assert.match((await cutAtEachStep(2_000, true)).join('\n'), /"copies":\[0,0,0\],"reports":3/)
  })
})

function digest(dir: string): string {
  const hash = createHash('sha256')
  for (const file of ['mail.db', 'mail.db-wal']) if (existsSync(join(dir, file))) hash.update(readFileSync(join(dir, file)))
  return hash.digest('hex')
}
