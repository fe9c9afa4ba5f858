/**
 * The rig of disk errors: deliveries while the n-th write or sync of the database fails, and some after it, for lack of
 * space or with an I/O error; n = 1, 2, … until none fails any more. Senders try again what is refused. No delivery
 * hangs, each succeeds once the disk is well, and is there once for all who have room.
 *
 *   npm run crash:errors -- [--seed N] [--letters 4]
 *
 * Needs a C compiler.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { seeded } from '@mailstead/testkit'
import { inspect, makeScene, type Scene } from './scene.ts'
import { makeShim } from './shim.ts'

const CHILD = fileURLToPath(new URL('./accept-child.ts', import.meta.url))
/** No run may take longer: it hangs. */
const PATIENCE_MS = 60_000
/** Failures in a row; a short one may be over before anybody notices. */
const LONGEST = 12

const { values } = parseArgs({
  options: { seed: { type: 'string', default: String(Date.now() % 1_000_000) }, letters: { type: 'string', default: '4' } },
})
console.log(`seed ${values.seed}`)
const random = seeded(Number(values.seed))
const scene: Scene = {
  full: random.int(3),
  letters: Array.from({ length: Number(values.letters) }, (_, n) => ({
    subject: `letter${n}`,
    size: 1000 + random.int(10_000) + (n === 1 ? 600_000 : 0),
  })),
}
const root = mkdtempSync(join(tmpdir(), 'mailstead-errors-'))
const shim = makeShim(root)
if (shim === undefined) {
  console.log('skipped: there is no C compiler (cc) to make the shim')
  process.exit(0)
}
const template = mkdtempSync(join(root, 'template-'))
await makeScene(template, scene)

let wrong = 0
let refused = 0
let unstarted = 0
let runs = 0
for (let failAt = 1; ; failAt++) {
  const dir = mkdtempSync(join(root, 'run-'))
  cpSync(template, dir, { recursive: true })
  const failure = { at: failAt, for: 1 + random.int(LONGEST), errno: random.pick(['ENOSPC', 'EIO'] as const) }
  const { stdout, reached, problems } = await deliverWith(dir, failure)
  if (!reached) break
  runs++
  refused += Array.from(stdout.matchAll(/^refused/gm)).length
  if (problems.length === 0) rmSync(dir, { recursive: true })
  else {
    wrong++
    console.log(`${failure.for} times ${failure.errno} from act ${failAt} on, in ${dir}:\n${stdout}  ${problems.join('\n  ')}`)
  }
}
console.log(`${runs} runs, ${unstarted} did not start, ${refused} deliveries refused, ${wrong} wrong`)
if (wrong === 0) rmSync(root, { recursive: true })
process.exit(wrong === 0 && refused > 0 ? 0 : 1)

async function deliverWith(dir: string, failure: { at: number; for: number; errno: 'ENOSPC' | 'EIO' }) {
  const run = spawnSync(process.execPath, [CHILD, dir, JSON.stringify(scene), '{}', 'in turn'], {
    env: {
      ...process.env,
      LD_PRELOAD: shim ?? '',
      JOURNAL_DIR: dir,
      FAIL_AT: String(failure.at),
      FAIL_FOR: String(failure.for),
      FAIL_ERRNO: String(constants.errno[failure.errno]),
    },
    encoding: 'utf8',
    timeout: PATIENCE_MS,
  })
  const { problems, kept } = await inspect(dir, scene)
  const all = [...problems]
  // A start that fails says so, and nothing was promised.
  if (run.status !== 0 && run.stdout === '' && /Error \[SqliteError\]: (disk I\/O error|database or disk is full)/.test(run.stderr))
    unstarted++
  else if (run.status !== 0) all.push(`it ended with ${String(run.status ?? run.signal)}: ${run.stderr}`)
  else for (const { subject } of scene.letters) if (!kept.has(subject)) all.push(`${subject} was answered and is lost`)
  return { stdout: run.stdout, reached: run.stderr.includes('the disk fails'), problems: all }
}
