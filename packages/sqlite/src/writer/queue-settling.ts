import type { AttemptOutcome, Diagnosis, QueueEntryId, ReportAction } from '@mailstead/store'
import { MAX_DIAGNOSIS } from '../limits.ts'
import type { Sql } from '../sql.ts'
import type { Act } from './act.ts'
import { TouchedLanes, type LaneKey, type QueueLanes } from './queue-lanes.ts'
import type { QueuedMessages } from './queue-messages.ts'
import type { ReportTable } from './queue-reports.ts'
import { NOBODY } from '../queue-rows.ts'
import type { SuppressionTable } from './suppressions.ts'
import { inWords, type TraceTable } from './trace.ts'

/** A settlement whose attempt is of this epoch. */
export interface WireSettlement {
  readonly attempt: number
  readonly entry: QueueEntryId
  readonly outcome: AttemptOutcome
}

interface Row extends LaneKey {
  readonly queueId: string
  readonly recipient: string
  readonly original: string | null
  readonly notify: string | null
  readonly orcpt: string | null
  readonly attempt: number | null
}

/** What becomes of entries that were tried. */
export class QueueSettling {
  readonly #lanes: QueueLanes
  readonly #reports: ReportTable
  readonly #messages: QueuedMessages
  readonly #trace: TraceTable
  readonly #suppressions: SuppressionTable
  readonly #row
  readonly #delete
  readonly #defer
  readonly #giveBack

  constructor(
    sql: Sql,
    lanes: QueueLanes,
    reports: ReportTable,
    messages: QueuedMessages,
    trace: TraceTable,
    suppressions: SuppressionTable,
  ) {
    this.#lanes = lanes
    this.#reports = reports
    this.#messages = messages
    this.#trace = trace
    this.#suppressions = suppressions
    this.#row = sql.get<Row>(
      'SELECT queue_id AS queueId, account_id AS account, domain, recipient, original, notify, orcpt, attempt FROM queue_entry WHERE id = ?',
    )
    this.#delete = sql.run('DELETE FROM queue_entry WHERE id = ?')
    this.#defer = sql.run(
      `UPDATE queue_entry SET due_at = ?, attempt = NULL, attempts = attempts + 1, delay_told = max(delay_told, ?), status = ?, diagnosis = ?, peer = ?
       WHERE id = ?`,
    )
    this.#giveBack = sql.run('UPDATE queue_entry SET due_at = ?, attempt = NULL WHERE id = ?')
  }

  /** Those that another attempt has, or none, are left as they are and named. `carrier`: the message by which they are delivered here. */
  settle(act: Act, settlements: readonly WireSettlement[], carrier?: string): QueueEntryId[] {
    const refused: QueueEntryId[] = []
    const lanes = new TouchedLanes()
    const ended = new Set<string>()
    for (const { attempt, entry, outcome } of settlements) {
      const row = this.#row(entry)
      if (row?.attempt !== attempt) {
        refused.push(entry)
        continue
      }
      lanes.touch(row)
      if (this.#become(act, entry, row, outcome, carrier)) ended.add(row.queueId)
    }
    this.#lanes.refresh(lanes)
    this.#messages.release(ended)
    return refused
  }

  /** Returns whether the entry is gone. */
  #become(act: Act, id: number, row: Row, outcome: AttemptOutcome, carrier: string | undefined): boolean {
    // When it comes due is news to whoever waits for the lease to end.
    if (outcome.kind === 'returned' || outcome.kind === 'deferred') act.queue = true
    if (outcome.kind === 'returned') {
      this.#giveBack(outcome.until, id)
      return false
    }
    const diagnosis = bounded(outcome.diagnosis)
    if (outcome.report !== undefined) {
      this.#owe(act, row, outcome.report, diagnosis, outcome.kind === 'deferred' ? outcome.retryUntil : undefined)
    }
    if (outcome.kind === 'deferred') {
      const { status, text, peer } = diagnosis
      this.#defer(outcome.until, outcome.report === undefined ? 0 : 1, status, text, peer ?? null, id)
      const again = `next attempt not before ${new Date(outcome.until).toISOString()}`
      const doubt = outcome.perhapsSent === true ? 'perhaps delivered; ' : ''
      this.#trace.event(row.queueId, act.now, 'deferred', row.recipient, `${doubt}${inWords(diagnosis)}; ${again}`)
      return false
    }
    this.#delete(id)
    if (carrier === undefined) this.#remember(act, row, outcome.kind, diagnosis)
    const delivered = carrier !== undefined && outcome.kind === 'sent'
    const event = outcome.kind === 'failed' ? 'failed' : outcome.report === 'relayed' ? 'relayed' : delivered ? 'delivered' : 'sent'
    this.#trace.event(row.queueId, act.now, event, row.recipient, delivered ? `by ${carrier}` : inWords(diagnosis))
    return true
  }

  /** Only what our own people write: others may make addresses up. */
  #remember(act: Act, { account, recipient, domain, queueId }: Row, kind: 'sent' | 'failed', diagnosis: Diagnosis): void {
    if (account === NOBODY) return
    if (kind === 'sent') this.#suppressions.taken(recipient, domain)
    else this.#suppressions.failed(act, recipient, domain, queueId, diagnosis)
  }

  #owe(act: Act, row: Row, action: ReportAction, diagnosis: Diagnosis, retryUntil: number | undefined): void {
    const { queueId, recipient, original, notify, orcpt } = row
    this.#reports.owe(act.now, { queueId, recipient: original ?? recipient, notify, orcpt, action, diagnosis, retryUntil })
    act.queue = true
  }
}

/** Peers may say much. */
function bounded({ status, text, peer }: Diagnosis): Diagnosis {
  return { status, text: text.slice(0, MAX_DIAGNOSIS), ...(peer === undefined ? {} : { peer: peer.slice(0, MAX_DIAGNOSIS) }) }
}
