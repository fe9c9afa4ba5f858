import type { Sql } from '../sql.ts'
import { mailboxReads } from '../reader/mailboxes.ts'
import { messageSources } from './sources.ts'
import { textScans } from './scan.ts'

export type SearchOps = ReturnType<typeof searchOps>

/** Everything the search thread can be asked for: one entry, one step of some milliseconds. */
export function searchOps(mail: Sql) {
  const { mailboxById } = mailboxReads(mail)
  return { ...textScans(messageSources(mail), mailboxById) }
}
