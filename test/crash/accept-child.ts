/** What the kill rig of acceptance kills: brings the letters of a scene, all at once, and says which were answered. */
import { writeSync } from 'node:fs'
import { deliver, openIn, type Scene } from './scene.ts'
import type { StepsParameter } from './steps.ts'

const [dir = '', scene = '', steps = ''] = process.argv.slice(2)
const { full, letters } = JSON.parse(scene) as Scene
const parameter = JSON.parse(steps) as StepsParameter
const store = await openIn(dir, { module: new URL('./steps.ts', import.meta.url).href, parameter })
await Promise.all(
  letters.map(async (letter) => {
    const answers = await deliver(store, letter)
    if (answers[full] !== 'over-quota') throw new Error(`expected over-quota, got ${answers.join(', ')}`)
    writeSync(1, `answered ${letter.subject}\n`)
  }),
)
await store.close()
