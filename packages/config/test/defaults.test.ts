import assert from 'node:assert/strict'
import { test } from 'node:test'
import { effective, parseConfig } from '@mailstead/config'

test("a command's own defaults give way to everything else", () => {
  const defaults = { port_base: 10_000, 'log.format': 'text', host_name: 'localhost' }
  const loaded = parseConfig('[log]\nformat = "json"', 'm.toml', { defaults, environment: { MAILSTEAD_HOST_NAME: 'mx.example.org' } })
  const shown = Object.fromEntries(effective(loaded).map(({ path, value, origin }) => [path, [value, origin]]))
  assert.deepEqual(shown['port_base'], [10_000, 'default'])
  assert.deepEqual(shown['log.format'], ['json', 'file m.toml:2'])
  assert.deepEqual(shown['host_name'], ['mx.example.org', 'environment MAILSTEAD_HOST_NAME'])
})
