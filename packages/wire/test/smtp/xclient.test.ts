import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseXclient, SmtpSyntaxError } from '../../src/index.ts'

const valid: [argument: string, attributes: Record<string, string | undefined>][] = [
  ['NAME=spike.example ADDR=192.0.2.1', { NAME: 'spike.example', ADDR: '192.0.2.1' }],
  ['addr=IPv6:2001:db8::1  port=25', { ADDR: 'IPv6:2001:db8::1', PORT: '25' }],
  ['HELO=a+20b PROTO=ESMTP', { HELO: 'a b', PROTO: 'ESMTP' }],
  ['NAME=[UNAVAILABLE] LOGIN=[unavailable] DESTADDR=[TempUnavail]', { NAME: undefined, LOGIN: undefined, DESTADDR: undefined }],
  ['DESTPORT=587', { DESTPORT: '587' }],
]

for (const [argument, attributes] of valid) {
  test(`XCLIENT ${argument}`, () => assert.deepEqual(Object.fromEntries(parseXclient(argument)), attributes))
}

for (const argument of [
  '',
  'NAME',
  '=x',
  'FOO=x',
  'ADDR=',
  'ADDR=192.0.2.1 ADDR=192.0.2.2',
  'HELO=a+2',
  'HELO=a+0D+0AMAIL',
  'NAME=ü',
  'HELO=+FF',
]) {
  test(`XCLIENT ${argument} is refused`, () => assert.throws(() => parseXclient(argument), SmtpSyntaxError))
}
