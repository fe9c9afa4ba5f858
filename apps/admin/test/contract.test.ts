import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { freePortBase, run, start } from './harness.ts'
import { serve, withAccount } from './serving.ts'

const root = mkdtempSync(join(tmpdir(), 'mailstead-'))
const stopped = await withAccount(join(root, 'stopped'))
/** One server for all tests that do not end it. */
const server = await serve(await withAccount(join(root, 'running')))
after(async () => {
  await server.stop()
  rmSync(root, { recursive: true, force: true })
})

for (const where of ['stopped', 'running'] as const) {
  const command = (line: string, input?: string): ReturnType<typeof run> =>
    run(`${line} --data ${where === 'stopped' ? stopped : server.dir}`, input)

  const ok = async (line: string, input?: string): Promise<unknown> => {
    const { code, out, err } = await command(`${line} --json`, input)
    assert.equal(code, 0, `${line}: ${err}`)
    return JSON.parse(out)
  }

  const fails = async (line: string, code: number, message: RegExp, input?: string): Promise<void> => {
    const ran = await command(line, input)
    assert.equal(ran.code, code, `${line}: ${ran.out}${ran.err}`)
    assert.match(ran.err, message)
    assert.equal(ran.out, '')
  }

  test(`${where}: the search index is made anew`, async () => {
    assert.deepEqual(await ok('reindex'), { account: null })
    assert.deepEqual(await ok('reindex ann@example.org'), { account: 'ann@example.org' })
    await fails('reindex nobody@example.org', 1, /nobody@example\.org/)
  })

  test(`${where}: an account gets a secret for APOP, and loses it`, async () => {
    const apop = (word: string): Promise<unknown> => ok(`account apop ann@example.org${word}`)
    assert.deepEqual(await apop(''), { account: 'ann@example.org', apop: false })
    const { secret } = (await apop(' on')) as { secret: string }
    assert.match(secret, /^[a-z2-7]{32}$/)
    assert.deepEqual(await apop(''), { account: 'ann@example.org', apop: true })
    assert.match(
      (await command('account apop ann@example.org on')).out,
      /^ann@example\.org may log in by APOP, with the secret\n\n    [a-z2-7]{32}\n$/,
    )
    assert.ok(readdirSync(where === 'stopped' ? stopped : server.dir).includes('apop.key'))
    assert.deepEqual(await apop(' off'), { account: 'ann@example.org', apop: false })
    await fails('account apop ann@example.org maybe', 2, /neither on nor off/)
    await fails('account apop nobody@example.org on', 1, /does not exist/)
  })

  test(`${where}: domains, accounts and aliases come and go`, async () => {
    await ok('domain add second.example')
    await ok('account add ben@second.example --password-stdin', 'secret two')
    await ok('alias add info@example.org ben@second.example')
    await ok('account quota ben@second.example 5M')
    await ok('account disable ben@second.example')
    const shown = (await ok('account show ben@second.example')) as Record<string, unknown>
    assert.deepEqual([shown['quota'], shown['enabled'], shown['aliases']], [5 * 2 ** 20, false, ['info@example.org']])
    const mailboxes = (await ok('mailbox list ben@second.example')) as { name: string }[]
    assert.deepEqual(new Set(mailboxes.map(({ name }) => name)), new Set(['INBOX', 'Archive', 'Drafts', 'Junk', 'Sent', 'Trash']))
    await ok('alias moved gone@second.example gone@far.example')
    await fails('alias moved info@example.org x@far.example', 1, /info@example\.org: The address is an alias/)
    assert.deepEqual(await ok('alias list'), [
      { alias: 'info@example.org', account: 'ben@second.example' },
      { alias: 'gone@second.example', movedTo: 'gone@far.example' },
    ])
    assert.deepEqual(await ok('alias list ben@second.example'), [{ alias: 'info@example.org', account: 'ben@second.example' }])
    await ok('alias remove gone@second.example --yes')
    await ok('alias add team@example.org ann@example.org Ben@Second.example x@far.example')
    await ok('alias add team@example.org y@far.example --tell')
    const team = {
      alias: 'team@example.org',
      targets: ['ann@example.org', 'Ben@second.example', 'x@far.example', 'y@far.example'],
      told: true,
    }
    assert.deepEqual(((await ok('alias list ben@second.example')) as unknown[])[1], team)
    assert.deepEqual(await ok('alias remove team@example.org ben@second.example y@far.example'), {
      ...team,
      targets: ['ann@example.org', 'x@far.example'],
    })
    await fails('alias remove team@example.org z@far.example', 2, /not all of them are in it/)
    await fails('alias remove team@example.org ann@example.org x@far.example', 2, /nobody would be left/)
    await fails('alias remove info@example.org x@far.example', 2, /is no group/)
    await fails('alias add more@example.org nobody@example.org x@far.example', 1, /nobody@example\.org: nobody here has this address/)
    await fails('alias add info@example.org x@far.example', 1, /info@example\.org: The address is an alias/)
    await ok('account forward ben@second.example ben@far.example --keep')
    const { forwarding } = (await ok('account show ben@second.example')) as { forwarding: unknown }
    assert.deepEqual(forwarding, { targets: ['ben@far.example'], keep: true, told: false })
    await fails('account forward ben@second.example', 2, /either TARGET or --none/)
    await fails('account forward ben@second.example info@example.org', 1, /mail for info@example\.org comes back to it/)
    await ok('account forward ben@second.example --none')
    await ok('alias remove team@example.org --yes')
    await ok('domain catch-all second.example info@example.org')
    const catchAlls = async (): Promise<unknown[]> => ((await ok('domain list')) as { catchAll: unknown }[]).map(({ catchAll }) => catchAll)
    assert.deepEqual(await catchAlls(), [null, 'ben@second.example'])
    await ok('domain catch-all second.example --none')
    assert.deepEqual(await catchAlls(), [null, null])
    await fails('domain catch-all second.example', 2, /either ACCOUNT or --none/)
    await fails('domain catch-all second.example ben@second.example --none', 2, /either ACCOUNT or --none/)
    await fails('domain remove second.example --yes', 1, /./)
    await ok('alias remove info@example.org --yes')
    await ok('account remove ben@second.example --yes')
    await ok('domain remove second.example --yes')
    assert.deepEqual(
      ((await ok('account list')) as { address: string }[]).map(({ address }) => address),
      ['ann@example.org'],
    )
  })

  test(`${where}: a domain has keys, whose records are printed, and gets new ones`, async () => {
    type Keys = { selector: string; state: string; record: { line: string } }[]
    const { keys } = (await ok('domain add signed.example')) as { keys: Keys }
    assert.deepEqual(
      keys.map(({ state }) => state),
      ['signing', 'signing'],
    )
    assert.deepEqual(await ok('dkim show SIGNED.example'), keys)
    for (const { selector, record } of keys) {
      assert.ok(record.line.startsWith(`${selector}._domainkey.signed.example. IN TXT ( "v=DKIM1; `), record.line)
    }
    const rotated = (await ok('dkim rotate signed.example')) as Keys
    assert.deepEqual(
      rotated.map(({ state }) => state),
      ['signing', 'signing', 'waiting', 'waiting'],
    )
    await fails('dkim rotate signed.example', 1, /^mailstead: signed\.example: .*\n$/)
    const replaced = (await ok('dkim rotate signed.example --now')) as Keys
    assert.deepEqual(
      replaced.map(({ state }) => state),
      ['retired', 'retired', 'signing', 'signing'],
    )
    await fails('dkim show nowhere.example', 1, /^mailstead: nowhere\.example: .*\n$/)
    await ok('domain remove signed.example --yes')
  })

  test(`${where}: what cannot be is said on one line`, async () => {
    await fails('domain add example.org', 1, /^mailstead: .*\n$/)
    await fails('account add ann@example.org --password-stdin', 1, /^mailstead: .*\n$/, 'x')
    await fails('account show nobody@example.org', 1, /^mailstead: .*nobody@example\.org.*\n$/)
  })

  test(`${where}: capabilities are switched, with what needs them`, async () => {
    type Shown = { capabilities: { capability: string; state: string; lacks: string[] }[] }
    const changed = async (line: string): Promise<string[]> =>
      ((await ok(`account capability ann@example.org ${line}`)) as Shown).capabilities
        .filter(({ state }) => state !== 'on')
        .map(({ capability, state }) => `${capability} ${state}`)
    assert.deepEqual(await changed('--off condstore,IDLE'), ['CONDSTORE off', 'QRESYNC lacking', 'IDLE off'])
    assert.deepEqual(await changed('--on IDLE'), ['CONDSTORE off', 'QRESYNC lacking'])
    assert.deepEqual(((await ok('account show ann@example.org')) as { capabilitiesOff: string[] }).capabilitiesOff, ['CONDSTORE'])
    assert.match((await command('account capability ann@example.org --off idle')).out, /^IDLE +off$/m)
    await fails('account capability ann@example.org --on QRESYNC', 1, /QRESYNC needs CONDSTORE: switch it on too/)
    await fails('account capability ann@example.org --off NOSUCH', 1, /NOSUCH cannot be switched: it is none of .*, IDLE, /)
    await fails('account capability ann@example.org --off ID --on ID', 1, /ID cannot be switched off and on/)
    await fails('account capability nobody@example.org --off ID', 1, /does not exist/)
    await fails('account capability ann@example.org --off ,', 2, /names of capabilities/)
    assert.deepEqual(await changed('--on CONDSTORE,IDLE --off imap4rev2'), ['IMAP4rev2 off'])
    assert.deepEqual(await changed('--on IMAP4rev2'), [])
  })

  test(`${where}: mailboxes are shared, limits and roles set`, async () => {
    type Shared = { seenAs: string; seen: string; entries: object[] }
    await ok('account add dan@example.org --password-stdin', 'secret')
    assert.deepEqual(((await ok('mailbox rights ann@example.org Archive')) as Shared).entries, [])
    await ok('mailbox share ann@example.org Archive dan@example.org write')
    await ok('mailbox share ann@example.org Archive anyone lr')
    await ok('mailbox share ann@example.org Archive dan@example.org e --deny')
    const shared = (await ok('mailbox seen ann@example.org Archive reader')) as Shared
    assert.deepEqual([shared.seenAs, shared.seen], ['Other Users/ann@example.org/Archive', 'reader'])
    assert.deepEqual(shared.entries, [
      { who: 'anyone', granted: 'lr', denied: '' },
      { who: 'dan@example.org', granted: 'lrswite', denied: 'e' },
    ])
    assert.match((await command('mailbox rights ann@example.org Archive')).out, /^dan@example\.org +lrswite +e$/m)
    await fails('mailbox share ann@example.org Archive dan@example.org lots', 2, /none of none, read/)
    await fails('mailbox share ann@example.org Archive ann@example.org read', 1, /owner always has all rights/)
    await fails('mailbox share ann@example.org Archive nobody@example.org read', 1, /nobody@example\.org/)
    await fails('mailbox share ann@example.org Nowhere dan@example.org read', 1, /does not exist/)
    await fails('mailbox seen ann@example.org Archive both', 2, /neither owner nor reader/)
    await ok('mailbox seen ann@example.org Archive owner')
    await ok('mailbox share ann@example.org Archive anyone none')
    assert.deepEqual(await ok('account quota dan@example.org 5M --messages 10'), {
      account: 'dan@example.org',
      quota: 5 * 2 ** 20,
      messageQuota: 10,
    })
    await ok('account quota dan@example.org --messages none')
    await ok('account role dan@example.org admin')
    const dan = (await ok('account show dan@example.org')) as Record<string, unknown>
    assert.deepEqual([dan['quota'], dan['messageQuota'], dan['role']], [5 * 2 ** 20, null, 'admin'])
    await fails('account quota dan@example.org', 2, /SIZE or --messages/)
    await fails('account quota dan@example.org --messages 1.5', 2, /not a number/)
    await fails('account role dan@example.org root', 2, /neither admin nor user/)
    await ok('account remove dan@example.org --yes')
    assert.deepEqual(((await ok('mailbox rights ann@example.org Archive')) as Shared).entries, [])
  })

  if (where === 'running') {
    test('wrong usage is exit code 2 and touches nothing', async () => {
      await fails('account add y@example.org', 2, /--password-stdin/)
      await fails('account add y@example.org --password-stdin', 2, /no password on standard input/)
      await fails('account add y@example.org --quota lots --password-stdin', 2, /quota: "lots" is not a size/, 'x')
      await fails('account remove ann@example.org', 2, /Say so with --yes/)
      await fails('account add y@nowhere.example --password-stdin', 1, /nowhere\.example/, 'x')
      const { err } = await command('account show nobody@example.org --json')
      assert.equal(typeof (JSON.parse(err) as { error: { code: string } }).error.code, 'string')
    })

    test('aliases of one account, check, enable, quota none', async () => {
      await ok('account add cid@example.org --password-stdin', 'secret')
      await ok('alias add c@example.org cid@example.org')
      assert.deepEqual(await ok('alias list ann@example.org'), [])
      assert.deepEqual(await ok('alias list cid@example.org'), [{ alias: 'c@example.org', account: 'cid@example.org' }])
      assert.equal((await command('account check cid@example.org')).code, 0)
      await ok('account disable cid@example.org')
      const { code, out } = await command('account check cid@example.org')
      assert.equal(code, 1)
      assert.match(out, /disabled/)
      await ok('account enable cid@example.org')
      await ok('account quota cid@example.org none')
      assert.equal(((await ok('account show cid@example.org')) as { quota: unknown }).quota, null)
      await ok('account remove cid@example.org --yes')
    })
  }
}

