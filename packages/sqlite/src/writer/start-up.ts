import { RENDERER_VERSION } from '@mailstead/mime'
import type { Sql } from '../sql.ts'
import { BlobTable } from './blobs.ts'
import { QueuedCopies } from './queue-copies.ts'
import { QueueLanes } from './queue-lanes.ts'
import { QueueTable } from './queue.ts'

export interface StartUp {
  /** Blobs that a crash left in arrival. */
  readonly swept: number
  /** Whether blobs may have been rendered by an older program. */
  readonly outdated: boolean
  /** Of the attempts that are claimed from now on. */
  readonly epoch: number
  /** All that the installation has, by name: made once, they stay. */
  readonly secrets: ReadonlyMap<string, Uint8Array>
}

/**
 * What each start does before the first call: staged blobs that a crash left go; a database that was restored
 * gets numbers no client has seen; a process that opens it makes an epoch of its own, and frees what earlier ones were sending. One that has an `epoch`
 * lost its writer thread, and is sending still.
 */
export function startUp(sql: Sql, now: number, epoch?: number): StartUp {
  const empty = sql.get<{ one: 1 }>('SELECT 1 AS one WHERE NOT EXISTS (SELECT 1 FROM rendered)')
  const version = sql.get<{ value: number }>("SELECT value FROM meta WHERE key = 'rendered-version'")
  const secrets = sql.all<{ name: string; value: Uint8Array }>('SELECT name, value FROM secret')
  return sql.db
    .transaction(() => {
      if (sql.get<{ value: number }>("SELECT value FROM meta WHERE key = 'restored'")()?.value === 1) renumber(sql, now)
      if (empty() !== undefined) new BlobTable(sql).noteRendered(RENDERER_VERSION)
      const swept = new BlobTable(sql).sweep()
      return {
        swept,
        outdated: (version()?.value ?? 0) < RENDERER_VERSION,
        epoch: epoch ?? newEpoch(sql, now),
        secrets: new Map(secrets().map(({ name, value }) => [name, value])),
      }
    })
    .immediate()
}

/** Never one that was given before, also not after a restore. What earlier epochs were sending is due again. */
function newEpoch(sql: Sql, now: number): number {
  new QueueTable(sql, new QueueLanes(sql), new QueuedCopies(sql)).freeAll(now)
  const last = sql.get<{ value: number }>("SELECT value FROM meta WHERE key = 'queue-epoch'")()?.value ?? 0
  const epoch = Math.max(Math.floor(now / 1000), last + 1)
  sql.run("UPDATE meta SET value = ? WHERE key = 'queue-epoch'")(epoch)
  return epoch
}

/** UIDVALIDITYs that the lost time may have used up beyond the clock: an import of accounts runs ahead of it. */
const LOST_UIDVALIDITIES = 2 ** 20
/** As many UIDLs and ids may have been given in one lost second; times the seconds since 1970 it stays below 2^53. */
const LOST_EACH_SECOND = 2 ** 20

/**
 * RULES: a restored database gets new UIDVALIDITYs, for what happened after the backup is unknown to it and known
 * to clients, and to those whom mail was sent to since. UIDLs of its messages stay; the ones given from now on, and the object ids, begin above all that the
 * lost time can have used.
 */
function renumber(sql: Sql, now: number): void {
  const seconds = Math.floor(now / 1000)
  const beyond = seconds * LOST_EACH_SECOND
  const last = sql.get<{ value: number }>("SELECT value FROM meta WHERE key = 'uidvalidity'")()?.value ?? 0
  const first = Math.max(seconds, last + 1) + LOST_UIDVALIDITIES
  sql.run(
    'UPDATE mailbox SET uidvalidity = ? + n FROM (SELECT id AS same, row_number() OVER (ORDER BY id) - 1 AS n FROM mailbox) WHERE id = same',
  )(first)
  const mailboxes = sql.get<{ total: number }>('SELECT count(*) AS total FROM mailbox')()?.total ?? 0
  sql.run("UPDATE meta SET value = ? WHERE key = 'uidvalidity'")(first + mailboxes)
  sql.run('UPDATE account SET next_uidl = max(next_uidl, ?)')(beyond)
  for (const table of ['mailbox', 'email']) {
    if (sql.run('UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?')(beyond, table).changes === 0) {
      sql.run('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)')(table, beyond)
    }
  }
  // The index of what was there before the restore is not this one's.
  sql.run("UPDATE secret SET value = randomblob(16) WHERE name = 'search-index'")()
  // What waited to leave then has left since, most of it: it goes again only when somebody says so.
  sql.run('UPDATE queue_entry SET held = 1')()
  sql.run('DELETE FROM queue_lane')()
  // Keys that were reset since the backup must not come back.
  sql.run('DELETE FROM url_key')()
  sql.run("UPDATE meta SET value = 0 WHERE key = 'restored'")()
}
