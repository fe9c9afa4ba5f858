import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { cachedDataVersionTag } from 'node:v8'
import { openCollector } from '../src/index.ts'

test('garbage is collected at once, in a process that was not started for it', async () => {
  const garbage = new WeakRef({})
  // What a WeakRef was made of in this turn stays until its end.
  await turn()
  openCollector()({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  assert.equal(garbage.deref(), undefined)
})

test('code stays cached for the flags that it was compiled with', () => {
  const before = cachedDataVersionTag()
  openCollector()
  assert.equal(cachedDataVersionTag(), before)
})
