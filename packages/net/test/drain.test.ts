import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

test('a process lives until its services have drained, though nothing else keeps it alive', () => {
  const program = `
    import { systemClock } from '@mailstead/base'
    import { drainAll } from ${JSON.stringify(new URL('../src/drain.ts', import.meta.url).href)}
    const service = { accept() {}, drain: (ms) => new Promise((resolve) => systemClock.after(ms, resolve)) }
    await drainAll([], [service], 50)
    console.log('drained')`
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: new URL('.', import.meta.url),
    encoding: 'utf8',
  })
  assert.equal(said, 'drained\n')
})