test('status is well when the server runs and unwell when it does not', async () => {
  const down = await run(`status --json --data ${stopped}`)
  assert.equal(down.code, 1)
  assert.deepEqual((JSON.parse(down.out) as { problems: unknown }).problems, ['the server is not running'])
  const up = await server.mailstead('status --json')
  assert.equal(up.code, 0, up.out + up.err)
  const { server: facts } = JSON.parse(up.out) as { server: { listeners: { role: string; port: number }[]; caFile: string } }
  assert.deepEqual(
    new Set(facts.listeners.map(({ role, port }) => `${role} ${port - server.base}`)),
    new Set(['mx 25', 'submission 587', 'submissions 465', 'imap 143', 'imaps 993', 'pop3 110', 'pop3s 995']),
  )
  assert.equal(facts.caFile, join(server.dir, 'ca.pem'))
})

test('a folder without mail is named, unless the command begins one', async () => {
  const { code, err } = await run(`account list --data ${root}/nothing`)
  assert.equal(code, 1)
  assert.match(err, /there is no mail in .*nothing/)
  assert.equal(readdirSync(root).includes('nothing'), false)
})

test('a test message arrives, or is said to be refused', async () => {
  const sent = await server.mailstead('send-test')
  assert.equal(sent.code, 0, sent.err)
  const client = await server.login('ann@example.org', 'secret one')
  assert.match(await client.command('SELECT INBOX'), /^\* [1-9]\d* EXISTS\r$/m)
  const refused = await server.mailstead('send-test nobody@example.org')
  assert.equal(refused.code, 1)
  assert.match(refused.err, /the server refused the message: 550/)
})

