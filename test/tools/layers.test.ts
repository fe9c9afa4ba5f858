import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { checkLayers } from '../../scripts/layers.ts'

const root = mkdtempSync(join(tmpdir(), 'layers-'))
after(() => rmSync(root, { recursive: true }))

/** A planted workspace: each fault must be named, and the sound file must not be. */
const FILES: Record<string, string> = {
  'packages/base/package.json': '{"dependencies":{}}',
  'packages/mime/package.json': '{"dependencies":{"@mailstead/base":"1"}}',
  'packages/imap/package.json':
    '{"dependencies":{"@mailstead/base":"1","@mailstead/smtp":"1","@mailstead/sqlite":"1","better-sqlite3":"1"}}',
  'packages/base/src/index.ts': "export const a = 1\nimport { b } from '@mailstead/imap'\n",
  'packages/mime/src/index.ts': "import { readFileSync } from 'node:fs'\nimport { a } from '@mailstead/base'\n",
  'packages/imap/src/sideways.ts': "import { serve } from '@mailstead/smtp'\n",
  'packages/imap/src/deep.ts': "import type { a } from '@mailstead/base/src/x.ts'\n",
  'packages/imap/src/backend.ts': "import {\n  open,\n} from '@mailstead/sqlite'\nimport Database from 'better-sqlite3'\n",
  'packages/imap/src/undeclared.ts': "import x from 'left-pad'\n",
  'packages/imap/src/one.ts': "export * from './two.ts'\n",
  'packages/imap/src/two.ts': "export * from './one.ts'\n",
  'packages/imap/src/outside.ts': "import './../../base/src/index.ts'\n",
}
for (const [path, text] of Object.entries(FILES)) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

const { problems, files } = checkLayers(root)

for (const [what, pattern] of [
  ['an import upwards', /base\/src\/index\.ts: layer 0 imports imap/],
  ['a Node built-in in a pure package', /mime\/src\/index\.ts: mime uses no Node built-in/],
  ['an import sideways', /sideways\.ts: layer 5 imports smtp/],
  ['an import past the index', /deep\.ts: .* goes past the index/],
  ['a front-end that knows the database', /backend\.ts: only apps import sqlite/],
  ['a dependency that belongs to another package', /backend\.ts: better-sqlite3 belongs to sqlite/],
  ['an undeclared dependency', /undeclared\.ts: left-pad is not in/],
  ['a cycle', /cycle: .*one\.ts → .*two\.ts → .*one\.ts/],
  ['a relative import into another package', /outside\.ts: .* leaves the package/],
] as const) {
  test(`the layer check sees ${what}`, () =>
    assert.ok(
      problems.some((p) => pattern.test(p)),
      problems.join('\n'),
    ))
}

test('the layer check reads every file and invents nothing', () => {
  assert.equal(files, Object.keys(FILES).filter((f) => f.endsWith('.ts')).length)
  assert.equal(
    problems.some((p) => p.startsWith('packages/mime') && p.includes('base')),
    false,
  )
})
