// Runs the tests: `npm test` all of them, `npm test -- move imap` those whose path holds one of the words.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

const words = process.argv.slice(2)
const files = globSync(['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'test/*/*.test.ts'])
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort()
if (files.length === 0) {
  console.error(`No test file has ${words.join(' or ')} in its path`)
  process.exit(1)
}
const run = spawnSync(process.execPath, ['--test', ...files], { stdio: 'inherit' })
process.exit(run.status ?? 1)
