import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { MISTAKES } from '../interop/peers/mistakes.ts'
import { PLANTS as WORLD_PLANTS } from '../interop/world/plants.ts'
import { PLANTS } from '../load/plants.ts'
import { HASTE, HASTY, TIMES } from '../load/times.ts'

const ROOT = new URL('../../', import.meta.url)

test('what mistakes replace is in the sources', () => {
  for (const { file, text } of [...MISTAKES, ...WORLD_PLANTS, ...Object.values(PLANTS)].flatMap(({ mistakes }) => mistakes).concat(HASTE)) {
    assert.ok(
      readFileSync(new URL(file, ROOT), 'utf8').includes(text),
      `${file} does not hold ${JSON.stringify(text)}: correct who plants it`,
    )
  }
})

test('a hasty server waits less in all it does', () => {
  for (const [what, ms] of Object.entries(TIMES)) assert.ok(HASTY[what as keyof typeof HASTY] < ms, what)
})
