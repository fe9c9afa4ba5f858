import { renameSync, rmSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { StoreStatus } from '@mailstead/store'
import { formatSize } from '@mailstead/base'
import type { Connection } from '../connection.ts'
import { sizeOf, sync } from '../files.ts'
import { DISK_LOW, WAL_LIMIT } from '../limits.ts'
import { schemaOf } from '../migrate.ts'

export type MaintenanceOps = ReturnType<typeof maintenanceOps>

const BACKUP_PAGES = 256

/** What runs beside the mail, on a connection of its own. */
export function maintenanceOps(db: Connection, path: string) {
  const walSize = (): number => sizeOf(`${path}-wal`)

  return {
    /** Moves what no reader needs from the WAL into the database, without holding anybody up. Returns the WAL's size. */
    checkpoint(): number {
      db.pragma('wal_checkpoint(PASSIVE)')
      return walSize()
    },

    status(): StoreStatus {
      const { accounts } = db.prepare('SELECT count(*) AS accounts FROM account WHERE removed_at IS NULL').get() as { accounts: number }
      const { messages } = db.prepare('SELECT ifnull(sum(messages), 0) AS messages FROM mailbox WHERE name IS NOT NULL').get() as {
        messages: number
      }
      const disk = statfsSync(dirname(path))
      const free = disk.bavail * disk.bsize
      const wal = walSize()
      const problems: string[] = []
      if (free < DISK_LOW) problems.push(`Only ${formatSize(free)} are free on the disk of ${path}`)
      if (wal > WAL_LIMIT) problems.push(`The write-ahead log has grown to ${formatSize(wal)}: a reader may be stuck`)
      return { schema: schemaOf(db), databaseSize: sizeOf(path), walSize: wal, accounts, messages, problems }
    },

    /** A consistent copy while others write, complete on disk before it gets its name. */
    async backup(file: string): Promise<void> {
      const temporary = `${file}.tmp-${process.pid}`
      try {
        await db.backup(temporary, { progress: () => BACKUP_PAGES })
        sync(temporary)
        renameSync(temporary, file)
        sync(dirname(file))
      } finally {
        for (const left of [temporary, `${temporary}-wal`, `${temporary}-shm`, `${temporary}-journal`]) rmSync(left, { force: true })
      }
    },
  }
}
