import type { Sql } from '../sql.ts'
import { blobReads } from './blobs.ts'
import { directoryReads } from './directory.ts'
import { greylistReads } from './greylist.ts'
import { keyReads } from './keys.ts'
import { mailboxReads } from './mailboxes.ts'
import { metadataReads } from './metadata.ts'
import { tlsReads } from './tls.ts'
import { traceReads } from './trace.ts'
import { queueReads } from './queue.ts'
import { suppressionReads } from './suppressions.ts'
import { urlKeyReads } from './url-keys.ts'
import { messageReads } from './messages.ts'

export type ReaderOps = ReturnType<typeof readerOps>

/** Everything a reader can be asked for: one entry, one read of at most one batch. */
export function readerOps(sql: Sql) {
  const mailboxes = mailboxReads(sql)
  const blobs = blobReads(sql)
  return {
    ...mailboxes,
    ...metadataReads(sql, mailboxes.mailboxById),
    ...urlKeyReads(sql, mailboxes.mailboxById),
    ...messageReads(sql),
    ...keyReads(sql),
    ...blobs,
    ...traceReads(sql),
    ...queueReads(sql, blobs),
    ...directoryReads(sql),
    ...greylistReads(sql),
    ...tlsReads(sql),
    ...suppressionReads(sql),
  }
}
