import Database from 'better-sqlite3'
import { accessSync, constants, existsSync } from 'node:fs'

export interface Lock {
  release(): void
}

/**
 * Takes the lock `path` for this process, or returns undefined when another one has it. The kernel drops it when
 * the process ends, however it ends. The file stays; nobody may read it by other means while the lock is held,
 * because closing any descriptor of it would drop the lock (POSIX record locks).
 */
export function acquireLock(path: string): Lock | undefined {
  // SQLite opens what it may not write for reading, and locks nothing then.
  if (existsSync(path)) accessSync(path, constants.W_OK)
  const db = new Database(path, { timeout: 0 })
  try {
    // The lock of SQLite's own rollback journal mode: an exclusive transaction that writes nothing.
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return undefined
    throw error
  }
  return { release: () => void db.close() }
}
