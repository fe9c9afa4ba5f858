/**
 * The power-cut rig: SIGKILL leaves the page cache alive, so it says nothing of durability. Here a shim writes down
 * every write and sync that deliveries make; then, for every point in that journal, the files are made as they would be
 * after a kill (all writes), after a power cut (what was synced), and after one that let some writes through (by
 * chance, some in part). Each is started: what was answered is there, and each message for all who have room or none.
 *
 *   npm run crash:power -- [--seed N] [--letters 4] [--way kill|cut|some] [--plant normal]
 *
 * `--plant normal` commits without fsync (synchronous=NORMAL): a fault that the rig must find. Needs a C compiler.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { seeded } from '@mailstead/testkit'
import { EVERYTHING, filesAfter, NOTHING, readJournal, type Files } from './journal.ts'
import { makeShim } from './shim.ts'
import { inspect, makeScene, type Scene } from './scene.ts'
import type { StepsParameter } from './steps.ts'

const ANSWERS = 'answers'
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    letters: { type: 'string', default: '4' },
    way: { type: 'string' },
    plant: { type: 'string' },
  },
})
console.log(`seed ${values.seed}`)
const random = seeded(Number(values.seed))
const scene: Scene = {
  full: random.int(3),
  // The last one comes in chunks.
  letters: Array.from({ length: Number(values.letters) }, (_, n, last = Number(values.letters) - 1) => ({
    subject: `letter${n}`,
    size: 1000 + random.int(10_000) + (n === last ? 600_000 : 0),
  })),
}
const root = mkdtempSync(join(tmpdir(), 'mailstead-power-'))
const shim = makeShim(root)
if (shim === undefined) {
  console.log('skipped: there is no C compiler (cc) to make the shim')
  process.exit(0)
}
const { start, records } = await record()
const wrong = await cutEverywhere()
if (wrong === 0) rmSync(root, { recursive: true })
else console.log(`the data is kept in ${root}`)
process.exit(wrong === 0 ? 0 : 1)

/** The files before, and what the deliveries did to them. */
async function record() {
  const dir = join(root, 'recorded')
  const journal = join(root, 'journal')
  mkdirSync(dir)
  await makeScene(dir, scene)
  const start: Files = new Map(readdirSync(dir).map((file) => [join(dir, file), readFileSync(join(dir, file))]))
  const steps: StepsParameter = { normal: values.plant === 'normal' }
  const child = fileURLToPath(new URL('./accept-child.ts', import.meta.url))
  const answers = openSync(join(dir, ANSWERS), 'a')
  const run = spawnSync(process.execPath, [child, dir, JSON.stringify(scene), JSON.stringify(steps), 'in turn'], {
    env: { ...process.env, LD_PRELOAD: shim ?? '', JOURNAL_FILE: journal, JOURNAL_DIR: dir },
    stdio: ['ignore', answers, 'inherit'],
  })
  closeSync(answers)
  if (run.status !== 0) throw new Error(`the deliveries ended with ${String(run.status ?? run.signal)}`)
  return { start, records: readJournal(journal) }
}

/** Returns how many states were wrong. */
async function cutEverywhere(): Promise<number> {
  const ways = [
    { key: 'kill', name: 'a kill', survives: EVERYTHING },
    { key: 'cut', name: 'a power cut', survives: NOTHING },
    { key: 'some', name: 'a power cut, some writes through', survives: someOf },
  ].filter(({ key }) => values.way === undefined || values.way === key)
  let failures = 0
  for (const { name: way, survives } of ways) {
    const seen = new Set<string>()
    let wrong = 0
    for (let count = 0; count <= records.length; count++) {
      const files = filesAfter(start, records, count, (write) => (basename(write.path) === ANSWERS ? 1 : survives(write)))
      const state = digest(files)
      if (seen.has(state)) continue
      seen.add(state)
      const problems = await startOn(files)
      if (problems.length === 0) continue
      wrong++
      console.log(`${way} after record ${count}:\n  ${problems.join('\n  ')}`)
    }
    failures += wrong
    console.log(`${way}: ${records.length} points, ${seen.size} states, ${wrong} wrong`)
  }
  return failures
}

/** Half of what was not synced is on disk, a quarter in part. */
function someOf(): number {
  if (random.chance(0.5)) return 1
  return random.chance(0.5) ? random.next() : 0
}

async function startOn(files: Files): Promise<string[]> {
  const dir = mkdtempSync(join(root, 'cut-'))
  for (const [path, octets] of files) writeFileSync(join(dir, basename(path)), octets)
  const answered = Array.from(
    files
      .get(join(root, 'recorded', ANSWERS))
      ?.toString()
      .matchAll(/^answered (.*)\n/gm) ?? [],
    ([, name]) => name ?? '',
  )
  const { problems, kept } = await inspect(dir, scene)
  const all = [...problems, ...answered.filter((name) => !kept.has(name)).map((name) => `${name} was answered and is lost`)]
  if (all.length === 0) rmSync(dir, { recursive: true })
  return all
}

function digest(files: Files): string {
  const hash = createHash('sha256')
  for (const [path, octets] of files) hash.update(`${path} ${octets.length}\n`).update(octets)
  return hash.digest('hex')
}
