import assert from 'node:assert/strict'
import { test } from 'node:test'
import { demoMessages } from '../src/demo/messages.ts'

const NOW = Date.UTC(2026, 2, 1)

test('the same seed gives the same mail, another seed other mail', () => {
  const made = (seed: number): unknown[] => [...demoMessages(50, ['ann@example.test'], NOW, seed)]
  assert.deepEqual(made(1), made(1))
  assert.notDeepEqual(made(1), made(2))
})

test('ids are unique, answers refer to earlier mail, dates ascend up to now', () => {
  const messages = [...demoMessages(500, ['ann@example.test', 'ben@example.test'], NOW)]
  assert.equal(new Set(messages.map(({ messageId }) => messageId)).size, 500)
  const known = new Set<unknown>()
  for (const { messageId, inReplyTo, subject } of messages) {
    if (inReplyTo !== undefined) assert.ok(known.has(inReplyTo) && subject.startsWith('Re: '))
    known.add(messageId)
  }
  const dates = messages.map(({ date }) => (date as Date).getTime())
  assert.deepEqual(
    dates,
    dates.toSorted((a, b) => a - b),
  )
  assert.ok((dates.at(-1) ?? 0) <= NOW)
  assert.deepEqual(new Set(messages.map(({ to }) => to)), new Set(['ann@example.test', 'ben@example.test']))
})
