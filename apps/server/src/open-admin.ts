import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { silentLogger, systemClock } from '@mailstead/base'
import type { Config } from '@mailstead/config'
import { ControlError, connectControl } from '@mailstead/control'
import { accountImports, freeDisk, remoteAdmin, type AdminContext } from './admin.ts'
import { accountCapabilities } from './capabilities.ts'
import { domainRecords } from './domain-records.ts'
import { DATABASE, holdDataDir, openData } from './data.ts'
import { StartError } from './errors.ts'
import { BUSY_PATIENCE } from './limits.ts'
import { sharingAdmin } from './sharing.ts'
import { suppressionAdmin, suppressionPolicy } from './suppression.ts'

export interface OpenAdminOptions {
  /** Begins a new data folder when there is none; else that is `no-data`. */
  readonly create: boolean
}

/**
 * The administration of a data folder: by the control socket when a server runs there, else on the store itself,
 * under the folder's lock. While a server starts or stops, or another command works, it waits.
 */
export async function openAdmin(config: Config, { create }: OpenAdminOptions): Promise<AdminContext> {
  const dir = resolve(config.data_dir)
  if (!create && !existsSync(join(dir, DATABASE))) {
    throw new StartError('no-data', `there is no mail in ${dir}: name the folder with --data, or begin with "mailstead domain add"`)
  }
  const end = Date.now() + BUSY_PATIENCE
  for (;;) {
    try {
      return await connectOrHold(dir, config)
    } catch (error) {
      const busy = error instanceof StartError && error.code === 'already-running'
      if (!busy) throw error
      if (Date.now() > end) throw new StartError('already-running', `${dir} is in use, and no server answers there: is one hanging?`)
      await sleep(100)
    }
  }
}

async function connectOrHold(dir: string, config: Config): Promise<AdminContext> {
  try {
    return remoteAdmin(await connectControl(dir))
  } catch (error) {
    if (!(error instanceof ControlError && error.code === 'not-running')) throw error
  }
  const held = await holdDataDir(dir)
  try {
    const data = await openData(dir, config, silentLogger, systemClock)
    const { directory, intake, maintenance, queue, suppressions } = data.store
    return {
      accounts: data.accounts,
      imports: accountImports(data.accounts),
      capabilities: accountCapabilities(data.accounts),
      keys: data.keys,
      sharing: sharingAdmin(data.accounts, data.store.stores),
      directory,
      intake,
      queue,
      suppressions: suppressionAdmin(suppressions, suppressionPolicy(config), systemClock),
      tlsReports: data.store.tlsReports,
      records: domainRecords(config, dir, data.keys),
      maintenance,
      server: { facts: async () => undefined, freeDisk: () => freeDisk(dir), defaultQuota: async () => config.quota.default },
      async close() {
        await data.close()
        held.release()
      },
    }
  } catch (error) {
    held.release()
    throw error
  }
}
