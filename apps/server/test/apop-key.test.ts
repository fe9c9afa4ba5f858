import assert from 'node:assert/strict'
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { tempDir } from '@mailstead/testkit'
import { apopKey } from '../src/apop-key.ts'

test('the key of APOP secrets is made at need, once, for its owner alone', async (t) => {
  const dir = await tempDir(t)
  const key = apopKey(dir)
  assert.equal(await key.read(), undefined)
  assert.deepEqual(await readdir(dir), [])
  const [one, other] = await Promise.all([key.make(), key.make()])
  assert.equal(one, other)
  assert.equal(one.length, 32)
  assert.deepEqual(await readdir(dir), ['apop.key'])
  assert.equal((await stat(join(dir, 'apop.key'))).mode & 0o777, 0o600)
  const again = apopKey(dir)
  for (const found of [await again.read(), await again.make()]) assert.ok(found !== undefined && Buffer.compare(found, one) === 0)
})

test('what is left of a half-made key is no key; a file of another length is none, and stays', async (t) => {
  const dir = await tempDir(t)
  await writeFile(join(dir, 'apop.key.new'), 'half')
  assert.equal(await apopKey(dir).read(), undefined)
  assert.equal((await apopKey(dir).make()).length, 32)
  assert.deepEqual(await readdir(dir), ['apop.key'])
  await chmod(join(dir, 'apop.key'), 0o600)
  await writeFile(join(dir, 'apop.key'), 'short')
  await assert.rejects(apopKey(dir).read(), /apop\.key has 5 octets/)
  await assert.rejects(apopKey(dir).make(), /apop\.key has 5 octets/)
  assert.equal(await readFile(join(dir, 'apop.key'), 'utf8'), 'short')
})
