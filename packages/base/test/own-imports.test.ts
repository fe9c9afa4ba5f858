import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { resolveOwnImports } from '../src/own-imports.ts'

type Files = Readonly<Record<string, string>>

/** A folder of sources; `load` imports one of them. */
function folder(t: TestContext, files: Files): { dir: string; load: (file: string) => Promise<Record<string, unknown>> } {
  const dir = mkdtempSync(join(tmpdir(), 'mailstead-imports-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  for (const [name, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) writeFileSync(join(dir, name), text)
  return { dir, load: (file) => import(pathToFileURL(join(dir, file)).href) as Promise<Record<string, unknown>> }
}

function resolving(t: TestContext): void {
  const hooks = resolveOwnImports()
  t.after(() => hooks.deregister())
}

test('files and packages of ours are found, as Node finds them', async (t) => {
  const { dir, load } = folder(t, {
    'one.ts': "import { two } from './two.ts'\nexport { VERSION } from '@mailstead/base'\nexport const text: string = two",
    'two.ts': "import { VERSION } from '@mailstead/base'\nimport { sep } from 'node:path'\nexport const two: string = VERSION + sep",
  })
  await mkdir(join(dir, 'node_modules'))
  symlinkSync(fileURLToPath(new URL('../../../node_modules/@mailstead', import.meta.url)), join(dir, 'node_modules', '@mailstead'))
  resolving(t)
  const { VERSION } = await import('../src/index.ts')
  const loaded = await load('one.ts')
  assert.equal(loaded['VERSION'], VERSION)
  assert.equal(loaded['text'], `${VERSION}/`)
})

test('what is not there is said by its name', async (t) => {
  const { load } = folder(t, {
    'no-file.ts': "import './nothing.ts'",
    'no-package.ts': "import '@mailstead/nothing'",
    'no-dependency.ts': "import 'mailstead-nothing'",
  })
  resolving(t)
  await assert.rejects(load('no-file.ts'), { code: 'ENOENT', message: /nothing\.ts/ })
  await assert.rejects(load('no-package.ts'), { code: 'ERR_MODULE_NOT_FOUND', message: /@mailstead\/nothing/ })
  await assert.rejects(load('no-dependency.ts'), { code: 'ERR_MODULE_NOT_FOUND', message: /mailstead-nothing/ })
})

test('of the languages of Zod only English is loaded', async (t) => {
  resolving(t)
  const zod = new URL('../../../node_modules/zod/index.js', import.meta.url)
  const { z } = (await import(zod.href)) as { readonly z: { readonly locales: object; string(): { safeParse(value: unknown): unknown } } }
  assert.deepEqual(Object.keys(z.locales), ['default'])
  const { error } = z.string().safeParse(1) as { readonly error: Error }
  assert.match(error.message, /expected string, received number/)
})
