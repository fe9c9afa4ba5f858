// `npm run bench -- [NAME] [options]`: runs bench/NAME.ts; without a name the comparison with other servers.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const PROGRAMS = ['compare', 'outbound', 'publish', 'push', 'memory', 'search']
const named = PROGRAMS.includes(process.argv[2] ?? '')
const name = named ? process.argv[2] : 'compare'
const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url))
process.exit(spawnSync(process.execPath, [file, ...process.argv.slice(named ? 3 : 2)], { stdio: 'inherit' }).status ?? 1)
