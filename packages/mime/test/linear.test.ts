import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bodyOfStructure, readEnvelope } from '../src/index.ts'
import { scan, structureOf } from './scan.ts'
import { WORST_CASES } from './worst-cases.ts'

const SIZE = 1024 * 1024

/** What takes more than linear time here takes minutes, and the test is ended; `npm run corpus` measures with 25 MiB. */
describe('a message made to be slow is scanned', () => {
  for (const [name, make] of WORST_CASES) {
    test(name, () => {
      const rendered = scan(make(SIZE), 64 * 1024)
      assert.equal(structureOf(rendered).end, SIZE)
      readEnvelope(rendered.envelope)
      assert.ok(bodyOfStructure(rendered.bodyStructure).length <= rendered.bodyStructure.length)
    })
  }
})
