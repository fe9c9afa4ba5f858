/**
 * What the rigs of acceptance kill: brings the letters of a scene, all at once or `in turn`, and says which were
 * answered and which refused. In turn, the database is checkpointed between them all the time.
 */
import { writeSync } from 'node:fs'
import type { Clock } from '@mailstead/base'
import { deliver, openIn, type Letter, type Scene } from './scene.ts'
import type { StepsParameter } from './steps.ts'

const ATTEMPTS = 20

const [dir = '', scene = '', steps = '', order = ''] = process.argv.slice(2)
const { full, letters } = JSON.parse(scene) as Scene
const parameter = JSON.parse(steps) as StepsParameter
const inTurn = order === 'in turn'
const store = await openIn(dir, { module: new URL('./steps.ts', import.meta.url).href, parameter }, inTurn ? hastyClock() : undefined)

async function bring(letter: Letter): Promise<void> {
  const answers = await deliver(store, letter)
  if (answers[full] !== 'over-quota') throw new Error(`expected over-quota, got ${JSON.stringify(answers)}`)
  writeSync(1, `answered ${letter.subject}\n`)
}

/** As a sender whose message is refused for now: again, a few times. */
async function insist(letter: Letter): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await bring(letter)
    } catch (error) {
      writeSync(1, `refused ${letter.subject}: ${String(error)}\n`)
      if (attempt === ATTEMPTS) throw error
    }
  }
}

if (inTurn) {
  for (const letter of letters) {
    await insist(letter)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
} else await Promise.all(letters.map(bring))
await store.close()

/** Timers fire after a millisecond, whatever they were set to. */
function hastyClock(): Clock {
  return {
    now: () => Date.now(),
    after(_ms, run) {
      const timer = setTimeout(run, 1)
      return { cancel: () => clearTimeout(timer) }
    },
  }
}
