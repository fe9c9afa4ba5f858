import type { Blobs } from '@mailstead/store'
import type { WriterOps } from '../writer/ops.ts'
import type { Cleaner } from './cleaner.ts'
import type { DirectoryRows } from './directory-rows.ts'
import type { Logins } from './logins.ts'
import type { Readers } from './readers.ts'
import type { MailboxRows } from './mailbox-rows.ts'
import type { RecentMarks } from './recent.ts'
import type { Watchers } from './watchers.ts'
import type { Rerenderer } from './rerenderer.ts'
import type { SearchOps } from '../search/ops.ts'
import type { WorkerClient } from './worker-client.ts'

/** What the faces of the store share. */
export interface Parts {
  readonly writer: WorkerClient<WriterOps>
  readonly readers: Readers
  readonly search: WorkerClient<SearchOps>
  readonly watchers: Watchers
  readonly blobs: Blobs
  readonly mailboxes: MailboxRows
  readonly directory: DirectoryRows
  readonly recent: RecentMarks
  readonly logins: Logins
  readonly cleaner: Cleaner
  readonly rerenderer: Rerenderer
}
