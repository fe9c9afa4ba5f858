import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readDate } from '../src/index.ts'

const MIDNIGHT = Date.UTC(2025, 10, 21)
const MORNING = MIDNIGHT + (8 * 3600 + 26 * 60 + 27) * 1000
const HOUR = 3_600_000

const dates: [value: string, at: number | undefined, zone?: number][] = [
  ['Fri, 21 Nov 2025 08:26:27 +0000', MORNING],
  ['21 Nov 2025 08:26:27 +0000', MORNING],
  ['Fri, 21 Nov 2025 08:26 -0000', MORNING - 27_000],
  ['Fri, 21 Nov 2025 10:26:27 +0200', MORNING, 120],
  ['Fri, 21 Nov 2025 03:56:27 -0430 (VET)', MORNING, -270],
  ['Fri, 21 Nov 2025 08:26:27 GMT', MORNING],
  ['Fri, 21 Nov 2025 03:26:27 EST', MORNING, -300],
  ['Fri, 21 Nov 2025 01:26:27 PDT', MORNING, -420],
  // RFC 5322 section 4.3: military zones were defined wrongly once, and say nothing.
  ['Fri, 21 Nov 2025 08:26:27 Z', MORNING],
  ['Fri, 21 Nov 2025 08:26:27 A', MORNING],
  ['Fri, 21 Nov 2025 08:26:27', MORNING],
  ['Fri,21 Nov 25 08:26:27 +0000', MORNING],
  ['(x) Fri (y (z)), 21 (\\)) Nov 2025\t08:26:27 +0000', MORNING],
  ['Friday, 21-Nov-2025 08:26:27 UTC', MORNING],
  ['fri, 21 november 2025 08.26.27 +00:00', MORNING],
  ['Fri Nov 21 08:26:27 2025', MORNING],
  ['Fri Nov 21 08:26:27 GMT 2025', MORNING],
  ['21 Nov 2025', MIDNIGHT],
  ['21 Nov 2025 99:99 +0000', MIDNIGHT],
  ['Fri, 21 Nov 2025 23:59:60 +0000', MIDNIGHT + 24 * HOUR],
  ['21 Nov 49 00:00 +0000', Date.UTC(2049, 10, 21)],
  ['21 Nov 50 00:00 +0000', Date.UTC(1950, 10, 21)],
  ['21 Nov 125 00:00 +0000', MIDNIGHT],
  ['29 Feb 2024 00:00 +0000', Date.UTC(2024, 1, 29)],
  ['29 Feb 2025 00:00 +0000', undefined],
  ['31 Nov 2025 00:00 +0000', undefined],
  ['21 Foo 2025 00:00 +0000', undefined],
  ['2025-11-21', undefined],
  ['yesterday', undefined],
  ['', undefined],
]

describe('readDate', () => {
  for (const [value, at, zone = 0] of dates) {
    test(value, () => assert.deepEqual(readDate(value), at === undefined ? undefined : { at, zone }))
  }
})

test('a Date field of any length is read in time', () => {
  for (const noise of ['(', ' ', '21 ', '21 Nov', 'a', '-', 'Fri, ', ',']) {
    assert.equal(readDate(noise.repeat(200_000)), undefined, noise)
    assert.equal(readDate(`Fri${noise.repeat(200_000)}`), undefined, noise)
  }
})