test('a new password and a closed account count at once', async () => {
  await server.mailstead('account add dora@example.org --password-stdin', 'secret one')
  await server.login('dora@example.org', 'secret one')
  await server.mailstead('account passwd dora@example.org --password-stdin', 'secret two')
  await assert.rejects(server.login('dora@example.org', 'secret one'), /^Error: .*t NO/s)
  await server.login('DORA', 'secret two')
  await server.mailstead('account disable dora@example.org')
  await assert.rejects(server.login('dora@example.org', 'secret two'), /^Error: .*t NO/s)
})

test('an import reports each line, and one that fails harms no other', async () => {
  const file = join(root, 'accounts.csv')
  const rows = Array.from({ length: 50 }, (_, index) => `user${index}@example.org,"pass, ""${index}""",1G`)
  await writeFile(file, ['address,password,quota', ...rows, 'ann@example.org,x', 'z@example.org,', 'z@example.org', ''].join('\r\n'))
  const { code, out, err } = await server.mailstead(['account', 'import', file, '--json'])
  assert.equal(code, 1)
  const { created, failed } = JSON.parse(out) as { created: number; failed: { line: number }[] }
  assert.equal(created, 50, err)
  assert.deepEqual(
    failed.map(({ line }) => line).sort((a, b) => a - b),
    [52, 53, 54],
  )
  assert.match(err, /^line 52: ann@example\.org: /m)
  await server.login('user49@example.org', 'pass, \\"49\\"')
})

