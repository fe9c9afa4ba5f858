import { StoreError, type Diagnosis, type ReportAction } from '@mailstead/store'
import type { Sql } from '../sql.ts'
import type { Act } from './act.ts'
import type { QueuedMessages } from './queue-messages.ts'
import type { TraceTable } from './trace.ts'

/** One line that is owed: of which recipient, as the sender knows it, and what he asked for. */
export interface Owing {
  readonly queueId: string
  readonly recipient: string
  readonly notify: string | null
  readonly orcpt: string | null
  readonly action: ReportAction
  readonly diagnosis: Diagnosis
  readonly retryUntil?: number | undefined
}

interface Owed {
  readonly queueId: string
  readonly recipient: string
  readonly action: ReportAction
}

/** Lines of reports that senders are owed. */
export class ReportTable {
  readonly #messages: QueuedMessages
  readonly #trace: TraceTable
  readonly #insert
  readonly #take

  constructor(sql: Sql, messages: QueuedMessages, trace: TraceTable) {
    this.#messages = messages
    this.#trace = trace
    this.#insert = sql.run(
      `INSERT INTO queue_report (queue_id, recipient, notify, orcpt, action, at, status, diagnosis, peer, retry_until)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#take = sql.returning<Owed>('DELETE FROM queue_report WHERE id = ? RETURNING queue_id AS queueId, recipient, action')
  }

  owe(now: number, { queueId, recipient, notify, orcpt, action, diagnosis, retryUntil }: Owing): void {
    const { status, text, peer } = diagnosis
    this.#insert(queueId, recipient, notify, orcpt, action, now, status, text, peer ?? null, retryUntil ?? null)
  }

  /** `report` carries these lines. Throws `message-not-found` when one of them is owed no more: somebody made the report already. */
  carry(act: Act, ids: readonly number[], report: string): void {
    const ended = new Set<string>()
    for (const id of ids) {
      const owed = this.#take(id)
      if (owed === undefined) throw new StoreError('message-not-found', 'The report is owed no more')
      this.#trace.event(owed.queueId, act.now, 'reported', owed.recipient, `${owed.action}, by ${report}`)
      ended.add(owed.queueId)
    }
    this.#messages.release(ended)
  }

  /** Takes lines that nobody will read, those that are still there. */
  forgive(act: Act, ids: readonly number[]): void {
    const ended = new Set<string>()
    for (const id of ids) {
      const owed = this.#take(id)
      if (owed === undefined) continue
      this.#trace.event(owed.queueId, act.now, 'unreported', owed.recipient, owed.action)
      ended.add(owed.queueId)
    }
    this.#messages.release(ended)
  }
}
