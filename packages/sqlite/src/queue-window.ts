import type { AccountId, QueueFilter, QueueListing } from '@mailstead/store'
import { QUEUE_WINDOW } from './limits.ts'
import { ENTRY_COLUMNS, NOBODY, toDiagnosis, toEntry, type DiagnosisColumns, type EntryRow } from './queue-rows.ts'
import type { Sql } from './sql.ts'

/** An entry with all that an administrator may ask for. */
export interface ListedRow extends EntryRow, DiagnosisColumns {
  readonly account: number
  readonly domain: string
  readonly dueAt: number
  readonly held: 0 | 1
  readonly attempt: number | null
  readonly original: string | null
  readonly mailFrom: string
  readonly size: number
}

/** Reads the queue in steps: a step looks at QUEUE_WINDOW entries after `after`. `next`: where the step after it begins; none, at the end. */
export type Window = (filter: QueueFilter, after: number, now: number) => { readonly rows: ListedRow[]; readonly next: number | undefined }

export function queueWindow(sql: Sql): Window {
  const columns = `SELECT ${ENTRY_COLUMNS}, q.account_id AS account, q.domain, q.due_at AS dueAt, q.held, q.attempt, q.original, q.status, q.diagnosis,
    q.peer, a.mail_from AS mailFrom, a.size FROM queue_entry AS q JOIN acceptance AS a USING (queue_id)`
  const one = sql.all<ListedRow>(`${columns} WHERE q.id = ? AND q.id > ? LIMIT ?`)
  const message = sql.all<ListedRow>(`${columns} WHERE q.queue_id = ? AND q.id > ? ORDER BY q.id LIMIT ?`)
  const all = sql.all<ListedRow>(`${columns} WHERE q.id > ? ORDER BY q.id LIMIT ?`)

  return (filter, after, now) => {
    const { entry, queueId } = filter
    const found =
      entry === undefined
        ? queueId === undefined
          ? all(after, QUEUE_WINDOW)
          : message(queueId, after, QUEUE_WINDOW)
        : one(entry, after, QUEUE_WINDOW)
    const next = found.length < QUEUE_WINDOW ? undefined : found.at(-1)?.id
    return { rows: found.filter((row) => matches(row, filter, now)), next }
  }
}

/** `active`: an attempt has a lease that has not run out. */
export function stateOf({ attempt, dueAt, held, queuedAt }: ListedRow, now: number): QueueListing['state'] {
  if (attempt !== null && dueAt > now) return 'active'
  if (held === 1) return 'held'
  return queuedAt > now ? 'scheduled' : 'waiting'
}

export function toListing(row: ListedRow, now: number): QueueListing {
  const { queueId, account, domain, mailFrom, size, dueAt } = row
  const lane = { account: account === NOBODY ? undefined : (account as AccountId), domain }
  return { ...toEntry(row), queueId, lane, mailFrom, size, state: stateOf(row, now), dueAt, last: toDiagnosis(row) }
}

function matches(row: ListedRow, filter: QueueFilter, now: number): boolean {
  const { queueId, sender, recipient, domain, queuedBefore, state, reason } = filter
  return (
    (queueId === undefined || row.queueId === queueId) &&
    (sender === undefined || isAddress(row.mailFrom, sender)) &&
    (recipient === undefined || isAddress(row.recipient, recipient)) &&
    (domain === undefined || row.domain === domain.toLowerCase()) &&
    (queuedBefore === undefined || row.queuedAt < queuedBefore) &&
    (state === undefined || stateOf(row, now) === state) &&
    (reason === undefined || said(row).includes(reason.toLowerCase()))
  )
}

function isAddress(address: string, wanted: string): boolean {
  const [has, wants] = [address.toLowerCase(), wanted.toLowerCase()]
  return wants.startsWith('@') ? has.endsWith(wants) : has === wants
}

function said({ status, diagnosis, peer }: ListedRow): string {
  return `${status ?? ''} ${diagnosis ?? ''} ${peer ?? ''}`.toLowerCase()
}
