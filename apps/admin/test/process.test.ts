/** What only a process of its own can show: exit codes, streams, signals, the Node it runs on. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { freePortBase, start, type Ran, type StartOptions } from './harness.ts'
import { serve, withAccount } from './serving.ts'

const root = mkdtempSync(join(tmpdir(), 'mailstead-'))
const stopped = await withAccount(join(root, 'stopped'))
after(() => rmSync(root, { recursive: true, force: true }))

const mailstead = (line: string, options?: StartOptions): Promise<Ran> => start(line.split(' '), options).ended()

const lines: [line: string, code: number, out: RegExp, err: RegExp][] = [
  ['--version', 0, /^\d+\.\d+\.\d+\n$/, /^$/],
  ['account add --help', 0, /^usage: mailstead account add ADDRESS [\s\S]*Examples\n {2}mailstead account add /, /^$/],
  ['stauts', 2, /^$/, /^mailstead: stauts: there is no such command; is "status" meant\?\n$/],
  ['account list --data DIR', 0, /^ACCOUNT .*\nann@example\.org .*\n$/, /^$/],
  ['account list --data DIR --json', 0, /^\[\n/, /^$/],
  ['account show x@example.org --data DIR', 1, /^$/, /^mailstead: x@example\.org: .*\n$/],
  ['account show x@example.org --data DIR --json', 1, /^$/, /^\{"error":\{"code":"[a-z-]+","message":"[^"]+"\}\}\n$/],
  ['account remove ann@example.org --data DIR', 2, /^$/, /^mailstead: .*--yes\n$/],
  ['serve --data DIR --port-base 99999', 2, /^$/, /^mailstead: --port-base: "99999" is not a number from 0 to 64000\n$/],
  ['serve --data DIR --log-level loud', 2, /^$/, /^mailstead: --log-level: "loud" is none of .*\n$/],
  ['serve --data DIR --config DIR/none.toml', 1, /^$/, /^mailstead: .*none\.toml: cannot be read: there is no such file\n$/],
  ['restore DIR/none.db --data DIR --yes', 1, /^$/, /^mailstead: .*none\.db does not exist\n$/],
  ['backup DIR/none/mail.db --data DIR', 1, /^$/, /^mailstead: .*none\/mail\.db could not be written: .*\n$/],
  ['account import DIR/none.csv --data DIR', 1, /^$/, /^mailstead: .*none\.csv cannot be read \(ENOENT\)\n$/],
]

for (const [line, code, out, err] of lines) {
  test(`exit code ${code}: ${line}`, async () => {
    const ran = await mailstead(line.replaceAll('DIR', stopped))
    assert.equal(ran.code, code, ran.err)
    assert.match(ran.out, out)
    assert.match(ran.err, err)
  })
}

test('MAILSTEAD_DATA names the data folder, and a password comes by standard input', async () => {
  const added = await mailstead('account add env@example.org --password-stdin', {
    input: 'from stdin\n',
    environment: { MAILSTEAD_DATA: stopped },
  })
  assert.equal(added.code, 0, added.err)
  const check = `account check env@example.org --password-stdin --data ${stopped}`
  assert.equal((await mailstead(check, { input: 'from stdin' })).code, 0)
  const wrong = await mailstead(check, { input: 'from stdin ' })
  assert.equal(wrong.code, 1)
  assert.match(wrong.out, /because +The password is wrong/)
})

test('config show --effective says where each value is from', async () => {
  const file = join(root, 'mine.toml')
  await writeFile(file, '# by hand\n[limits]\nmessage_size = "10M"\n')
  const environment = { MAILSTEAD_LIMITS_RECIPIENTS: '7' }
  const { code, out } = await mailstead(`config show --effective --json --config ${file} --data ${stopped}`, { environment })
  assert.equal(code, 0)
  const shown = new Map((JSON.parse(out) as { key: string; value: unknown; origin: string }[]).map(({ key, ...rest }) => [key, rest]))
  assert.deepEqual(shown.get('limits.message_size'), { value: 10 * 2 ** 20, origin: `file ${file}:3` })
  assert.deepEqual(shown.get('limits.recipients'), { value: 7, origin: 'environment MAILSTEAD_LIMITS_RECIPIENTS' })
  assert.deepEqual(shown.get('data_dir'), { value: stopped, origin: 'command line --data' })
  assert.deepEqual(shown.get('ports.imap'), { value: 143, origin: 'default' })
})

test('a folder that not even root can make is one line', { skip: existsSync('/proc/self') ? false : 'no /proc here' }, async () => {
  for (const option of ['--data', `--data ${stopped} --wire`]) {
    const { code, out, err } = await mailstead(`serve --port-base 20000 ${option} /proc/mailstead`)
    assert.equal(code, 1)
    assert.match(err, /^mailstead: \/proc\/mailstead cannot be .*(--data|--wire)\n$/)
    assert.equal(out, '')
  }
})

test('a folder of another user is one line', { skip: process.getuid?.() === 0 ? 'root may write everywhere' : false }, async () => {
  const { code, err } = await mailstead('serve --port-base 20000 --data /usr/mailstead')
  assert.equal(code, 1)
  assert.match(err, /^mailstead: \/usr\/mailstead cannot be written by this user: .*\n$/)
})

test('a newer schema and a broken database are refused on one line', async () => {
  const newer = await withAccount(join(root, 'newer'))
  const db = new DatabaseSync(join(newer, 'mail.db'))
  db.exec("INSERT INTO migration VALUES (9999, '9999-later.sql', 0)")
  db.close()
  for (const line of [
    `account list --data ${newer}`,
    `serve --port-base 20000 --log-level silent --data ${newer}`,
    `restore ${newer}/mail.db --data ${stopped} --yes`,
  ]) {
    const { code, err } = await mailstead(line)
    assert.equal(code, 1)
    assert.match(err, /^mailstead: .*mail\.db has schema 9999, but this program knows \d+ at most: .*\n$/)
  }
  await writeFile(join(newer, 'mail.db'), 'no database at all')
  const { code, err } = await mailstead(`account list --data ${newer}`)
  assert.equal(code, 1)
  assert.match(err, /^mailstead: .*mail\.db cannot be opened: file is not a database\. .*restore.*\n$/)
})

test('commands on stopped data take turns', async () => {
  const names = ['one', 'two', 'three']
  const ran = await Promise.all(
    names.map((name) => mailstead(`account add ${name}@example.org --password-stdin --data ${stopped}`, { input: 'x' })),
  )
  assert.deepEqual(
    ran.map(({ code }) => code),
    [0, 0, 0],
    ran.map(({ err }) => err).join(''),
  )
})

/** A Node on the path that is too old to run the product. */
function olderNode(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders
    .map((folder) => join(folder, 'node'))
    .filter((path) => existsSync(path))
    .find((path) => Number(/^v(\d+)/.exec(execFileSync(path, ['--version']).toString())?.[1]) < 24)
}

