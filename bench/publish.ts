/**
 * Keeps the results of a whole run, and has docs/performance.md written from what is kept.
 *
 *   npm run bench -- publish FILE     # what `--out FILE` of a whole run wrote
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RESULTS } from './page.ts'
import { readResults, type Results, writeResults } from './results.ts'

const DOCS = fileURLToPath(new URL('../scripts/docs.ts', import.meta.url))

/** Throws when the results are those of a part. */
export function publish(results: Results): void {
  if (!results.whole) throw new Error('only whole runs are published: without --quick, --only and --servers')
  const file = RESULTS[results.kind]
  mkdirSync(dirname(file), { recursive: true })
  writeResults(file, results)
  if (spawnSync(process.execPath, [DOCS], { stdio: 'inherit' }).status !== 0) throw new Error('the page could not be written')
}

if (import.meta.main) {
  const results = readResults(process.argv[2] ?? '')
  if (results === undefined) throw new Error('npm run bench -- publish FILE: no such file')
  publish(results)
}
