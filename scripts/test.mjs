// Runs the tests: `npm test` all of them, `npm test -- move imap` those whose path holds one of the words.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { env, execPath, argv, exit } from 'node:process'
import { fileURLToPath } from 'node:url'

/** ms one test may take; its file gets a quarter more, so that the test is named first. */
const TEST_MS = Number(env['MAILSTEAD_TEST_MS'] ?? 120_000)

const words = argv.slice(2)
const files = globSync(['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'test/*/*.test.ts'])
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort()
if (files.length === 0) {
  console.error(`No test file has ${words.join(' or ')} in its path`)
  exit(1)
}
const watchdog = new URL('test-watchdog.mjs', import.meta.url).href
// Each file is a process, and each store in it has threads: what one has compiled serves the others.
const compiled = fileURLToPath(new URL('../node_modules/.cache/mailstead', import.meta.url))
const run = spawnSync(
  execPath,
  // One more than there are processors: a third of what a file does is waiting, for time-outs and for servers that it has started.
  [`--import=${watchdog}`, '--test', `--test-concurrency=${availableParallelism() + 1}`, `--test-timeout=${TEST_MS}`, ...files],
  {
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: compiled, ...env, MAILSTEAD_TEST_FILE_MS: String(TEST_MS * 1.25) },
  },
)
exit(run.status ?? 1)
