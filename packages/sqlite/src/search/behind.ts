import Database from 'better-sqlite3'
import { existsSync } from 'node:fs'
import { Sql } from '../sql.ts'
import { indexOwner, markOf, searchIndexPath } from './index-file.ts'

/**
 * Whether the search index beside the database at `path` has something to do: to take emails, or to drop some, or to begin anew. One look at a
 * start, so that the thread that would find nothing to do is not begun.
 */
export function isIndexBehind(mail: Sql, path: string): boolean {
  const file = searchIndexPath(path)
  if (!existsSync(file)) return hasRow(mail, 'SELECT 1 FROM email')
  let index: Database.Database | undefined
  try {
    index = new Database(file, { readonly: true, fileMustExist: true })
    const sql = new Sql(index)
    const mark = markOf(sql, indexOwner(mail))
    if (mark === undefined) return true
    return (
      hasRow(mail, 'SELECT 1 FROM email WHERE id > ?', mark) ||
      hasRow(mail, 'SELECT 1 FROM search_gone') ||
      hasRow(sql, 'SELECT 1 FROM redo')
    )
  } catch {
    // Whoever works on it knows what to do about one that cannot be read.
    return true
  } finally {
    index?.close()
  }
}

function hasRow(sql: Sql, query: string, ...params: number[]): boolean {
  return sql.get(`${query} LIMIT 1`)(...params) !== undefined
}
