import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { silentLogger, systemClock } from '@mailstead/base'
import { openSqlite, type SqliteStore } from '@mailstead/sqlite'
import type { AccountId } from '@mailstead/store'
import { run } from './harness.ts'
import { serve, withAccount } from './serving.ts'

const root = mkdtempSync(join(tmpdir(), 'mailstead-'))
after(() => rmSync(root, { recursive: true, force: true }))

const DIAGNOSIS = { status: '4.7.1', text: '451 4.7.1 Grey\u001b[2Jlisted', peer: 'mx.away.test [192.0.2.9]' }

/** A message from ann, to two who wait, one of them tried before, one who is held, and one who got it. */
async function queued(dir: string): Promise<string> {
  const store = await openSqlite({ path: join(dir, 'mail.db'), log: silentLogger, clock: systemClock })
  try {
    const ann = (await store.directory.listAccounts())[0]?.id
    assert.ok(ann)
    const queueId = await accept(store, ann)
    const lanes = ['away.test', 'done.test'].map((domain) => ({ account: ann, domain }))
    const until = Date.now() + 24 * 3600_000
    for (const { attempt, entries, lane } of await store.queue.claim(lanes, Date.now(), until, 10)) {
      const outcome =
        lane.domain === 'done.test'
          ? ({ kind: 'sent', diagnosis: { status: '2.0.0', text: '250 Ok' } } as const)
          : ({ kind: 'deferred', until, diagnosis: DIAGNOSIS } as const)
      await store.queue.settle(entries.map(({ id }) => ({ attempt, entry: id, outcome })))
    }
    return queueId
  } finally {
    await store.close()
  }
}

const AT_ONCE = { notBefore: 0 }

async function accept({ intake, stores }: SqliteStore, account: AccountId): Promise<string> {
  const writer = stores.blobs.stage()
  await writer.write(Buffer.from('Subject: x\r\nMessage-ID: <one@example.org>\r\n\r\nHello\r\n'))
  const queueId = intake.mintQueueId()
  // Nothing is due while the server runs: it would send it.
  const later = { parameters: {}, notBefore: Date.now() + 24 * 3600_000 }
  const to = (recipient: string, parts = {}) => ({ recipient, domain: recipient.split('@')[1] ?? '', ...later, ...parts })
  await intake.accept({
    queueId,
    blob: await writer.finish(),
    mailFrom: 'ann@example.org',
    parameters: {},
    origin: { protocol: 'ESMTPSA', account, remoteAddress: '192.0.2.1', heloName: 'laptop' },
    receivedAt: { at: Date.now(), zone: 0 },
    deliveries: [],
    queued: [to('bob@away.test', AT_ONCE), to('cid@other.test'), to('dan@held.test', { held: true }), to('eve@done.test', AT_ONCE)],
  })
  return queueId
}

test('a running server: the queue is listed, shown, acted on; traces are told', async () => {
  const dir = await withAccount(join(root, 'running'))
  const queueId = await queued(dir)
  const server = await serve(dir)
  try {
    await administrate(dir, queueId)
  } finally {
    await server.stop()
  }
})

test('a stopped server: the same commands work on the store', async () => {
  const dir = await withAccount(join(root, 'stopped'))
  const queueId = await queued(dir)
  const retried = await run(`queue retry --reason grey --json --data ${dir}`)
  assert.deepEqual(JSON.parse(retried.out), { recipients: 1 })
  const held = await run(`queue hold --all --json --data ${dir}`)
  assert.deepEqual(JSON.parse(held.out), { recipients: 2 })
  const shown = await run(`queue show ${queueId} --data ${dir}`)
  assert.match(shown.out, /next +held$/m)
  const traced = await run(`trace bob@away.test --data ${dir}`)
  assert.match(traced.out, / retried +bob@away\.test\n.* held +bob@away\.test$/m)
})

test('what is scheduled is released by its number, and is cancelled by dropping it', async () => {
  const dir = await withAccount(join(root, 'scheduled'))
  await queued(dir)
  const states = async (): Promise<string[]> =>
    (JSON.parse((await run(`queue list --json --data ${dir}`)).out) as { state: string }[]).map(({ state }) => state)
  assert.deepEqual(await states(), ['waiting', 'scheduled', 'held'])
  assert.deepEqual(JSON.parse((await run(`queue release 3 --json --data ${dir}`)).out), { recipients: 1 })
  assert.deepEqual(await states(), ['waiting', 'scheduled', 'waiting'], 'it was held besides')
  // Nobody sends while no server runs.
  assert.match((await run(`queue retry --all --data ${dir}`)).out, /^2 recipients tried again$/m)
  assert.match((await run(`queue list --data ${dir}`)).out, / bob@away\.test +\S+ \S+ +due +mx\.away\.test/)
  assert.deepEqual(JSON.parse((await run(`queue drop 2 --yes --json --data ${dir}`)).out), { recipients: 1 })
  assert.deepEqual(await states(), ['waiting', 'waiting'])
})

