import { join } from 'node:path'
import { SenderRewriting } from '@mailstead/signing'
import { createAccounts, DomainKeys, type OpenAccounts, type TokenOptions } from '@mailstead/accounts'
import type { Clock, Logger } from '@mailstead/base'
import type { Config } from '@mailstead/config'
import { acquireLock, openSqlite, type SqliteStore } from '@mailstead/sqlite'
import { apopKey } from './apop-key.ts'
import { prepareDataDir } from './data-dir.ts'
import { StartError } from './errors.ts'
import { storeError } from './store-error.ts'

/** In the data folder. */
export const DATABASE = 'mail.db'
const LOCK = 'lock'

/** The data folder while it is ours. */
export interface HeldDir {
  readonly dir: string
  release(): void
}

/** Takes the data folder for this process. `already-running` when another one has it. */
export async function holdDataDir(path: string): Promise<HeldDir> {
  const dir = await prepareDataDir(path)
  const lock = takeLock(dir)
  if (lock === undefined) {
    throw new StartError('already-running', `another server or command uses ${dir}: stop it, or choose another folder with --data`)
  }
  return { dir, release: () => lock.release() }
}

function takeLock(dir: string): ReturnType<typeof acquireLock> {
  const path = join(dir, LOCK)
  try {
    return acquireLock(path)
  } catch (error) {
    throw storeError(path, error)
  }
}

/** The store and the accounts over it, both for a server and for a command on a stopped one. */
export interface OpenData {
  readonly dir: string
  readonly store: SqliteStore
  readonly accounts: OpenAccounts
  readonly keys: DomainKeys
  /** Senders of mail that is forwarded. */
  readonly rewriting: SenderRewriting
  /** Closes the store; the folder stays held. */
  close(): Promise<void>
}

async function openStore(dir: string, log: Logger, clock: Clock): Promise<SqliteStore> {
  const path = join(dir, DATABASE)
  try {
    return await openSqlite({ path, log, clock })
  } catch (error) {
    const refusal = storeError(path, error)
    if (refusal.code === 'bad-store') log.error('store not opened', { path, err: error })
    throw refusal
  }
}

/** Opens the store in a folder that is held. `tokens`: whose tokens log in; a command needs none. */
export async function openData(dir: string, config: Config, log: Logger, clock: Clock, tokens?: TokenOptions): Promise<OpenData> {
  const store = await openStore(dir, log, clock)
  const { scram, scram_sha1: sha1, client_ca_file: clientCa } = config.auth
  const keys = new DomainKeys(store.directory, clock, log)
  const accounts = createAccounts({
    directory: store.directory,
    keys,
    stores: store.stores,
    clock,
    log,
    scram: scram ? { sha1 } : undefined,
    certificates: clientCa !== undefined,
    tokens,
    apop: { offered: config.pop3.apop, key: apopKey(dir) },
  })
  return {
    dir,
    store,
    accounts,
    keys,
    rewriting: new SenderRewriting(await store.directory.secret('srs')),
    close: () => store.close(),
  }
}
