// `npm run bench -- NAME [options]`: runs bench/NAME.ts.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const [name = '', ...args] = process.argv.slice(2)
const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url))
if (!/^[a-z]+$/.test(name) || name === 'clients' || !existsSync(file)) {
  console.error('npm run bench -- push|memory|search [options]: see bench/README.md')
  process.exit(2)
}
process.exit(spawnSync(process.execPath, [file, ...args], { stdio: 'inherit' }).status ?? 1)