test('a second server, a taken port and a folder that is a file are one line and exit code 1', async () => {
  const oneLine = async (message: RegExp, ...args: string[]): Promise<void> => {
    const { code, out, err } = await start(['serve', '--log-level', 'error', ...args]).ended()
    assert.equal(code, 1)
    assert.match(err, message)
    assert.equal(err.trimEnd().split('\n').length, 1, err)
    assert.equal(out, '')
  }
  const taken = await freePortBase()
  const squatter = createServer().listen(taken + 143, '127.0.0.1')
  await oneLine(/^mailstead: another server .*stop it, or choose another folder with --data$/m, '--data', server.dir)
  await oneLine(/^mailstead: Port \d+ on 127\.0\.0\.1 .*--port-base$/m, '--data', join(root, 'other'), '--port-base', `${taken}`)
  await oneLine(/^mailstead: .*is not a folder/m, '--data', join(server.dir, 'mail.db'))
  squatter.close()
  assert.equal((await server.mailstead('status')).code, 0)
})

test('a backup of a running server, a goodbye at SIGTERM, a restore, a start after SIGKILL', async (t) => {
  const dir = await withAccount(join(root, 'ends'))
  const first = await serve(dir)
  t.after(() => first.stop())
  assert.equal((await first.mailstead('send-test')).code, 0)
  const file = join(root, 'backup.db')
  const saved = await first.mailstead(['backup', file])
  assert.equal(saved.code, 0, saved.err)
  const before = await first.mailstead('mailbox list ann@example.org --json')
  const refused = await first.mailstead(['restore', file, '--yes'])
  assert.equal(refused.code, 1)
  assert.match(refused.err, /stop it/)
  const client = await first.login('ann@example.org', 'secret one')
  await client.command('SELECT INBOX')
  client.send('i IDLE\r\n')
  await client.until(/^\+.*\r\n/)
  first.child.kill('SIGTERM')
  await client.until(/^\* BYE.*\r\n/m)
  assert.equal((await first.ended()).code, 0)
  assert.equal(readdirSync(dir).includes('control.sock'), false)

  assert.equal((await run(['account', 'remove', 'ann@example.org', '--yes', '--data', dir])).code, 0)
  await writeFile(join(root, 'broken.db'), (await readFile(file)).subarray(0, 40_000))
  const broken = await run(['restore', join(root, 'broken.db'), '--yes', '--data', dir])
  assert.equal(broken.code, 1)
  assert.match(broken.err, /broken\.db/)
  const restored = await run(['restore', file, '--yes', '--data', dir])
  assert.equal(restored.code, 0, restored.err)
  assert.match(restored.out, /^1 message in 1 account restored/)

  const second = await serve(dir)
  t.after(() => second.stop())
  const inbox = (text: string): { name: string; messages: number; uidValidity: number } =>
    (JSON.parse(text) as { name: string; messages: number; uidValidity: number }[]).find(({ name }) => name === 'INBOX') ?? assert.fail()
  const now = await second.mailstead('mailbox list ann@example.org --json')
  assert.equal(inbox(now.out).messages, 1)
  assert.notEqual(inbox(now.out).uidValidity, inbox(before.out).uidValidity)

  await second.stop()
  assert.equal(readdirSync(dir).includes('control.sock'), true)
  const third = await serve(dir)
  t.after(() => third.stop())
  const again = await third.login('ann@example.org', 'secret one')
  assert.match(await again.command('SELECT INBOX'), /^\* 1 EXISTS\r$/m)
})
