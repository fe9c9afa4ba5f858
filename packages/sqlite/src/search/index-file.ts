import Database from 'better-sqlite3'
import { closeSync, openSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RENDERER_VERSION, TEXT_VERSION } from '@mailstead/mime'
import { BUSY_MS, type Connection } from '../connection.ts'
import { Sql } from '../sql.ts'

/** Changes with the tables below; what an older program wrote is made anew. */
const INDEX_VERSION = 3
/** Which parts a message has, and so where its text stands, is the renderer's to say. */
const VERSION = (INDEX_VERSION * 1000 + TEXT_VERSION) * 1000 + RENDERER_VERSION

/** Beside the database. */
export function searchIndexPath(database: string): string {
  return join(dirname(database), 'search.index')
}

/**
 * Trigrams of all text of each email (see `trigrams.ts`). A document is loose first, with all its trigrams in one row; some hundred of an account
 * are then made a segment, with all documents of each trigram in one list. Texts come as `foldCase` leaves them, without marks. Neither texts nor
 * positions are kept: what is found is looked into.
 */
const SCHEMA = `
  -- whole = 0: there is more text than was indexed; such a document stays loose.
  CREATE TABLE loose (email INTEGER PRIMARY KEY, account INTEGER NOT NULL, whole INTEGER NOT NULL, buckets BLOB NOT NULL) STRICT;
  CREATE INDEX loose_of ON loose (account, whole);
  -- emails: numbers of 8 octets, one a document; live: how many of them are still indexed here.
  CREATE TABLE segment (id INTEGER PRIMARY KEY, account INTEGER NOT NULL, emails BLOB NOT NULL, live INTEGER NOT NULL) STRICT;
  CREATE INDEX segment_of ON segment (account);
  CREATE TABLE sealed (email INTEGER PRIMARY KEY, segment INTEGER NOT NULL) STRICT;
  -- Lists of documents by trigram (lists.ts), one row a block of them.
  CREATE TABLE block (id INTEGER PRIMARY KEY, lists BLOB NOT NULL) STRICT;
  -- Emails whose documents are to be made anew; until then they count as not indexed.
  CREATE TABLE redo (account INTEGER NOT NULL, email INTEGER NOT NULL, PRIMARY KEY (account, email)) STRICT, WITHOUT ROWID;
  -- mark: the highest email that was indexed; all below it were too, or are gone.
  CREATE TABLE state (owner BLOB NOT NULL, mark INTEGER NOT NULL) STRICT;
  PRAGMA user_version = ${VERSION};`

/** Of the index's own file; nothing in it is mail, so that it need not outlive a power cut, only be whole after one. */
const SYNCHRONOUS = 'NORMAL'
const CACHE_KIB = 8192

/** The database that an index belongs to: what it is called there, and the highest email id it has given. */
export interface IndexOwner {
  readonly owner: Uint8Array
  readonly lastEmail: number
}

export function indexOwner(mail: Sql): IndexOwner {
  const owner = mail.get<{ value: Uint8Array }>("SELECT value FROM secret WHERE name = 'search-index'")()?.value
  if (owner === undefined) throw new Error('the database does not name its search index')
  return { owner, lastEmail: mail.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'email'")()?.seq ?? 0 }
}

/**
 * The index in use. One that is missing, damaged, of another database or of another version, or that knows emails which its database
 * does not know yet, is begun anew. Searches do without one that cannot be opened.
 */
export class IndexFile<Index> {
  readonly #path: string
  readonly #owner: IndexOwner
  readonly #use: (sql: Sql) => Index
  #open: { readonly sql: Sql; readonly index: Index } | undefined

  constructor(path: string, owner: IndexOwner, use: (sql: Sql) => Index) {
    this.#path = path
    this.#owner = owner
    this.#use = use
  }

  /** For what has to be answered without an index too: `undefined` when it is no use. */
  ask<T>(question: (index: Index) => T): T | undefined {
    try {
      return question(this.#opened())
    } catch (error) {
      if (!(error instanceof Database.SqliteError) && !isSystemError(error)) throw error
      if (isDamage(error)) this.#remove()
      return undefined
    }
  }

  /** For work on it. One that turns out to be damaged is begun anew. */
  work<T>(task: (index: Index) => T): T {
    try {
      return task(this.#opened())
    } catch (error) {
      if (!isDamage(error)) throw error
      this.begin()
      return task(this.#opened())
    }
  }

  /** An empty index in the place of the one that is there. */
  begin(): void {
    this.#remove()
    this.#opened()
  }

  close(): void {
    this.#open?.sql.db.close()
    this.#open = undefined
  }

  #opened(): Index {
    if (this.#open === undefined) {
      const sql = openIndex(this.#path, this.#owner)
      this.#open = { sql, index: this.#use(sql) }
    }
    return this.#open.index
  }

  #remove(): void {
    this.close()
    remove(this.#path)
  }
}

function openIndex(path: string, owner: IndexOwner): Sql {
  let sql: Sql | undefined
  try {
    sql = connect(path)
    if (markOf(sql, owner) !== undefined) return sql
  } catch (error) {
    if (!isDamage(error)) throw error
  }
  sql?.db.close()
  remove(path)
  const fresh = connect(path)
  fresh.db.exec(SCHEMA)
  fresh.run('INSERT INTO state VALUES (?, 0)')(owner.owner)
  return fresh
}

function remove(path: string): void {
  for (const side of ['', '-wal', '-shm']) rmSync(path + side, { force: true })
}

/** The highest email that was indexed; `undefined` for an index of another version or database, or one that is ahead of it. */
export function markOf(sql: Sql, { owner, lastEmail }: IndexOwner): number | undefined {
  if (sql.db.pragma('user_version', { simple: true }) !== VERSION) return undefined
  const state = sql.get<{ owner: Uint8Array; mark: number }>('SELECT owner, mark FROM state')()
  return state !== undefined && Buffer.compare(state.owner, owner) === 0 && state.mark <= lastEmail ? state.mark : undefined
}

function connect(path: string): Sql {
  // It tells what is in the mail: nobody else's.
  closeSync(openSync(path, 'a', 0o600))
  const db: Connection = new Database(path, { timeout: BUSY_MS })
  try {
    db.pragma('journal_mode = WAL')
    db.pragma(`synchronous = ${SYNCHRONOUS}`)
    db.pragma(`cache_size = ${-CACHE_KIB}`)
    db.pragma('temp_store = MEMORY')
    return new Sql(db)
  } catch (error) {
    db.close()
    throw error
  }
}

/** Whether the file is to be made anew: anything else may pass. */
function isDamage(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(?:CORRUPT|NOTADB)/.test(error.code)
}

/** Of the file system, as for a folder that cannot be written. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}
