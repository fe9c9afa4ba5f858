import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeResponse, encodeChallenge } from '../src/base64.ts'

const valid: [text: string, octets: string][] = [
  ['', ''],
  ['=', ''],
  ['AGFubgBwdw==', '\0ann\0pw'],
  ['YQ==', 'a'],
  ['YWI=', 'ab'],
  ['YWJj', 'abc'],
  ['w6Q=', 'ä'],
]
for (const [text, octets] of valid) {
  test(`response ${JSON.stringify(text)}`, () => {
    assert.deepEqual(decodeResponse(text), new Uint8Array(Buffer.from(octets)))
  })
}

const malformed = ['Y', 'YQ', 'YQ=', 'YQ===', '====', 'YWJj=', 'YW Jj', ' YWJj', 'YWJj\r', 'Y-_j', 'YR==', 'YQ==YQ==', '**', 'YQ=*', 'ä===']
for (const text of malformed) {
  test(`response ${JSON.stringify(text)} is malformed`, () => {
    assert.equal(decodeResponse(text), 'malformed')
  })
}

test('a star cancels', () => {
  assert.equal(decodeResponse('*'), 'cancel')
})

test('a challenge goes out as base64', () => {
  assert.equal(encodeChallenge(new TextEncoder().encode('Username:')), 'VXNlcm5hbWU6')
  assert.equal(encodeChallenge(new Uint8Array(0)), '')
})
