import type { Mailbox } from '@mailstead/store'
import { EXPUNGE, FLAGS, NEW } from './events.ts'

/**
 * What a STATUS response tells of a mailbox after `told` has happened (RFC 5465 sections 5.1 to 5.3). `asked`: all that the client wants to
 * hear of it; `modSeqs`: the client knows them.
 */
export function statusOf(mailbox: Mailbox, told: number, asked: number, modSeqs: boolean): string[] {
  const { messages, uidNext, uidValidity, unseen, highestModSeq } = mailbox
  const items = [`UIDVALIDITY ${uidValidity}`]
  if ((told & (NEW | EXPUNGE)) !== 0) items.unshift(`MESSAGES ${messages}`, `UIDNEXT ${uidNext}`)
  // Arrivals and expunges change it too.
  if ((asked & FLAGS) !== 0) items.push(`UNSEEN ${unseen}`)
  if (modSeqs) items.push(`HIGHESTMODSEQ ${highestModSeq}`)
  return items
}