async function administrate(dir: string, queueId: string): Promise<void> {
  const command = (...words: string[]) => run([...words, '--data', dir])
  const ok = async (...words: string[]): Promise<unknown> => {
    const { code, out, err } = await command(...words, '--json')
    assert.equal(code, 0, `${words.join(' ')}: ${err}`)
    return JSON.parse(out)
  }
  const fails = async (code: number, message: RegExp, ...words: string[]): Promise<void> => {
    const ran = await command(...words)
    assert.equal(ran.code, code, `${words.join(' ')}: ${ran.out}${ran.err}`)
    assert.match(ran.err, message)
  }
  type Listed = { id: number; recipient: string; state: string; attempts: number; last: { text: string } | null }[]
  const recipients = async (...options: string[]): Promise<string[]> =>
    ((await ok('queue', 'list', ...options)) as Listed).map(({ recipient, state }) => `${recipient} ${state}`)

  const all = ['bob@away.test waiting', 'cid@other.test scheduled', 'dan@held.test held']
  assert.deepEqual(await recipients(), all)
  const filters: [options: string[], indexes: number[]][] = [
    [
      ['--sender', '<ANN@example.org>'],
      [0, 1, 2],
    ],
    [['--sender', ''], []],
    [['--recipient', '@held.test'], [2]],
    [['--domain', 'Other.Test'], [1]],
    [['--older-than', '1h'], []],
    [['--reason', '451 4.7.1'], [0]],
    [['--state', 'held'], [2]],
    [['--state', 'scheduled'], [1]],
    [
      ['--limit', '2'],
      [0, 1],
    ],
  ]
  for (const [options, indexes] of filters) {
    const meant = indexes.map((n) => all[n])
    assert.deepEqual(await recipients(...options), meant, options.join(' '))
  }
  await fails(2, /not a time like/, 'queue', 'list', '--older-than', '1w')
  await fails(2, /none of waiting, scheduled, held, active/, 'queue', 'list', '--state', 'lost')
  await fails(2, /is not a domain/, 'queue', 'list', '--domain', 'a b')
  await fails(2, /whose\?/, 'queue', 'hold')
  await fails(2, /Say so with --yes/, 'queue', 'drop', '--all')
  await fails(2, /is not an address/, 'queue', 'redirect', 'nobody', '--all')
  await fails(2, /neither a queue id/, 'queue', 'hold', 'what')
  await fails(1, /nothing was done/, 'queue', 'release', '4711')
  await fails(1, /nothing waits of 4711/, 'queue', 'show', '4711')

  const { out: listed } = await command('queue', 'list')
  assert.match(listed, /mx\.away\.test \[192\.0\.2\.9\]: 451 4\.7\.1 Grey\?\[2Jlisted$/m, 'no word of a stranger moves the cursor')
  const { out: shown } = await command('queue', 'show', queueId.toLowerCase())
  assert.match(shown, /recipient +bob@away\.test \(1\)/)
  assert.match(shown, /next +held$/m)
  assert.match(
    shown,
    new RegExp(`^${queueId}  from <ann@example.org>, sent by ann@example.org, received .* from laptop \\[192\\.0\\.2\\.1\\]`, 'm'),
  )
  assert.match(shown, / sent +eve@done\.test +2\.0\.0 250 Ok$/m)

  const status = JSON.parse((await command('status', '--json')).out) as { queue: { queued: number; held: number; deferred: number } }
  assert.deepEqual([status.queue.queued, status.queue.held, status.queue.deferred], [3, 1, 1])

  assert.match(shown, /next +scheduled for 2/)
  assert.deepEqual(await ok('queue', 'release', '--domain', 'other.test'), { recipients: 0 }, 'scheduled mail is sent early by name only')
  assert.deepEqual(await ok('queue', 'retry', '--domain', 'other.test'), { recipients: 0 })
  assert.deepEqual(await ok('queue', 'release', '--domain', 'held.test'), { recipients: 1 })
  assert.deepEqual(await ok('queue', 'hold', queueId), { recipients: 3 })
  assert.deepEqual(await ok('queue', 'redirect', '<fay@Bücher.test>', '--recipient', 'dan@held.test'), { recipients: 1 })
  assert.deepEqual(await recipients('--domain', 'bücher.test'), ['fay@Bücher.test held'])
  assert.deepEqual(await ok('queue', 'drop', '2', '--yes'), { recipients: 1 })
  assert.deepEqual(await ok('queue', 'bounce', '--all', '--text', 'Enough', '--yes'), { recipients: 2 })
  assert.deepEqual(await recipients(), [])
  assert.match((await command('queue', 'list')).out, /^Nothing waits$/m)

  type Story = { queueId: string; account: string; events: { event: string; recipient: string; detail: string }[] }[]
  for (const about of [queueId, 'BOB@away.test', '<one@example.org>', 'ann@example.org', 'fay@bücher.test']) {
    // Ann may have the report by now.
    const story = ((await ok('trace', about)) as Story).find((one) => one.queueId === queueId)
    assert.ok(story, about)
    assert.equal(story.account, 'ann@example.org')
    const events = story.events.filter(({ event }) => event !== 'reported').map(({ event, recipient }) => `${event} ${recipient}`.trim())
    assert.deepEqual(events.slice(0, 7), [
      'accepted',
      'queued bob@away.test',
      'queued cid@other.test',
      'queued dan@held.test',
      'queued eve@done.test',
      'deferred bob@away.test',
      'sent eve@done.test',
    ])
    assert.deepEqual(events.slice(7).toSorted(), [
      'bounced bob@away.test',
      'bounced fay@Bücher.test',
      'dropped cid@other.test',
      'held bob@away.test',
      'held cid@other.test',
      'held dan@held.test',
      'redirected dan@held.test',
      'released dan@held.test',
    ])
  }
  assert.equal(((await ok('trace', '--since', '1d')) as Story)[0]?.queueId, queueId)
  await fails(1, /no message is known of nobody@x\.test/, 'trace', 'nobody@x.test')
  await fails(2, /not a time/, 'trace', '--since', 'yesterday')
}
