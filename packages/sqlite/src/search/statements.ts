import type { Sql } from '../sql.ts'

export type IndexStatements = ReturnType<typeof indexStatements>

/** The index's own SQL. */
export function indexStatements(sql: Sql) {
  return {
    mark: sql.get<{ mark: number }>('SELECT mark FROM state'),
    setMark: sql.run('UPDATE state SET mark = ?'),
    redo: sql.all<{ account: number; email: number }>('SELECT account, email FROM redo LIMIT ?'),
    addRedo: sql.run('INSERT OR IGNORE INTO redo VALUES (?, ?)'),
    redone: sql.run('DELETE FROM redo WHERE account = ? AND email = ?'),
    redoOf: sql.raw<[number]>('SELECT email FROM redo WHERE account = ?'),
    document: sql.get<{ doc: number }>('SELECT doc FROM entry WHERE email = ?'),
    lastDocument: sql.get<{ doc: number | null }>('SELECT max(doc) AS doc FROM entry WHERE doc BETWEEN ? AND ?'),
    insertEntry: sql.run('INSERT INTO entry VALUES (?, ?, ?)'),
    insertText: sql.run('INSERT INTO doc (rowid, text) VALUES (?, ?)'),
    deleteText: sql.run('DELETE FROM doc WHERE rowid = ?'),
    deleteEntry: sql.run('DELETE FROM entry WHERE doc = ?'),
    cut: sql.raw<[number]>('SELECT email FROM entry WHERE whole = 0 AND doc BETWEEN ? AND ?'),
    matching: sql.raw<[number]>(
      'SELECT e.email FROM doc AS d JOIN entry AS e ON e.doc = d.rowid WHERE d.doc MATCH ? AND d.rowid BETWEEN ? AND ? LIMIT ?',
    ),
  }
}
