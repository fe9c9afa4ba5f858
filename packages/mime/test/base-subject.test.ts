import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { baseSubject } from '../src/index.ts'

/** RFC 5256 section 2.1, rule by rule. */
const table: [value: string, base: string, isReply?: true][] = [
  ['', ''],
  [' ', ''],
  ['plain', 'plain'],
  // (1)
  ['a\tb   c \t d', 'a b c d'],
  ['=?utf-8?Q?Gr=C3=BC=C3=9Fe?=', 'Grüße'],
  ['=?utf-8?Q?Re:_?= =?utf-8?B?w6TDtg==?=', 'äö', true],
  ['=?utf-8?Q?Re=3A=09a=0D=0Ab?=', 'a b', true],
  // (2)
  ['a (fwd)', 'a', true],
  ['a (FWD)(fwd) ', 'a', true],
  ['a(fwd) (fwd)', 'a', true],
  ['(fwd)', '', true],
  ['(fwd) a', '(fwd) a'],
  ['a (fwd) b', 'a (fwd) b'],
  // (3)
  ['Re: a', 'a', true],
  ['re:a', 'a', true],
  ['RE : a', 'a', true],
  ['Fw: a', 'a', true],
  ['FWD: a', 'a', true],
  ['fwdd: a', 'fwdd: a'],
  ['rea: a', 'rea: a'],
  ['re a', 're a'],
  ['Re[2]: a', 'a', true],
  ['re [2] : a', 'a', true],
  ['re [2] [3]: a', 're [2] [3]: a'],
  ['Re: Fw: Re: a', 'a', true],
  ['[list] Re: a', 'a', true],
  ['[list] [other]  Re: [list] re[5]:a', 'a', true],
  ['Re:', '', true],
  ['Aw: a', 'Aw: a'],
  // (4)
  ['[list] a', 'a'],
  ['[list]', '[list]'],
  ['[a][b]', '[b]'],
  ['[a] [b] [c]', '[c]'],
  ['[a] [b] c [d]', 'c [d]'],
  ['[a[b]] c', '[a[b]] c'],
  ['[]a', 'a'],
  ['Re: [list]', '[list]', true],
  ['[list] (fwd)', '[list]', true],
  // (6)
  ['[fwd: a]', 'a', true],
  ['[Fwd:a]', 'a', true],
  ['[FWD: Re: [list] a (fwd)] ', 'a', true],
  ['[fwd: [fwd: a]]', 'a', true],
  ['Re: [fwd: a] (fwd)', 'a', true],
  ['[fwd:]', '', true],
  ['[fwd: a', '[fwd: a'],
  ['[fwd: a] b', 'b'],
  ['a [fwd: b]', 'a [fwd: b]'],
  ['[fwd: [a] b]', 'b', true],
]

suite('base subjects', () => {
  for (const [value, text, isReply = false] of table) {
    test(JSON.stringify(value), () => assert.deepEqual(baseSubject(value), { text, isReply }))
  }

  test('endless subjects take time by their length', () => {
    const count = 100_000
    for (const piece of ['re:', '[a]', '[a] re:', '[fwd:', '(fwd)', 're [', ' ', '[']) {
      assert.ok(baseSubject(piece.repeat(count)).text.length <= piece.length * count)
      assert.ok(baseSubject(`${piece.repeat(count)}x${']'.repeat(count)}`).text.length > 0)
    }
  })
})
