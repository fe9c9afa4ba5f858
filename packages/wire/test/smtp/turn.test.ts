import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAtrn, parseEtrn } from '@mailstead/wire'

test('the node of ETRN', () => {
  assert.deepEqual(parseEtrn('A.Example'), { option: undefined, name: 'a.example' })
  assert.deepEqual(parseEtrn('@xn--bcher-kva.example'), { option: '@', name: 'xn--bcher-kva.example' })
  assert.deepEqual(parseEtrn('#uucp'), { option: '#', name: 'uucp' })
  for (const wrong of [
    '',
    '@',
    '#',
    'localname',
    'a..b',
    '.a.b',
    'a.b.',
    '-a.b',
    'a-.b',
    'a.b c',
    '@#a.b',
    `${'x'.repeat(64)}.b`,
    'a_b.c',
    'ü.b',
  ])
    assert.equal(parseEtrn(wrong), undefined, wrong)
})

test('the domains of ATRN', () => {
  assert.deepEqual(parseAtrn(''), [])
  assert.deepEqual(parseAtrn('Example.org,example.com,example.org'), ['example.org', 'example.com'])
  for (const wrong of [',', 'a.b,', 'a.b, c.d', 'localname', 'a.b;c.d', '@a.b']) assert.equal(parseAtrn(wrong), undefined, wrong)
})
