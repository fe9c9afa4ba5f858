import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { tempDir } from '@mailstead/testkit'

const SCRIPT = fileURLToPath(new URL('../../scripts/test.mjs', import.meta.url))

/** Planted files: each ends by itself, or is ended and named. */
const FILES = {
  sound: `test('is sound', () => {})`,
  spinning: `test('spins', () => { for (;;); })`,
  open: `test('leaves a server open', () => { createServer().listen(0) })`,
  waiting: `test('waits for ever', async () => { createServer().listen(0); await new Promise(() => {}) })`,
}

test('a file that never ends fails by name, and the others run', { timeout: 60_000 }, async (t) => {
  const dir = await tempDir(t)
  mkdirSync(join(dir, 'packages/x/test'), { recursive: true })
  for (const [name, body] of Object.entries(FILES)) {
    const imports = `import { test } from 'node:test'\nimport { createServer } from 'node:net'\n`
    writeFileSync(join(dir, `packages/x/test/${name}.test.ts`), imports + body)
  }
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const run = spawn(process.execPath, [SCRIPT], { cwd: dir, env: { ...env, MAILSTEAD_TEST_MS: '1200' } })
  const ended = new Promise<number | null>((resolve) => run.once('close', resolve))
  const output = (await Promise.all([text(run.stdout), text(run.stderr)])).join('')
  assert.equal(await ended, 1, output)
  assert.match(output, /✔ is sound/)
  for (const name of ['waits for ever', 'packages/x/test/spinning.test.ts', 'packages/x/test/open.test.ts']) {
    assert.ok(output.includes(`✖ ${name} (`), output)
  }
  for (const name of ['spinning', 'open', 'waiting']) {
    assert.match(output, new RegExp(`${name}\\.test\\.ts has not ended after 1500 ms`))
  }
  assert.doesNotMatch(output, /✖ packages\/x\/test\/sound/)
})
