import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { acquireLock } from '@mailstead/sqlite'
import { temporaryFolder } from './temporary.ts'

test('the lock is one process’s, and free again when that process is killed', () => {
  const path = join(temporaryFolder(), 'lock')
  const lock = acquireLock(path)
  assert.ok(lock)
  assert.equal(acquireLock(path), undefined)
  const module = new URL('../src/lock.ts', import.meta.url).href
  const script = (then: string): string =>
    `import { acquireLock } from ${JSON.stringify(module)}; const lock = acquireLock(${JSON.stringify(path)}); ${then}`
  const run = (then: string) => spawnSync(process.execPath, ['--input-type=module', '-e', script(then)], { encoding: 'utf8' })
  assert.equal(run('console.log(lock)').stdout.trim(), 'undefined')
  lock.release()
  const killed = run("console.log(lock !== undefined); process.kill(process.pid, 'SIGKILL')")
  assert.equal(killed.stdout.trim(), 'true')
  assert.equal(killed.signal, 'SIGKILL')
  const again = acquireLock(path)
  assert.ok(again)
  again.release()
})
