import { join } from 'node:path'
import { silentLogger, systemClock } from '@mailstead/base'
import { clearSocket } from '@mailstead/control'
import type { Config } from '@mailstead/config'
import { NewerSchemaError, RestoreError, restoreDatabase } from '@mailstead/sqlite'
import { DATABASE, holdDataDir, openData } from './data.ts'
import { StartError } from './errors.ts'

/** What is there after a restore. */
export interface Restored {
  readonly messages: number
  readonly accounts: number
}

/** Puts a backup in the place of the mail of a stopped server. `already-running`, `bad-backup`, `newer-schema`; nothing has changed then. */
export async function restore(config: Config, file: string): Promise<Restored> {
  const held = await holdDataDir(config.data_dir)
  try {
    await clearSocket(held.dir)
    try {
      restoreDatabase(file, join(held.dir, DATABASE))
    } catch (error) {
      if (error instanceof RestoreError) throw new StartError('bad-backup', error.message, { cause: error })
      if (error instanceof NewerSchemaError) throw new StartError('newer-schema', error.message, { cause: error })
      throw new StartError('bad-backup', `${file} could not be put in place: ${(error as Error).message}`, { cause: error })
    }
    const data = await openData(held.dir, config, silentLogger, systemClock)
    try {
      const { messages, accounts } = await data.store.maintenance.status()
      return { messages, accounts }
    } finally {
      await data.close()
    }
  } finally {
    held.release()
  }
}
