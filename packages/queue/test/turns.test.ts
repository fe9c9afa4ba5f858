import assert from 'node:assert/strict'
import { test } from 'node:test'
import { takeTurns, type Running } from '@mailstead/queue'
import type { AccountId } from '@mailstead/store'

/** `1a` is what account 1 sends to a.test; account 0 is nobody. */
const lanes = (text: string) =>
  text.split(' ').map((name) => ({ account: name[0] === '0' ? undefined : (Number(name[0]) as AccountId), domain: `${name[1]}.test` }))
const NOTHING: Running = { total: 0, accounts: new Map(), domains: new Map() }

const cases: [name: string, running: Running, chosen: string][] = [
  ['an idle server', NOTHING, '1a 2a 0b 1c 2d'],
  ['one connection is left', { ...NOTHING, total: 4 }, '1a'],
  ['none is left', { ...NOTHING, total: 5 }, ''],
  ['an account has its share', { ...NOTHING, accounts: new Map([[1, 2]]) }, '2a 0b 2a 0e'],
  ['nobody has his share', { ...NOTHING, accounts: new Map([[undefined, 2]]) }, '1a 2a 1c 2d'],
  ['a domain has enough', { ...NOTHING, domains: new Map([['a.test', 2]]) }, '0b 1c 2d 0e'],
  ['a domain that takes one', { ...NOTHING, domains: new Map([['d.test', 1]]) }, '1a 2a 0b 1c 0e'],
]

for (const [name, running, chosen] of cases) {
  test(`turns: ${name}`, () => {
    const limits = { total: 5, perAccount: 2, perDomain: (domain: string) => (domain === 'd.test' ? 1 : 2) }
    const taken = takeTurns(lanes('1a 2a 0b 1c 2a 2d 1d 0e'), running, limits)
    assert.equal(taken.map(({ account, domain }) => `${account ?? 0}${domain[0]}`).join(' '), chosen)
  })
}
