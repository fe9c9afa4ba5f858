import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { deliver, inspect, makeScene, openIn, type Scene } from './scene.ts'
import type { StepsParameter } from './steps.ts'

/** The short form of the kill rig: one run, and a copy of the files between any two writes, which is what a kill leaves. */
describe('an acceptance cut off between any two writes', () => {
  const root = mkdtempSync(join(tmpdir(), 'mailstead-accept-'))
  after(() => rmSync(root, { recursive: true }))

  async function cutAtEachStep(scene: Scene, split = false): Promise<{ steps: number; kept: number[]; problems: string[] }> {
    const from = mkdtempSync(join(root, 'scene-'))
    const to = join(from, 'copies')
    mkdirSync(to)
    await makeScene(from, scene)
    const parameter: StepsParameter = { copy: { from, to }, split }
    const store = await openIn(from, { module: new URL('./steps.ts', import.meta.url).href, parameter })
    for (const letter of scene.letters) await deliver(store, letter)
    await store.close()
    const copies = readdirSync(to).sort((a, b) => Number(a) - Number(b))
    const seen = new Map<string, number>()
    const problems: string[] = []
    const kept: number[] = []
    for (const copy of copies) {
      // Most steps change nothing on disk yet; each state is looked at once.
      const state = digest(join(to, copy))
      if (!seen.has(state)) {
        const verdict = await inspect(join(to, copy), scene)
        problems.push(...verdict.problems)
        seen.set(state, verdict.kept.size - 1)
      }
      kept.push(seen.get(state) ?? 0)
    }
    return { steps: copies.length, kept, problems }
  }

  for (const [name, size] of [
    ['small', 2_000],
    ['of several chunks', 600_000],
  ] as const) {
    test(`is there for all who have room, or for none: ${name}`, async () => {
      const { steps, kept, problems } = await cutAtEachStep({ full: 1, letters: [{ subject: 'first', size }] })
      assert.deepEqual(problems, [])
      assert.ok(steps > 20, `only ${steps} steps`)
      assert.deepEqual(
        kept,
        kept.map((_, index) => (index === steps - 1 ? 1 : 0)),
        'there from the commit on',
      )
    })
  }

  test('one that is committed in two parts is found out', async () => {
    const { problems } = await cutAtEachStep({ full: 2, letters: [{ subject: 'first', size: 2_000 }] }, true)
    assert.match(problems.join('\n'), /references of a blob/)
    assert.match(problems.join('\n'), /first is there 1, 0, 0, 0 times/)
  })
})

function digest(dir: string): string {
  const hash = createHash('sha256')
  for (const file of ['mail.db', 'mail.db-wal']) if (existsSync(join(dir, file))) hash.update(readFileSync(join(dir, file)))
  return hash.digest('hex')
}
