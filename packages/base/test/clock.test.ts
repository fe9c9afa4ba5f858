import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../src/index.ts'

test('a timer fires once, and a cancelled one never', async () => {
  const fired: string[] = []
  await new Promise<void>((resolve) => {
    const hold = setTimeout(() => {}, 20_000)
    systemClock.after(1, () => fired.push('one'))
    systemClock.after(1, () => fired.push('cancelled')).cancel()
    systemClock.after(5, () => {
      clearTimeout(hold)
      resolve()
    })
  })
  assert.deepEqual(fired, ['one'])
  assert.ok(Math.abs(systemClock.now() - Date.now()) < 1000)
})
