import { readFileSync, readdirSync } from 'node:fs'
import type { Connection } from './connection.ts'

/** `Mstd`: marks the file as ours, for `file(1)` and for `restoreDatabase`. */
export const APPLICATION_ID = 0x4d737464

/** The database was written by a newer program. The message says what to do. */
export class NewerSchemaError extends Error {
  override name = 'NewerSchemaError'
}

/** The folder with the numbered SQL files, in the checkout and in the image. */
export const MIGRATIONS = new URL('../../../migrations/sqlite/', import.meta.url)

interface Migration {
  readonly number: number
  readonly name: string
}

/** All migrations of this program, ascending; no number twice. */
export function migrations(folder: URL = MIGRATIONS): readonly Migration[] {
  const found = readdirSync(folder)
    .filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name))
    .sort()
    .map((name) => ({ number: Number(name.slice(0, 4)), name }))
  for (const [index, migration] of found.entries()) {
    if (migration.number === found[index - 1]?.number) throw new Error(`Migration ${migration.name} has the number of another`)
  }
  return found
}

/** The number of the last migration applied to `db`; 0 when it is empty. */
export function schemaOf(db: Connection): number {
  const known = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migration'").get()
  if (known === undefined) return 0
  return db.prepare<[], { last: number }>('SELECT ifnull(max(number), 0) AS last FROM migration').get()?.last ?? 0
}

/** Throws `NewerSchemaError` when `db` was migrated further than this program knows. */
export function refuseNewer(db: Connection, path: string, folder?: URL): void {
  const last = migrations(folder).at(-1)?.number ?? 0
  const found = schemaOf(db)
  if (found > last) {
    throw new NewerSchemaError(
      `${path} has schema ${found}, but this program knows ${last} at most: it was written by a newer version. ` +
        'Start that version, or restore a backup made before the upgrade.',
    )
  }
}

/**
 * Brings `db` up to this program's schema: each migration in a transaction of its own, those of a new database, which has nothing to lose, all in one. Returns
 * the schema's number. Which ones are due is asked number by number: of two that were written side by side the later one may have come first.
 */
export function migrate(db: Connection, path: string, folder: URL = MIGRATIONS): number {
  refuseNewer(db, path, folder)
  const isNew = schemaOf(db) === 0
  if (isNew) {
    db.pragma(`application_id = ${APPLICATION_ID}`)
    db.exec('CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT')
  }
  const done = new Set(
    db
      .prepare<[], { number: number }>('SELECT number FROM migration')
      .all()
      .map(({ number }) => number),
  )
  const record = db.prepare('INSERT INTO migration VALUES (?, ?, ?)')
  const apply = db.transaction((due: readonly Migration[]) => {
    for (const { number, name } of due) {
      db.exec(readFileSync(new URL(name, folder), 'utf8'))
      record.run(number, name, Date.now())
    }
  })
  const due = migrations(folder).filter(({ number }) => !done.has(number))
  for (const together of isNew ? [due] : due.map((one) => [one])) apply.immediate(together)
  return schemaOf(db)
}
