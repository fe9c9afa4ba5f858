import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSenderProven } from '../src/proven.ts'

const cases: readonly [mailFrom: string, spf: string, dkim: readonly string[], proven: boolean][] = [
  ['a@far.example', 'far.example pass', [], true],
  ['a@FAR.example', 'far.example pass', [], true],
  ['a@far.example', 'far.example softfail', [], false],
  // SPF of the EHLO name, where the sender is null, says nothing of anybody.
  ['', 'mx.far.example pass', ['far.example pass'], false],
  ['a@far.example', 'else.example pass', [], false],
  ['a@far.example', 'far.example none', ['else.example pass', 'far.example fail'], false],
  ['a@far.example', 'far.example none', ['else.example fail', 'far.example pass'], true],
  ['a@news.far.example', 'news.far.example none', ['far.example pass'], true],
  ['a@far.example', 'far.example none', ['news.far.example pass'], true],
  ['a@far.example', 'far.example none', ['notfar.example pass'], false],
  ['a@far.example', 'far.example none', ['example pass'], false],
]

test('whether a sender can be written to', () => {
  for (const [mailFrom, spf, dkim, proven] of cases) {
    const parse = (text: string): { domain: string; result: never } => {
      const [domain = '', result = ''] = text.split(' ')
      return { domain, result: result as never }
    }
    assert.equal(isSenderProven(mailFrom, { spf: parse(spf), dkim: dkim.map(parse) }), proven, `${mailFrom} ${spf} ${dkim.join()}`)
  }
})
