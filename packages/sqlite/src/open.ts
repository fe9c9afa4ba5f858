import type {
  AccountId,
  Directory,
  Greylist,
  Intake,
  MailStores,
  Maintenance,
  QueueStore,
  StsPolicies,
  Suppressions,
  TlsReports,
} from '@mailstead/store'
import type { Clock, Logger } from '@mailstead/base'
import { Attempts } from './client/attempts.ts'
import { SqliteBlobs } from './client/blobs.ts'
import { Cleaner } from './client/cleaner.ts'
import { SqliteDirectory } from './client/directory.ts'
import { DirectoryRows } from './client/directory-rows.ts'
import { SqliteGreylist } from './client/greylist.ts'
import { SqliteStsPolicies, SqliteTlsReports } from './client/tls.ts'
import { Handover } from './client/handover.ts'
import { Logins } from './client/logins.ts'
import { SqliteIntake } from './client/intake.ts'
import { SqliteMailStore } from './client/mail-store.ts'
import { SqliteMaintenance } from './client/maintenance.ts'
import type { Parts } from './client/parts.ts'
import { SqliteQueue } from './client/queue.ts'
import { SqliteSuppressions } from './client/suppressions.ts'
import { MailboxRows } from './client/mailbox-rows.ts'
import { Readers } from './client/readers.ts'
import { RecentMarks } from './client/recent.ts'
import { Rerenderer } from './client/rerenderer.ts'
import { Watchers } from './client/watchers.ts'
import { WorkerClient } from './client/worker-client.ts'
import { Indexer } from './client/indexer.ts'
import { THREAD_REST_MS } from './limits.ts'
import type { MaintenanceOps } from './maintenance/ops.ts'
import type { MaintenanceData } from './maintenance/worker.ts'
import type { SearchOps } from './search/ops.ts'
import type { SearchData } from './search/worker.ts'
import { NewerSchemaError } from './migrate.ts'
import type { Report } from './rpc.ts'
import type { ToWriter } from './writer/loop.ts'
import type { WriterOps } from './writer/ops.ts'
import type { WriterData, WriterStarted } from './writer/worker.ts'

export interface SqliteOptions {
  /** The database file; made when it is not there, in a folder that is. */
  readonly path: string
  readonly log: Logger
  readonly clock: Clock
  /** Tests only: where to break the writer. */
  readonly faults?: NonNullable<WriterData['faults']>
}

export interface SqliteStore {
  readonly stores: MailStores
  readonly intake: Intake
  readonly queue: QueueStore
  readonly directory: Directory
  readonly greylist: Greylist
  readonly stsPolicies: StsPolicies
  readonly tlsReports: TlsReports
  readonly suppressions: Suppressions
  readonly maintenance: Maintenance
  /**
   * Ends threads that nobody needs now, has the others give back what their work has left, and malloc what is free in the whole process. Some 100 ms, in which all
   * else may wait: for when nobody does anything.
   */
  giveBack(): void
  /** Lets what was called finish, writes what was postponed, ends the threads. Afterwards everything rejects with `unavailable`. */
  close(): Promise<void>
}

/** Opens the store, migrating it first. Rejects with `NewerSchemaError`, or with what SQLite says when the file is no use. */
export async function openSqlite({ path, log, clock, faults }: SqliteOptions): Promise<SqliteStore> {
  const watchers = new Watchers(log)
  const recent = new RecentMarks((mailbox, uid) => writer.postpone('claimRecent', mailbox, uid))
  const logins = new Logins(clock, (noted) => writer.postpone('noteLogins', noted))
  const data: { -readonly [Name in keyof WriterData]: WriterData[Name] } = {
    path,
    now: clock.now(),
    ...(faults === undefined ? {} : { faults }),
  }
  const readers = new Readers(path, log, clock)
  const mailboxes = new MailboxRows(readers)
  const directory = new DirectoryRows(readers)
  const publish = (report: Report): void => {
    for (const change of report.changes) if (change.kind === 'deleted') recent.forget(change.mailbox)
    mailboxes.committed(report)
    directory.committed(report)
    watchers.publish(report)
    if (report.suppressions === true) suppressions?.grown()
    maintenance?.committed(report)
    // For nothing else: the thread that looks has to be started where little happens.
    if (report.changes.some(({ kind }) => kind === 'added')) indexer?.wake()
  }
  const writer = new WorkerClient<WriterOps>('writer', data, log, clock, { publish })
  let suppressions: SqliteSuppressions | undefined
  let maintenance: SqliteMaintenance | undefined
  let indexer: Indexer | undefined
  const { schema, swept, outdated, epoch, secrets, behind } = (await writer.start().catch(explain)) as WriterStarted
  // Another writer thread, should this one die, goes on with the attempts of this process.
  data.epoch = epoch

  const resting = { rest: THREAD_REST_MS }
  const maintainer = new WorkerClient<MaintenanceOps>('maintenance', { path } satisfies MaintenanceData, log, clock, resting)
  const search = new WorkerClient<SearchOps>('search', { path } satisfies SearchData, log, clock, resting)
  const blobs = new SqliteBlobs(writer, readers)
  const cleaner = new Cleaner(writer, () => indexer?.wake(), log)
  const rerenderer = new Rerenderer(writer, readers, blobs, log)
  const parts: Parts = { writer, readers, search, watchers, blobs, mailboxes, directory, recent, logins, cleaner, rerenderer }
  const attempts = new Attempts(epoch)
  const handover = new Handover(attempts)
  indexer = new Indexer(search, writer, log, clock)
  maintenance = new SqliteMaintenance(path, parts, maintainer, indexer, log, clock)
  suppressions = new SqliteSuppressions(parts)
  cleaner.wake()
  if (behind) indexer.wake()
  if (outdated) void rerenderer.renewAll()
  log.info('store opened', { path, schema, sweptBlobs: swept })

  return {
    stores: {
      for: (actor: AccountId) => new SqliteMailStore(actor, parts),
      blobs,
      watchAccounts: (listener) => watchers.accounts(listener),
    },
    intake: new SqliteIntake(parts, attempts, handover, clock),
    queue: new SqliteQueue(parts, attempts, handover, clock),
    directory: new SqliteDirectory(parts, secrets),
    greylist: new SqliteGreylist(parts),
    stsPolicies: new SqliteStsPolicies(parts),
    tlsReports: new SqliteTlsReports(parts),
    suppressions,
    maintenance,
    giveBack() {
      search.rest()
      maintainer.rest()
      readers.giveBack()
      writer.tell({ kind: 'give-back' } satisfies ToWriter)
    },
    async close() {
      maintenance?.stop()
      rerenderer.stop()
      indexer?.stop()
      directory.forget()
      logins.write()
      await Promise.all([readers.close(), search.close(), maintainer.close()])
      await writer.close()
    },
  }
}

/** Errors lose their class between threads; those that callers tell apart get it back. */
function explain(error: unknown): never {
  if (error instanceof Error && error.name === 'NewerSchemaError') throw new NewerSchemaError(error.message, { cause: error })
  throw error
}
