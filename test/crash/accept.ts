/**
 * The kill rig of acceptance: messages to three local recipients, one of them over quota, killed with SIGKILL between
 * any two writes. After the next start each is there for all who have room, or for none; what was answered is there;
 * counters and references are right; nothing is left of what was still arriving.
 *
 *   npm run crash:accept -- [--seed N] [--every 1] [--plant split]
 *
 * `--every N`: at each Nth of these places, beginning with a random one.
 * `--plant split` commits each recipient's copy alone: a fault that the rig must find.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
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
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    every: { type: 'string', default: '1' },
    plant: { type: 'string' },
  },
})
console.log(`seed ${values.seed}`)
const random = seeded(Number(values.seed))
const every = Number(values.every)
const letter = (subject: string, least: number, most: number): Letter => ({ subject, size: least + random.int(most - least) })
const variants: Record<string, readonly Letter[]> = {
  'a small message': [letter('small', 1_000, 20_000)],
  'a message of several chunks': [letter('big', 600_000, 1_200_000)],
  'three messages at once': [letter('one', 1_000, 9_000), letter('two', 1_000, 9_000), letter('three', 270_000, 500_000)],
}
const root = mkdtempSync(join(tmpdir(), 'mailstead-accept-'))
// Each waits for its own processes: all at once take no longer than the longest.
const scenes = Object.entries(variants).map(([name, letters]) => ({
  name,
  scene: { full: random.int(3), letters },
  first: 1 + random.int(every),
}))
const failures = await Promise.all(scenes.map(({ name, scene, first }) => killAtEachStep(name, scene, first)))
const wrong = failures.reduce((sum, count) => sum + count, 0)
if (wrong === 0) rmSync(root, { recursive: true })
else console.log(`the data is kept in ${root}`)
process.exit(wrong === 0 ? 0 : 1)

/** One process for each step, killed there, until one comes to its end. Returns how many left something wrong. */
async function killAtEachStep(name: string, scene: Scene, first: number): Promise<number> {
  const template = mkdtempSync(join(root, 'template-'))
  await makeScene(template, scene)
  let kills = 0
  let failures = 0
  for (let killAt = first; ; killAt += every) {
    const dir = mkdtempSync(join(root, 'killed-'))
    cpSync(template, dir, { recursive: true })
    const steps: StepsParameter = { killAt, split: values.plant === 'split' }
    const { output, status, signal } = await runChild(dir, scene, steps)
    if (signal !== 'SIGKILL' && status !== 0) throw new Error(`the child ended with ${String(status)}: ${output}`)
    const problems = await afterwards(dir, scene, output)
    if (signal !== null) kills++
    if (problems.length === 0) rmSync(dir, { recursive: true })
    else {
      failures++
      console.log(`${output}  ${problems.join('\n  ')}`)
    }
    if (signal === null) {
      console.log(`${name}: ${kills} kills, ${failures} wrong`)
      return failures
    }
  }
}

interface Ended {
  readonly output: string
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
}

async function runChild(dir: string, scene: Scene, steps: StepsParameter): Promise<Ended> {
  const child = spawn(process.execPath, [CHILD, dir, JSON.stringify(scene), JSON.stringify(steps)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { output, status, signal }
}

async function afterwards(dir: string, scene: Scene, output: string): Promise<string[]> {
  const { problems, kept } = await inspect(dir, scene)
  const answered = Array.from(output.matchAll(/^answered (.*)$/gm), ([, subject]) => subject ?? '')
  return [...problems, ...answered.filter((subject) => !kept.has(subject)).map((subject) => `${subject} was answered and is lost`)]
}
