import type { AccountId, Origin, QueueId, TraceEvent, Traced, TraceQuery } from '@mailstead/store'
import { SLOTS, TRACE_KEPT_MS } from '../limits.ts'
import { mintedAt } from '../queue-ids.ts'
import type { Sql } from '../sql.ts'
import { keyHash, SLOT_MS } from '../trace-keys.ts'

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

/** How far a message's own time may be from that of its queue id, which is minted when it begins. */
const MINTED_WITHIN_MS = 60_000

type Packed = readonly [event: TraceEvent['event'], recipient: string, detail: string][]

/** What became of messages, by queue id and by what they are known by elsewhere. */
export function traceReads(sql: Sql) {
  const accepted = sql.get<{ at: number | null; events: string }>('SELECT accepted_at AS at, events FROM acceptance WHERE queue_id = ?')
  const later = sql.all<TraceEvent>(
    'SELECT queue_id AS queueId, at, event, recipient, detail FROM trace_event WHERE queue_id = ? ORDER BY seq',
  )
  const columns = `SELECT queue_id AS queueId, mail_from AS mailFrom, protocol, remote_address AS remoteAddress, helo_name AS heloName,
    account_id AS account, received_at AS receivedAt, size, message_id AS messageId FROM acceptance`
  const one = sql.get<Row>(`${columns} WHERE queue_id = ?`)
  const between = sql.all<Row>(
    `${columns} WHERE queue_id >= ? AND queue_id < ? AND received_at >= ? AND received_at < ? ORDER BY queue_id DESC LIMIT ?`,
  )
  // From slot to slot by the key, the youngest first. One without the hash is there with NULL.
  const slots = sql.raw<[slot: number | null, queueId: string | null]>(
    `WITH RECURSIVE found (slot) AS (
       SELECT max(slot) FROM trace_key WHERE slot < ?
       UNION ALL SELECT (SELECT max(slot) FROM trace_key WHERE slot < found.slot) FROM found WHERE slot >= ? LIMIT ${SLOTS})
     SELECT found.slot, k.queue_id FROM found LEFT JOIN trace_key AS k ON k.slot = found.slot AND k.hash = ?`,
  )

  /** Slot by slot, the youngest first, until there are enough. */
  function about(text: string, since: number, before: number, limit: number, now: number): Row[] {
    const hash = keyHash(text)
    const seen = new Map<string, Row>()
    // Keys stand where their acceptance ended, or where an address was given later; a slot has those of the time after it began.
    const first = Math.max(since, now - TRACE_KEPT_MS) - SLOT_MS
    for (let below: number | undefined = Number.MAX_SAFE_INTEGER; below !== undefined && seen.size < limit;) {
      const keys = slots(below, first, hash)
      for (const [index, [slot, queueId]] of keys.entries()) {
        if (seen.size >= limit && slot !== keys[index - 1]?.[0]) break
        const row = queueId === null ? undefined : one(queueId)
        if (row !== undefined && row.receivedAt >= since && row.receivedAt < before) seen.set(row.queueId, row)
      }
      const last = keys.at(-1)?.[0] ?? undefined
      below = last === undefined || last < first ? undefined : last
    }
    return youngest([...seen.values()], limit)
  }

  return {
    trace(queueId: string): TraceEvent[] {
      const { at, events } = accepted(queueId) ?? { at: null, events: '[]' }
      const first = (JSON.parse(events) as Packed).map(([event, recipient, detail]) => ({
        queueId: queueId as QueueId,
        at: at ?? 0,
        event,
        recipient,
        detail,
      }))
      return [...first, ...later(queueId)]
    },

    traced(query: TraceQuery | { readonly queueId: QueueId }, limit: number, now: number): Traced[] {
      if ('queueId' in query) return [one(query.queueId) ?? []].flat().map(toTraced)
      const { about: text, since = 0, before = Number.MAX_SAFE_INTEGER } = query
      if (text !== undefined) return about(text, since, before, limit, now).map(toTraced)
      const ids = [mintedAt(since - MINTED_WITHIN_MS), `${mintedAt(before + MINTED_WITHIN_MS)}Z`] as const
      return youngest(between(...ids, since, before, limit), limit).map(toTraced)
    },
  }
}

function youngest(rows: Row[], limit: number): Row[] {
  return rows.sort((a, b) => b.receivedAt - a.receivedAt).slice(0, limit)
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
