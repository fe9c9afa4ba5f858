import Database from 'better-sqlite3'
import { closeSync, openSync } from 'node:fs'

export type Connection = Database.Database

/** `create`: makes the file; its page size and vacuum mode are chosen then, for good. */
export type Role = 'create' | 'writer' | 'maintenance' | 'reader'

/** Of a new database. Each page that a commit changes is written whole, and most of them for a row or two. */
const PAGE_SIZE = 4096
/** Databases of earlier versions keep theirs. */
const PAGE_SIZES: readonly unknown[] = [PAGE_SIZE, 16_384]
const INCREMENTAL = 2
const FULL = 2
const NORMAL = 1
/**
 * A commit group of 4 MiB stays in the writer's cache, so that no page goes to the WAL twice. The others read most
 * pages once, and beneath them is the system's cache: a page from there costs some microseconds.
 */
const CACHE_KIB: Readonly<Record<Role, number>> = { create: 8192, writer: 8192, maintenance: 2048, reader: 2048 }
/** How long a connection waits for another one's lock; only a stuck process holds one so long. */
export const BUSY_MS = 5000

/**
 * Opens `path` with every setting the promises rest on, and reads each back: `synchronous` for one is FULL on the
 * connection that makes a WAL database and NORMAL on later ones, unless it is set.
 */
export function connect(path: string, role: Role): Connection {
  // SQLite gives the WAL and its index the permissions of the database: mail is nobody else's.
  if (role === 'create') closeSync(openSync(path, 'a', 0o600))
  const db = new Database(path, { readonly: role === 'reader', fileMustExist: role !== 'create', timeout: BUSY_MS })
  try {
    if (role === 'create') {
      db.pragma(`page_size = ${PAGE_SIZE}`)
      db.pragma('auto_vacuum = INCREMENTAL')
    }
    if (role !== 'reader') {
      db.pragma('journal_mode = WAL')
      db.pragma('synchronous = FULL')
      // A connection of its own checkpoints, so that no caller's commit waits for one.
      db.pragma('wal_autocheckpoint = 0')
      db.pragma('foreign_keys = ON')
      expect(db, 'synchronous', FULL)
      expect(db, 'foreign_keys', 1)
    }
    db.pragma(`cache_size = ${-CACHE_KIB[role]}`)
    db.pragma('temp_store = MEMORY')
    expect(db, 'journal_mode', 'wal')
    expect(db, 'page_size', ...PAGE_SIZES)
    expect(db, 'auto_vacuum', INCREMENTAL)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** How a connection that writes commits from now on; not inside a transaction. Throws when SQLite does not obey. */
export function setSynchronous(db: Connection, level: 'FULL' | 'NORMAL'): void {
  db.pragma(`synchronous = ${level}`)
  expect(db, 'synchronous', level === 'FULL' ? FULL : NORMAL)
}

/** How many pages are `octets`; at least one. */
export function pagesIn(db: Connection, octets: number): number {
  return Math.max(1, Math.floor(octets / (db.pragma('page_size', { simple: true }) as number)))
}

function expect(db: Connection, name: string, ...values: readonly unknown[]): void {
  const found = db.pragma(name, { simple: true })
  if (!values.includes(found)) throw new Error(`SQLite has ${name} = ${String(found)}, but ${values.join(' or ')} is needed`)
}
