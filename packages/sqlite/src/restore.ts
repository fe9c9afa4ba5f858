import Database from 'better-sqlite3'
import { chmodSync, copyFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { sync } from './files.ts'
import { APPLICATION_ID, refuseNewer, schemaOf } from './migrate.ts'

/** The file is no backup of ours, or a broken one. The message is for the administrator. */
export class RestoreError extends Error {
  override name = 'RestoreError'
}

const SIDE_FILES = ['', '-wal', '-shm']

/**
 * Puts the backup `file` in the place of the database `target`, whose server must be stopped. The copy is checked
 * first; the old database stays until the new one is complete on disk. At its next start every mailbox gets a new
 * UIDVALIDITY; UIDLs stay. Works synchronously: for the command line. Throws `RestoreError` or `NewerSchemaError`.
 */
export function restoreDatabase(file: string, target: string): void {
  if (!existsSync(file)) throw new RestoreError(`${file} does not exist`)
  const copy = `${target}.restoring`
  const old = `${target}.replaced`
  remove(copy)
  try {
    copyFileSync(file, copy)
    chmodSync(copy, 0o600)
    // A database that was copied by other means than `backup` may have its last commits here.
    if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`)
    prepare(copy, file)
    sync(copy)
    remove(old)
    for (const side of SIDE_FILES) if (existsSync(target + side)) renameSync(target + side, old + side)
    renameSync(copy, target)
    sync(dirname(target))
    remove(old)
  } finally {
    remove(copy)
  }
}

/** Checks the copy and marks it as restored. */
function prepare(copy: string, file: string): void {
  let db: Database.Database | undefined
  try {
    db = new Database(copy, { fileMustExist: true })
    if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID || schemaOf(db) === 0) {
      throw new RestoreError(`${file} is not a backup of this server`)
    }
    refuseNewer(db, file)
    const found = db.pragma('integrity_check(1)', { simple: true })
    if (found !== 'ok') throw new RestoreError(`${file} is damaged: ${String(found)}`)
    db.pragma('synchronous = FULL')
    db.prepare("UPDATE meta SET value = 1 WHERE key = 'restored'").run()
    db.pragma('wal_checkpoint(TRUNCATE)')
  } catch (error) {
    if (error instanceof Database.SqliteError)
      throw new RestoreError(`${file} is not a database, or damaged: ${error.message}`, { cause: error })
    throw error
  } finally {
    db?.close()
  }
}

function remove(path: string): void {
  for (const side of SIDE_FILES) rmSync(path + side, { force: true })
}
