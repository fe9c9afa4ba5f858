import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { tempDir } from '@mailstead/testkit'
import { dataDirError, prepareDataDir } from '../src/data-dir.ts'

test('a folder is made, for its owner alone', async (t) => {
  const dir = join(await tempDir(t), 'a', 'b')
  assert.equal(await prepareDataDir(dir), dir)
  assert.equal((await stat(dir)).mode & 0o777, 0o700)
})

test('a file in its place is named, with the remedy', async (t) => {
  const file = join(await tempDir(t), 'data')
  await writeFile(file, '')
  await assert.rejects(prepareDataDir(file), { code: 'data-dir', message: `${file} is not a folder: choose another one with --data` })
  await assert.rejects(prepareDataDir(join(file, 'below')), { code: 'data-dir', message: /is not a folder/ })
})

test(
  'a folder that the system does not make ends in an error, not in a loop',
  { skip: existsSync('/proc/self') ? false : 'no /proc here' },
  async () => {
    await assert.rejects(prepareDataDir('/proc/mailstead/data'), { code: 'data-dir', message: /^\/proc\/mailstead\/data cannot be used/ })
  },
)

// Root may write everywhere, so the system's answers are played.
for (const [code, message] of [
  ['EACCES', /cannot be written by this user: give it the folder/],
  ['EROFS', /is on a read-only disk/],
  ['ENOSPC', /disk of \/srv is full/],
  ['EIO', /cannot be used \(EIO\)/],
] as const) {
  test(`${code} is one line that names the folder and the remedy`, () => {
    const error = dataDirError('/srv', Object.assign(new Error('x'), { code }))
    assert.match(error.message, message)
    assert.match(error.message, /\/srv/)
    assert.doesNotMatch(error.message, /\n/)
  })
}
