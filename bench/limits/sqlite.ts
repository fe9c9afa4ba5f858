/** SQLite alone, on the disk that servers use, as durable as they have to be: `node sqlite.ts FOLDER` prints figures, a line each. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Figures } from '../generator.ts'

const SECONDS = 1
const MANY = 10_000
const KIB = 1024
/** As much as an average message of the big mailbox has. */
const VALUE = 40 * KIB
const VALUES = 500

const file = join(process.argv[2] ?? '.', 'limits.db')
const remove = (): void => ['', '-wal', '-shm'].forEach((end) => rmSync(file + end, { force: true }))
remove()
const db = new DatabaseSync(file)
db.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE message (id INTEGER PRIMARY KEY, octets BLOB NOT NULL) STRICT;
  CREATE TABLE line (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
  CREATE TABLE flag (id INTEGER PRIMARY KEY, flags INTEGER NOT NULL, modseq INTEGER NOT NULL) STRICT;
`)

/** Does `act`, which returns how many operations it did, again and again until it finds none to do. */
function measure(phase: string, act: () => number): void {
  const latencies: number[] = []
  let operations = 0
  const cpu = process.cpuUsage()
  const start = performance.now()
  while (performance.now() - start < SECONDS * 1000) {
    const since = performance.now()
    const done = act()
    if (done === 0) break
    operations += done
    latencies.push(performance.now() - since)
  }
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  latencies.sort((a, b) => a - b)
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0
  const figures: Figures = {
    phase,
    operations,
    seconds,
    rate: operations / seconds,
    cpu: (user + system) / 1000 / operations,
    p50: at(0.5),
    p99: at(0.99),
  }
  console.log(JSON.stringify(figures))
}

/** One transaction; returns what `act` returns. */
function commit(act: () => number): number {
  db.exec('BEGIN IMMEDIATE')
  const done = act()
  db.exec('COMMIT')
  return done
}

const times = (count: number, act: (n: number) => void): number => {
  for (let n = 0; n < count; n++) act(n)
  return count
}

const insertMessage = db.prepare('INSERT INTO message (octets) VALUES (?)')
const rows = (count: number, octets: Uint8Array) => (): number => commit(() => times(count, () => insertMessage.run(octets)))
const message = new Uint8Array(5 * KIB).fill(120)
measure('limit-commit', rows(1, message))
measure('limit-commit-10', rows(10, message))
measure('limit-commit-50', rows(50, message))
measure('limit-commit-large', rows(1, new Uint8Array(KIB * KIB).fill(120)))

const insertFlag = db.prepare('INSERT INTO flag (flags, modseq) VALUES (0, ?)')
commit(() => times(MANY, (n) => insertFlag.run(n)))
let modseq = MANY
const updateFlag = db.prepare('UPDATE flag SET flags = ?, modseq = ? WHERE id = ?')
measure('limit-update', () => commit(() => times(1, () => updateFlag.run(++modseq & 1, modseq, 1 + (modseq % MANY)))))
const updateAll = db.prepare('UPDATE flag SET flags = ?, modseq = ?')
measure('limit-update-all', () => commit(() => Number(updateAll.run(++modseq & 1, modseq).changes)))
const copyAll = db.prepare(`INSERT INTO flag (flags, modseq) SELECT flags, ? FROM flag WHERE id <= ${MANY}`)
const copies = (): number => commit(() => Number(copyAll.run(++modseq).changes))
measure('limit-copy-all', copies)
const deleteSome = db.prepare(`DELETE FROM flag WHERE id > ? AND id <= ?`)
let last = MANY
measure('limit-delete-all', () => commit(() => Number(deleteSome.run(last, (last += MANY)).changes)))

const insertLine = db.prepare('INSERT INTO line (text) VALUES (?)')
commit(() => times(MANY, () => insertLine.run('x'.repeat(600))))
const lines = db.prepare('SELECT text FROM line')
measure('limit-read-lines', () => lines.all().length)
db.exec('DELETE FROM message')
commit(() => times(VALUES, () => insertMessage.run(new Uint8Array(VALUE).fill(120))))
const values = db.prepare('SELECT octets FROM message')
measure('limit-read-values', () => {
  let count = 0
  for (const row of values.iterate()) if (row['octets'] instanceof Uint8Array) count++
  return count
})
db.close()
remove()
