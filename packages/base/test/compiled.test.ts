import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

const BASE = new URL('../src/index.ts', import.meta.url).href
/** Makes garbage until it was collected three times. V8 forgets no code when it is told to collect. */
const WORK = `
  let collections = 0
  new PerformanceObserver((list) => { for (const { detail } of list.getEntries()) if (detail.kind === 4) collections++ }).observe({ type: 'gc' })
  let kept = []
  while (collections < 3) {
    for (let n = 0; n < 200000; n++) kept.push({ n })
    if (kept.length > 2e6) kept = []
    await new Promise((resolve) => setImmediate(resolve))
  }
`

/** Of a process in which code is old after one collection: how many functions V8 has forgotten. */
async function forgotten(before: string): Promise<number> {
  const flags = ['--bytecode-old-age=1', '--trace-flush-code', '--input-type=module']
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', before + WORK], { maxBuffer: 2 ** 24 })
  const collected = [...stdout.matchAll(/(\d+) flushed SharedFunctionInfo/g)]
  assert.ok(collected.length >= 3)
  return collected.reduce((sum, [, count]) => sum + Number(count), 0)
}

test('compiled code that was not run for long is kept', async () => {
  assert.ok((await forgotten('')) > 100)
  assert.equal(await forgotten(`import { keepCompiled } from ${JSON.stringify(BASE)}; keepCompiled();`), 0)
})