const older = olderNode()

test(
  'an older Node hands over to the pinned one, signals and all',
  { skip: older === undefined ? 'none on the path' : false },
  async () => {
    assert.ok(older)
    assert.equal((await mailstead('--version', { node: older })).code, 0)
    assert.equal((await mailstead('stauts', { node: older })).code, 2)
    const secret = await mailstead(`account check ann@example.org --password-stdin --data ${stopped}`, { node: older, input: 'secret one' })
    assert.equal(secret.code, 0, secret.err)

    const server = await serve(await withAccount(join(root, 'older')), { node: older })
    const { out } = await server.mailstead('status --json')
    const { pid } = (JSON.parse(out) as { server: { pid: number } }).server
    server.child.kill('SIGTERM')
    assert.equal((await server.ended()).code, 0)
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })

    const orphan = await serve(server.dir, { node: older })
    const socket = connect(orphan.base + 143, '127.0.0.1')
    await once(socket, 'data')
    orphan.child.kill('SIGKILL')
    // The server itself ends with the process that a supervisor knows of: only then does the connection.
    await once(
      socket.on('error', () => undefined),
      'close',
    )
  },
)

test('SIGINT and SIGTERM end a server that is still starting, and the folder is free then', async () => {
  const dir = await withAccount(join(root, 'early'))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const early = start(['serve', '--data', dir, '--port-base', `${await freePortBase()}`])
    await early.logged(/store opened/)
    early.child.kill(signal)
    assert.equal((await early.ended()).code, 0)
    assert.equal(readdirSync(dir).includes('control.sock'), false)
  }
  assert.equal((await mailstead(`account list --data ${dir}`)).code, 0)
})
