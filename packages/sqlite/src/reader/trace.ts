import type { AccountId, Origin, QueueId, TraceEvent, Traced, TraceQuery } from '@mailstead/store'
import { TRACE_KEPT_MS } from '../limits.ts'
import type { Sql } from '../sql.ts'
import { hourOf, keyHash } from '../trace-keys.ts'

interface Row {
  readonly queueId: QueueId
  readonly mailFrom: string
  readonly protocol: Origin['protocol']
  readonly remoteAddress: string | null
  readonly heloName: string | null
  readonly account: AccountId | null
  readonly receivedAt: number
  readonly size: number
  readonly messageId: string | null
}

/** What became of messages, by queue id and by what they are known by elsewhere. */
export function traceReads(sql: Sql) {
  const events = sql.all<TraceEvent>(
    'SELECT queue_id AS queueId, at, event, recipient, detail FROM trace_event WHERE queue_id = ? ORDER BY seq',
  )
  const columns = `SELECT queue_id AS queueId, mail_from AS mailFrom, protocol, remote_address AS remoteAddress, helo_name AS heloName,
    account_id AS account, received_at AS receivedAt, size, message_id AS messageId FROM acceptance`
  const one = sql.get<Row>(`${columns} WHERE queue_id = ?`)
  const between = sql.all<Row>(`${columns} WHERE received_at >= ? AND received_at < ? ORDER BY received_at DESC LIMIT ?`)
  const found = sql.all<{ queueId: string }>('SELECT queue_id AS queueId FROM trace_key WHERE hour = ? AND hash = ?')

  /** Hour by hour, the youngest first, until there are enough. */
  function about(text: string, since: number, before: number, limit: number, now: number): Row[] {
    const hash = keyHash(text)
    const seen = new Map<string, Row>()
    // An hour's keys are of messages received in it, but for the moment that an acceptance takes, and for addresses that were given later.
    const first = hourOf(Math.max(since, now - TRACE_KEPT_MS))
    for (let hour = hourOf(now); hour >= first && seen.size < limit; hour--) {
      const ofHour = found(hour, hash).flatMap(({ queueId }) => one(queueId) ?? [])
      for (const row of ofHour.sort((a, b) => b.receivedAt - a.receivedAt)) {
        if (row.receivedAt >= since && row.receivedAt < before) seen.set(row.queueId, row)
      }
    }
    return [...seen.values()].sort((a, b) => b.receivedAt - a.receivedAt).slice(0, limit)
  }

  return {
    trace: (queueId: string): TraceEvent[] => events(queueId),

    traced(query: TraceQuery | { readonly queueId: QueueId }, limit: number, now: number): Traced[] {
      if ('queueId' in query) return [one(query.queueId) ?? []].flat().map(toTraced)
      const { about: text, since = 0, before = Number.MAX_SAFE_INTEGER } = query
      const rows = text === undefined ? between(since, before, limit) : about(text, since, before, limit, now)
      return rows.map(toTraced)
    },
  }
}

function toTraced({ queueId, mailFrom, protocol, remoteAddress, heloName, account, receivedAt, size, messageId }: Row): Traced {
  const origin: Origin = {
    protocol,
    ...(remoteAddress === null ? {} : { remoteAddress }),
    ...(heloName === null ? {} : { heloName }),
    ...(account === null ? {} : { account }),
  }
  return { queueId, mailFrom, origin, receivedAt, size, messageId: messageId ?? undefined }
}
