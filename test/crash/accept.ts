/**
 * The kill rig of acceptance: messages to three local recipients, one of them over quota, killed with SIGKILL between
 * any two writes. After the next start each is there for all who have room, or for none; what was answered is there;
 * counters and references are right; nothing is left of what was still arriving.
 *
 *   npm run crash:accept -- [--seed N] [--plant split]
 *
 * `--plant split` commits each recipient's copy alone: a fault that the rig must find.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { seeded } from '@mailstead/testkit'
import { inspect, makeScene, type Letter, type Scene } from './scene.ts'
import type { StepsParameter } from './steps.ts'

const CHILD = fileURLToPath(new URL('./accept-child.ts', import.meta.url))

const { values } = parseArgs({
  options: { seed: { type: 'string', default: String(Date.now() % 1_000_000) }, plant: { type: 'string' } },
})
console.log(`seed ${values.seed}`)
const random = seeded(Number(values.seed))
const letter = (subject: string, least: number, most: number): Letter => ({ subject, size: least + random.int(most - least) })
const variants: Record<string, readonly Letter[]> = {
  'a small message': [letter('small', 1_000, 20_000)],
  'a message of several chunks': [letter('big', 600_000, 1_200_000)],
  'three messages at once': [letter('one', 1_000, 9_000), letter('two', 1_000, 9_000), letter('three', 270_000, 500_000)],
}
const root = mkdtempSync(join(tmpdir(), 'mailstead-accept-'))
let wrong = 0
for (const [name, letters] of Object.entries(variants)) wrong += await killAtEachStep(name, { full: random.int(3), letters })
if (wrong === 0) rmSync(root, { recursive: true })
else console.log(`the data is kept in ${root}`)
process.exit(wrong === 0 ? 0 : 1)

/** One process for each step, killed there, until one comes to its end. Returns how many left something wrong. */
async function killAtEachStep(name: string, scene: Scene): Promise<number> {
  const template = mkdtempSync(join(root, 'template-'))
  await makeScene(template, scene)
  let failures = 0
  for (let killAt = 1; ; killAt++) {
    const dir = mkdtempSync(join(root, 'killed-'))
    cpSync(template, dir, { recursive: true })
    const steps: StepsParameter = { killAt, split: values.plant === 'split' }
    const { stdout, stderr, status, signal } = spawnSync(process.execPath, [CHILD, dir, JSON.stringify(scene), JSON.stringify(steps)], {
      encoding: 'utf8',
    })
    if (signal !== 'SIGKILL' && status !== 0) throw new Error(`the child ended with ${String(status)}: ${stdout}${stderr}`)
    const problems = await afterwards(dir, scene, stdout)
    if (problems.length === 0) rmSync(dir, { recursive: true })
    else {
      failures++
      console.log(`${stdout}  ${problems.join('\n  ')}`)
    }
    if (signal === null) {
      console.log(`${name}: ${killAt - 1} kills, ${failures} wrong`)
      return failures
    }
  }
}

async function afterwards(dir: string, scene: Scene, stdout: string): Promise<string[]> {
  const { problems, kept } = await inspect(dir, scene)
  const answered = Array.from(stdout.matchAll(/^answered (.*)$/gm), ([, subject]) => subject ?? '')
  return [...problems, ...answered.filter((subject) => !kept.has(subject)).map((subject) => `${subject} was answered and is lost`)]
}
