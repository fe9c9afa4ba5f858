import assert from 'node:assert/strict'
import { test } from 'node:test'
import { saslPrep } from '../src/index.ts'

const prepared: [input: string, output: string | undefined][] = [
  // RFC 4013 section 3
  ['I\u00adX', 'IX'],
  ['user', 'user'],
  ['USER', 'USER'],
  ['\u00aa', 'a'],
  ['\u2168', 'IX'],
  ['\u0007', undefined],
  ['\u06271', undefined],
  // Mapping: other spaces become a space, joiners nothing
  ['a\u00a0b\u3000c', 'a b c'],
  ['a\u200db\ufe0f', 'ab'],
  ['pa\u0308ss', 'päss'],
  ['\ufb01nger', 'finger'],
  // Prohibited: control, private use, no character, half a surrogate, replacement, description, deprecated, tag
  ['\u007f', undefined],
  ['\u0085', undefined],
  ['\ue000', undefined],
  ['\uffff', undefined],
  ['\ud800', undefined],
  ['\ufffd', undefined],
  ['\u2ff0', undefined],
  ['\u202e', undefined],
  ['\u{e0041}', undefined],
  // Direction, RFC 3454 section 6
  ['\u0627\u0628', '\u0627\u0628'],
  ['\u06271\u0628', '\u06271\u0628'],
  ['\u0627a\u0628', undefined],
  ['1\u0628', undefined],
  // Not in Unicode 3.2: a later one has them, SASLprep never will
  ['\u0221', undefined],
  ['\u{1f600}', undefined],
  ['', ''],
]
for (const [input, output] of prepared) {
  test(`SASLprep ${JSON.stringify(input)}`, () => assert.equal(saslPrep(input), output))
}
