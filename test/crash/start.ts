/** A start in trouble: it ends with one line that says what to do, harms nothing, and goes well when the trouble is over. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { checkConsistency } from '@mailstead/sqlite'
import { run } from '../../apps/admin/test/harness.ts'
import { CLI, freePortBase, STANDARD_PORTS } from '../interop/server.ts'
import { Disk, makeLibrary, type Trouble } from './faults/disk.ts'

const root = mkdtempSync(join(tmpdir(), 'mailstead-start-'))
const whole = join(root, 'whole')
const library = makeLibrary(root)
const NO_COMPILER = library === undefined ? 'there is no C compiler (cc) to make the shim' : false
const NOBODY = 65_534
let base = 0

before(async () => {
  base = await freePortBase()
  await fill(whole)
})
after(() => rmSync(root, { recursive: true, force: true }))

async function fill(dir: string): Promise<void> {
  for (const line of ['domain add start.test', 'account add ann@start.test --password-stdin']) {
    const { code, err } = await run(`${line} --data ${dir}`, 'secret one')
    assert.equal(code, 0, err)
  }
}

interface StartOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly uid?: number
}

/** A server that is to end by itself. A minute would be too long for whoever looks after it, too. */
function start(dir: string, { env = {}, uid }: StartOptions = {}): { readonly code: number | null; readonly err: string } {
  const args = [CLI, 'serve', '--data', dir, '--port-base', `${base}`, '--log-level', 'warn']
  const identity = uid === undefined ? {} : { uid, gid: uid }
  const options = { encoding: 'utf8', timeout: 60_000, env: { ...process.env, ...env }, ...identity } as const
  const { status, stderr } = spawnSync(process.execPath, args, options)
  return { code: status, err: stderr }
}

function refused({ code, err }: ReturnType<typeof start>, line: RegExp): void {
  assert.equal(code, 1, err)
  assert.match(err, line)
  assert.equal(err.trimEnd().split('\n').length, 1, err)
}

/** What was there before the trouble is there, and is served. */
async function goesWell(dir: string): Promise<void> {
  assert.deepEqual(checkConsistency(join(dir, 'mail.db')).problems, [])
  assert.match((await run(`account list --data ${dir}`)).out, /ann@start\.test/)
}

function copyOf(t: TestContext): string {
  const dir = mkdtempSync(join(root, 'data-'))
  cpSync(whole, dir, { recursive: true })
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** With the shim below it. */
function startOn(dir: string, trouble: Trouble): ReturnType<typeof start> {
  const disk = new Disk(root, dir, library ?? '')
  try {
    disk.set(trouble)
    return start(dir, { env: disk.env })
  } finally {
    disk.close()
  }
}

const disks: readonly (readonly [name: string, trouble: Trouble, line: RegExp])[] = [
  ['a full disk', { write: 'ENOSPC' }, /^mailstead: .*(full).*make room/],
  ['a read-only disk', { write: 'EROFS', open: 'EROFS' }, /^mailstead: .*mounted for writing/],
  ['a disk that takes no writes', { write: 'EIO' }, /^mailstead: .*the disk fails/],
  ['a disk that does not sync', { sync: 'EIO' }, /^mailstead: .*the disk fails/],
]

for (const [name, trouble, line] of disks) {
  test(`${name}, below data`, { skip: NO_COMPILER }, async (t) => {
    const dir = copyOf(t)
    refused(startOn(dir, trouble), line)
    await goesWell(dir)
  })
}

// A failing disk is no other then; what is begun on a full one, or where nothing can be made, is to be gone on with.
for (const [name, trouble, line] of disks.slice(0, 2)) {
  test(`${name}, at the first start`, { skip: NO_COMPILER }, async (t) => {
    const dir = mkdtempSync(join(root, 'empty-'))
    t.after(() => rmSync(dir, { recursive: true, force: true }))
    refused(startOn(dir, trouble), line)
    await fill(dir)
    await goesWell(dir)
  })
}

/** Whether another user can read the program. */
function readableByAll(): boolean {
  return process.getuid?.() === 0 && spawnSync('cat', [CLI], { uid: NOBODY, gid: NOBODY }).status === 0
}

const NOT_ROOT = readableByAll() ? false : 'only root becomes another user, and that one has to read the program'

test('a data folder of another user', { skip: NOT_ROOT }, async (t) => {
  const dir = copyOf(t)
  chmodSync(root, 0o755)
  refused(start(dir, { uid: NOBODY }), /^mailstead: .*cannot be written by this user: .*chown/)
  await goesWell(dir)
})

test('files of another user in a data folder of ours', { skip: NOT_ROOT }, async (t) => {
  const dir = copyOf(t)
  chmodSync(root, 0o755)
  chownSync(dir, NOBODY, NOBODY)
  refused(start(dir, { uid: NOBODY }), /^mailstead: .*lock cannot be opened .*chown -R/)
  chownSync(join(dir, 'lock'), NOBODY, NOBODY)
  refused(start(dir, { uid: NOBODY }), /^mailstead: .*mail\.db cannot be opened .*chown -R/)
  await goesWell(dir)
})

test('a damaged database', async (t) => {
  const dir = copyOf(t)
  const path = join(dir, 'mail.db')
  const sound = readFileSync(path)
  const schema = Buffer.from(sound)
  schema.fill(0xaa, 100, 4096)
  for (const octets of [Buffer.from('no database at all'), schema]) {
    writeFileSync(path, octets)
    const { code, err } = start(dir)
    assert.equal(code, 1)
    assert.match(err, /^mailstead: .*mail\.db cannot be opened: .*"mailstead restore"/m)
  }
  truncateSync(path, 3 * 16_384)
  assert.equal(start(dir).code, 1)
  writeFileSync(path, sound)
  await goesWell(dir)
})

test('a port that is in use', async (t) => {
  const dir = copyOf(t)
  const other = createServer().listen(base + STANDARD_PORTS.imap, '127.0.0.1')
  t.after(() => other.close())
  await new Promise((resolve) => other.once('listening', resolve))
  refused(start(dir), new RegExp(`^mailstead: .*${base + STANDARD_PORTS.imap}`))
  await goesWell(dir)
})

test('certificates that are no use', async (t) => {
  const dir = copyOf(t)
  const given = (file: string): ReturnType<typeof start> =>
    start(dir, { env: { MAILSTEAD_TLS_CERT_FILE: file, MAILSTEAD_TLS_KEY_FILE: file } })
  refused(given(join(dir, 'none.pem')), /^mailstead: .*none\.pem cannot be read/)
  const words = join(dir, 'words.pem')
  writeFileSync(words, 'no certificate')
  refused(given(words), /^mailstead: .*words\.pem/)
  await goesWell(dir)
})
