import type { Sql } from '../sql.ts'
import { BUCKETS, type PackedBuckets } from './trigrams.ts'
import { BLOCK_BUCKETS } from './lists.ts'

/** Blocks of one segment; the blocks of segment n are numbered from n times this on. */
export const BLOCKS = BUCKETS / BLOCK_BUCKETS

export type IndexStatements = ReturnType<typeof indexStatements>

/** The index's own SQL. */
export function indexStatements(sql: Sql) {
  return {
    mark: sql.get<{ mark: number }>('SELECT mark FROM state'),
    setMark: sql.run('UPDATE state SET mark = ?'),
    redo: sql.all<{ account: number; email: number }>('SELECT account, email FROM redo LIMIT ?'),
    addRedo: sql.run('INSERT OR IGNORE INTO redo VALUES (?, ?)'),
    redone: sql.run('DELETE FROM redo WHERE account = ? AND email = ?'),
    redoOf: sql.raw<[email: number]>('SELECT email FROM redo WHERE account = ?'),

    insertLoose: sql.run('INSERT INTO loose VALUES (?, ?, ?, ?)'),
    deleteLoose: sql.run('DELETE FROM loose WHERE email = ?'),
    cut: sql.raw<[email: number]>('SELECT email FROM loose WHERE account = ? AND whole = 0'),
    loose: sql.raw<[email: number, buckets: PackedBuckets]>('SELECT email, buckets FROM loose WHERE account = ? AND whole = 1 LIMIT ?'),
    countLoose: sql.get<{ loose: number }>('SELECT count(*) AS loose FROM (SELECT 1 FROM loose WHERE account = ? AND whole = 1 LIMIT ?)'),

    lastSegment: sql.get<{ segment: number | null }>('SELECT max(id) AS segment FROM segment'),
    insertSegment: sql.run('INSERT INTO segment VALUES (?, ?, ?, ?)'),
    segments: sql.raw<[segment: number, emails: Uint8Array]>('SELECT id, emails FROM segment WHERE account = ?'),
    segment: sql.get<{ account: number; emails: Uint8Array; live: number }>('SELECT account, emails, live FROM segment WHERE id = ?'),
    setLive: sql.run('UPDATE segment SET live = ? WHERE id = ?'),
    deleteSegment: sql.run('DELETE FROM segment WHERE id = ?'),
    insertSealed: sql.run('INSERT INTO sealed VALUES (?, ?)'),
    segmentOf: sql.get<{ segment: number }>('SELECT segment FROM sealed WHERE email = ?'),
    deleteSealed: sql.run('DELETE FROM sealed WHERE email = ?'),
    insertBlock: sql.run('INSERT INTO block VALUES (?, ?)'),
    block: sql.get<{ lists: Uint8Array }>('SELECT lists FROM block WHERE id = ?'),
    deleteBlocks: sql.run('DELETE FROM block WHERE id >= ? AND id < ?'),
  }
}
