// Everything that can be checked without running the product. Each step is a command; all run, the first failure decides the exit code.
import { spawnSync } from 'node:child_process'

/** @type {[string, string, string[]][]} */
const STEPS = [
  ['lock file', 'node', ['scripts/fix-lock.mjs', '--check']],
  ['types', 'tsc', ['-p', '.']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['layers', 'node', ['scripts/layers.ts']],
  ['docs', 'node', ['scripts/docs.ts', '--check']],
  ['format', 'prettier', ['--check', '--log-level', 'warn', '.']],
]

let failed = 0
for (const [name, command, args] of STEPS) {
  const start = performance.now()
  const run = spawnSync(command, args, { stdio: 'inherit' })
  const ok = run.status === 0
  if (!ok) failed++
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`)
}
process.exit(failed === 0 ? 0 : 1)
