// npm drops `gypfile: false` of better-sqlite3 from the lock file, and `npm ci` then calls node-gyp, which needs
// Python and a compiler although the package ships its binaries. This puts the line back; `--check` only looks.
import { readFileSync, writeFileSync } from 'node:fs'

const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8'))
const entry = lock.packages['node_modules/better-sqlite3']
if (entry.gypfile !== false) {
  if (process.argv.includes('--check')) {
    console.error('package-lock.json: better-sqlite3 lacks "gypfile": false; run `node scripts/fix-lock.mjs`')
    process.exit(1)
  }
  entry.gypfile = false
  writeFileSync(path, JSON.stringify(lock, null, 2) + '\n')
}
