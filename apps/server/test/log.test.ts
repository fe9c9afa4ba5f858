import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readableLogger } from '../src/log.ts'

test('one line an event, with what is bound first, and values that need it in quotes', () => {
  const lines: string[] = []
  const log = readableLogger('info', (line) => lines.push(line)).child({ session: 'a-1' })
  log.info('message accepted', { queueId: 'Q1', size: 5120, from: 'a b', none: undefined, list: [1] })
  log.debug('not shown')
  assert.equal(lines.length, 1)
  assert.match(lines[0] ?? '', /^\d\d:\d\d:\d\d\.\d{3} info  message accepted session=a-1 queueId=Q1 size=5120 from="a b" list=\[1\]\n$/)
})

test('an error shows its message on the line and its stack below', () => {
  const lines: string[] = []
  readableLogger('error', (line) => lines.push(line)).error('failed', { err: new Error('no room') })
  assert.match(lines[0] ?? '', /error failed err="no room"\nError: no room\n {4}at /)
})

test('silent says nothing', () => {
  const lines: string[] = []
  readableLogger('silent', (line) => lines.push(line)).error('failed')
  assert.deepEqual(lines, [])
})
