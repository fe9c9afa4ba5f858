import {
  StoreError,
  type AccountId,
  type DueLane,
  type OwedReport,
  type OwedReports,
  type QueueFilter,
  type QueueListing,
  type QueueStatus,
} from '@mailstead/store'
import { MESSAGE_COLUMNS, toDiagnosis, toEnvelope, toLane, toParameters, type DiagnosisColumns, type MessageRow } from '../queue-rows.ts'
import type { Sql } from '../sql.ts'
import { queueWindow, toListing } from '../queue-window.ts'
import type { blobReads } from './blobs.ts'
import { lanesInTurn } from './lanes-in-turn.ts'

interface AccountHead {
  readonly account: number
  readonly dueAt: number
  readonly next: number | null
}

interface ReportRow extends DiagnosisColumns {
  readonly id: number
  readonly recipient: string
  readonly notify: string | null
  readonly orcpt: string | null
  readonly action: OwedReport['action']
  readonly at: number
  readonly retryUntil: number | null
}

/** What waits to leave, and what is owed. */
export function queueReads(sql: Sql, blobs: ReturnType<typeof blobReads>) {
  const accounts = sql.all<AccountHead>(
    `WITH RECURSIVE waiting(id) AS (
       SELECT min(account_id) FROM queue_lane
       UNION ALL SELECT (SELECT min(account_id) FROM queue_lane WHERE account_id > waiting.id) FROM waiting WHERE waiting.id IS NOT NULL)
     SELECT id AS account, (SELECT min(due_at) FROM queue_lane WHERE account_id = id) AS dueAt,
       (SELECT min(due_at) FROM queue_lane WHERE account_id = id AND due_at > ?) AS next
     FROM waiting WHERE id IS NOT NULL`,
  )
  const lanesOf = sql.all<{ domain: string; dueAt: number }>(
    `SELECT domain, due_at AS dueAt FROM queue_lane WHERE account_id = ? AND due_at <= ? AND NOT EXISTS (SELECT 1 FROM domain WHERE name = queue_lane.domain)
     ORDER BY due_at LIMIT ?`,
  )
  // Domain by domain: what waits for others is not looked through.
  const lanesHere = sql.all<{ account: number; domain: string; dueAt: number }>(
    `SELECT l.account_id AS account, l.domain, l.due_at AS dueAt FROM domain AS d CROSS JOIN queue_lane AS l ON l.domain = d.name ORDER BY l.due_at`,
  )
  const message = sql.get<MessageRow & { blob: number | null }>(
    `SELECT ${MESSAGE_COLUMNS}, a.blob_id AS blob FROM acceptance AS a WHERE a.queue_id = ?`,
  )
  const owing = sql.get<{ id: number; queueId: string }>(
    'SELECT id, queue_id AS queueId FROM queue_report WHERE id > ? ORDER BY id LIMIT 1',
  )
  const reportsOf = sql.all<ReportRow>(
    `SELECT id, recipient, notify, orcpt, action, at, status, diagnosis, peer, retry_until AS retryUntil FROM queue_report
     WHERE queue_id = ? ORDER BY id`,
  )
  const counts = sql.get<Omit<QueueStatus, 'oldest'> & { oldest: number | null }>(
    `SELECT (SELECT count(*) FROM queue_entry) AS queued, (SELECT count(*) FROM queue_entry WHERE held = 1) AS held,
       (SELECT count(*) FROM queue_entry WHERE attempts > 0) AS deferred,
       (SELECT queued_at FROM queue_entry WHERE queued_at <= ? ORDER BY id LIMIT 1) AS oldest`,
  )

  const heldBy = sql.get<{ octets: number }>(
    'SELECT ifnull(sum(size), 0) AS octets FROM acceptance WHERE account_id = ? AND hold_request IS NOT NULL AND blob_id IS NOT NULL',
  )

  const window = queueWindow(sql)

  return {
    queueDue(now: number, limit: number, except: ReadonlySet<string>): { lanes: DueLane[]; next: number | undefined } {
      const heads = accounts(now)
      const due = heads.filter(({ dueAt }) => dueAt <= now).sort((a, b) => a.dueAt - b.dueAt)
      const lanes = lanesInTurn(due, limit, ({ account }, wanted) => {
        // An account has one lane to a domain, so that so many are sure to hold as many others as are wanted.
        const found = lanesOf(account, now, wanted + except.size)
        const allowed = found.filter(({ domain }) => !except.has(domain))
        return allowed.slice(0, wanted).map(({ domain, dueAt }): DueLane => ({ ...toLane(account, domain), dueAt }))
      })
      const next = Math.min(...heads.map((head) => head.next ?? Number.POSITIVE_INFINITY))
      return { lanes, next: Number.isFinite(next) ? next : undefined }
    },

    queueDueHere(now: number, limit: number, except: ReadonlySet<string>): { lanes: DueLane[]; next: number | undefined } {
      const here = lanesHere()
      const lanes = here
        .filter(({ domain, dueAt }) => dueAt <= now && !except.has(domain))
        .slice(0, limit)
        .map(({ account, domain, dueAt }): DueLane => ({ ...toLane(account, domain), dueAt }))
      return { lanes, next: here.find(({ dueAt }) => dueAt > now)?.dueAt }
    },

    queueOwed(limit: number): OwedReports[] {
      const found = new Map<string, OwedReports>()
      for (let row = owing(0); row !== undefined && found.size < limit; row = owing(row.id)) {
        const about = found.has(row.queueId) ? undefined : message(row.queueId)
        if (about !== undefined) found.set(row.queueId, toOwed(about, reportsOf(row.queueId)))
      }
      return [...found.values()]
    },

    readQueued(queueId: string, offset: number, length: number): Uint8Array<ArrayBuffer> {
      const blob = message(queueId)?.blob
      if (blob === undefined || blob === null) throw new StoreError('message-not-found', 'Nothing of the message waits any more')
      return blobs.readBlob(blob, offset, length)
    },

    /** One step of a list: at most `limit` of those after `after`. */
    queueWindow(filter: QueueFilter, after: number, limit: number, now: number): { rows: QueueListing[]; next: number | undefined } {
      const { rows, next } = window(filter, after, now)
      return { rows: rows.slice(0, limit).map((row) => toListing(row, now)), next }
    },

    queueHeldBy: (account: number): number => heldBy(account)?.octets ?? 0,

    queueStatus(now: number): QueueStatus {
      const row = counts(now)
      return { queued: row?.queued ?? 0, held: row?.held ?? 0, deferred: row?.deferred ?? 0, oldest: row?.oldest ?? undefined }
    },
  }
}

function toOwed(message: MessageRow, rows: readonly ReportRow[]): OwedReports {
  const { queueId, mailFrom, account, receivedAt, receivedZone, heloName, remoteAddress, size } = message
  const reports = rows.map((row): OwedReport => {
    const { id, recipient, action, at, retryUntil } = row
    const diagnosis = toDiagnosis(row) ?? { status: '', text: '' }
    return { id, recipient, parameters: toParameters(row), action, at, diagnosis, ...(retryUntil === null ? {} : { retryUntil }) }
  })
  return {
    queueId,
    mailFrom,
    parameters: toEnvelope(message),
    account: (account as AccountId | null) ?? undefined,
    receivedAt,
    receivedZone,
    ...(account !== null || heloName === null
      ? {}
      : { receivedFrom: { name: heloName, ...(remoteAddress === null ? {} : { address: remoteAddress }) } }),
    size,
    reports,
  }
}
