import type { Origin, QueuedCopy, QueuedRecipient } from '@mailstead/store'
import { ENTRY_COLUMNS, MESSAGE_COLUMNS, NOBODY, toEntry, toEnvelope, toLane, type EntryRow, type MessageRow } from '../queue-rows.ts'
import type { Consignment } from '@mailstead/store'
import type { Sql } from '../sql.ts'
import type { QueuedCopies } from './queue-copies.ts'
import { TouchedLanes, type LaneKey, type QueueLanes } from './queue-lanes.ts'

/** A consignment whose attempt has no epoch yet: that is the main thread's. */
export type WireConsignment = Omit<Consignment, 'attempt'> & { readonly attempt: number }

/** Who claims, and for how long: `first` is the number of its first attempt. */
export interface WireClaim {
  readonly now: number
  readonly until: number
  readonly recipients: number
  readonly first: number
}

/** A recipient that may be claimed by the commit that queues it. */
export interface WireQueued extends QueuedRecipient {
  readonly claim?: { readonly attempt: number; readonly until: number }
}

/** What of an acceptance comes into the queue. */
interface Coming {
  readonly queueId: string
  readonly origin: Origin
  readonly queued: readonly WireQueued[]
  readonly copies: readonly QueuedCopy[]
}

/** Entries of the outbound queue: how they come in, and how they are leased. */
export class QueueTable {
  readonly #lanes: QueueLanes
  readonly #copies: QueuedCopies
  readonly #insert
  readonly #due
  readonly #lease
  readonly #message
  readonly #extend
  readonly #lanesOf
  readonly #leased
  readonly #free

  constructor(sql: Sql, lanes: QueueLanes, copies: QueuedCopies) {
    this.#lanes = lanes
    this.#copies = copies
    this.#insert = sql.run(
      `INSERT INTO queue_entry (queue_id, account_id, domain, rank, due_at, held, attempt, queued_at, recipient, original, notify, orcpt, copy_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#due = sql.all<EntryRow>(
      `SELECT ${ENTRY_COLUMNS} FROM queue_entry AS q WHERE q.account_id = ? AND q.domain = ? AND q.rank = ? AND q.held = 0 AND q.due_at <= ?
       ORDER BY q.due_at, q.id LIMIT ?`,
    )
    this.#lease = sql.run('UPDATE queue_entry SET due_at = ?, attempt = ? WHERE id = ?')
    this.#message = sql.get<MessageRow>(`SELECT ${MESSAGE_COLUMNS} FROM acceptance AS a WHERE a.queue_id = ?`)
    this.#lanesOf = sql.all<LaneKey>('SELECT account_id AS account, domain FROM queue_entry WHERE attempt = ?')
    this.#leased = sql.all<LaneKey>('SELECT account_id AS account, domain FROM queue_entry WHERE attempt IS NOT NULL')
    this.#free = sql.run('UPDATE queue_entry SET due_at = min(due_at, ?), attempt = NULL WHERE attempt IS NOT NULL')
    this.#extend = sql.run('UPDATE queue_entry SET due_at = ? WHERE attempt = ?')
  }

  /** Returns the ids of those that are claimed, in their order. */
  enqueue(now: number, { queueId, origin, queued, copies }: Coming): number[] {
    const claimed: number[] = []
    const account = origin.account ?? NOBODY
    const earliest = new Map<string, number>()
    const numbers = copies.map((copy) => this.#copies.add(queueId, copy))
    for (const { recipient, original, domain, parameters, notBefore = 0, priority = 0, held = false, copy, claim } of queued) {
      const queuedAt = Math.max(now, notBefore)
      const dueAt = claim?.until ?? queuedAt
      const { notify, orcpt } = parameters
      const rank = priority === 0 ? 0 : -priority
      const { lastInsertRowid } = this.#insert(
        queueId,
        account,
        domain,
        rank,
        dueAt,
        held ? 1 : 0,
        claim?.attempt ?? null,
        queuedAt,
        recipient,
        original ?? null,
        notify?.join(',') ?? null,
        orcpt ?? null,
        (copy === undefined ? undefined : numbers[copy]) ?? null,
      )
      if (claim !== undefined) claimed.push(Number(lastInsertRowid))
      if (!held) earliest.set(domain, Math.min(dueAt, earliest.get(domain) ?? dueAt))
    }
    for (const [domain, dueAt] of earliest) this.#lanes.offer({ account, domain }, dueAt)
    return claimed
  }

  claim(lanes: readonly LaneKey[], claim: WireClaim): WireConsignment[] {
    const touched = new TouchedLanes()
    const consignments = lanes.flatMap((lane) => {
      const byMessage = Map.groupBy(this.#dueIn(lane, claim), ({ queueId, copyId }) => `${queueId} ${copyId ?? ''}`)
      if (byMessage.size > 0) touched.touch(lane)
      return Array.from(byMessage.values(), (rows) => ({ lane, rows }))
    })
    const claimed = consignments.map(({ lane, rows }, n) => this.#consign(lane, rows, claim.first + n, claim.until))
    this.#lanes.refresh(touched)
    return claimed
  }

  /** Gives each of `attempts` a lease until `until`. Resolves to those that no entry is claimed by. */
  renew(attempts: readonly number[], until: number): number[] {
    const touched = new TouchedLanes()
    const lost = attempts.filter((attempt) => {
      for (const lane of this.#lanesOf(attempt)) touched.touch(lane)
      return this.#extend(until, attempt).changes === 0
    })
    this.#lanes.refresh(touched)
    return lost
  }

  /** What was being sent is due again. */
  freeAll(now: number): void {
    const touched = new TouchedLanes()
    for (const lane of this.#leased()) touched.touch(lane)
    this.#free(now)
    this.#lanes.refresh(touched)
  }

  #dueIn(lane: LaneKey, { now, recipients }: WireClaim): EntryRow[] {
    const rows: EntryRow[] = []
    for (const { rank, dueAt } of this.#lanes.heads(lane)) {
      if (rows.length >= recipients) break
      if (dueAt <= now) rows.push(...this.#due(lane.account, lane.domain, rank, now, recipients - rows.length))
    }
    return rows
  }

  #consign({ account, domain }: LaneKey, rows: readonly EntryRow[], attempt: number, until: number): WireConsignment {
    for (const { id } of rows) this.#lease(until, attempt, id)
    const message = this.#message(rows[0]?.queueId ?? '')
    if (message === undefined) throw new Error('A queued recipient has no message')
    const { queueId, mailFrom, size, receivedAt } = message
    const lane = toLane(account, domain)
    const foreign = message.account === null && message.protocol !== 'LOCAL'
    const whole = {
      attempt,
      queueId,
      lane,
      mailFrom,
      foreign,
      parameters: toEnvelope(message),
      size,
      receivedAt,
      entries: rows.map(toEntry),
    }
    const number = rows[0]?.copyId ?? null
    if (number === null) return whole
    const copy = this.#copies.get(number)
    return { ...whole, mailFrom: copy.mailFrom, copy }
  }
}
