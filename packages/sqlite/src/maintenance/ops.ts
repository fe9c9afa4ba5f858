import { closeSync, openSync, renameSync, rmSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { StoreError, type StoreStatus } from '@mailstead/store'
import { formatSize } from '@mailstead/base'
import { connect, pagesIn, type Connection } from '../connection.ts'
import { sizeOf, sync } from '../files.ts'
import { DISK_LOW, WAL_LIMIT } from '../limits.ts'
import { schemaOf } from '../migrate.ts'

export type MaintenanceOps = ReturnType<typeof maintenanceOps>

/** Octets before each page in the WAL. */
const FRAME_HEADER = 24
/** Octets copied in one step of a backup: some 10 ms. */
const BACKUP_STEP = 4 * 1024 * 1024

/** What runs beside the mail, on connections of its own. `closing` ends a backup that is under way. */
export function maintenanceOps(db: Connection, path: string, closing: AbortSignal) {
  const walSize = (): number => sizeOf(`${path}-wal`)
  const frame = (db.pragma('page_size', { simple: true }) as number) + FRAME_HEADER
  let backups = 0

  return {
    /**
     * Moves what no reader needs from the WAL into the database, without holding anybody up. Returns the size of the
     * WAL, and how much of it is in use; `held`: a backup needs it as it is.
     */
    checkpoint(): { wal: number; used: number; held: boolean } {
      const [done] = db.pragma('wal_checkpoint(PASSIVE)') as { readonly log: number }[]
      return { wal: walSize(), used: (done?.log ?? 0) * frame, held: backups > 0 }
    },

    status(): Omit<StoreStatus, 'unindexed'> {
      const { accounts } = db.prepare('SELECT count(*) AS accounts FROM account WHERE removed_at IS NULL').get() as { accounts: number }
      const { messages } = db.prepare('SELECT ifnull(sum(messages), 0) AS messages FROM mailbox WHERE name IS NOT NULL').get() as {
        messages: number
      }
      const disk = statfsSync(dirname(path))
      const free = disk.bavail * disk.bsize
      const wal = walSize()
      const problems: string[] = []
      if (free < DISK_LOW) problems.push(`Only ${formatSize(free)} are free on the disk of ${path}`)
      if (wal > WAL_LIMIT) {
        const why = backups > 0 ? 'a backup is running' : 'a reader may be stuck'
        problems.push(`The write-ahead log has grown to ${formatSize(wal)}: ${why}`)
      }
      return { schema: schemaOf(db), databaseSize: sizeOf(path), walSize: wal, accounts, messages, problems }
    },

    /** A consistent copy while others write, complete on disk before it gets its name. Nobody else may read it. */
    async backup(file: string): Promise<void> {
      const temporary = `${file}.tmp-${process.pid}`
      backups++
      try {
        closeSync(openSync(temporary, 'w', 0o600))
        await copy(path, temporary, closing)
        markRestored(temporary)
        sync(temporary)
        renameSync(temporary, file)
        sync(dirname(file))
      } finally {
        backups--
        for (const left of [temporary, `${temporary}-wal`, `${temporary}-shm`, `${temporary}-journal`]) rmSync(left, { force: true })
      }
    },
  }
}

/**
 * The one read that lasts: without a transaction around it, SQLite begins the copy anew whenever somebody writes, and
 * under steady mail it would never end. So the WAL cannot shrink meanwhile.
 */
async function copy(path: string, to: string, closing: AbortSignal): Promise<void> {
  const source = connect(path, 'reader')
  const pages = pagesIn(source, BACKUP_STEP)
  try {
    source.exec('BEGIN')
    source.prepare('SELECT count(*) FROM sqlite_schema').get()
    await source.backup(to, {
      progress() {
        if (closing.aborted) throw new StoreError('unavailable', 'The server is shutting down')
        return pages
      },
    })
  } finally {
    source.close()
  }
}

/** A backup is a restored database from its first start on, also where somebody puts it in place by hand. */
function markRestored(file: string): void {
  const db = connect(file, 'maintenance')
  try {
    db.exec("UPDATE meta SET value = 1 WHERE key = 'restored'")
    db.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    db.close()
  }
}
