import type { QueueAct, QueueFilter, TraceKind } from '@mailstead/store'
import { tellsOfFailure } from '@mailstead/store'
import { toParameters } from '../queue-rows.ts'
import { queueWindow, stateOf, type ListedRow, type Window } from '../queue-window.ts'
import type { Sql } from '../sql.ts'
import type { Act } from './act.ts'
import { TouchedLanes, type QueueLanes } from './queue-lanes.ts'
import type { QueuedMessages } from './queue-messages.ts'
import type { ReportTable } from './queue-reports.ts'
import { inWords, type TraceTable } from './trace.ts'

/** What administrators do to entries, a window of them at a time. */
export class QueueActs {
  readonly #window: Window
  readonly #lanes: QueueLanes
  readonly #reports: ReportTable
  readonly #messages: QueuedMessages
  readonly #trace: TraceTable
  readonly #makeDue
  readonly #makeEarly
  readonly #setHeld
  readonly #delete
  readonly #redirect

  constructor(sql: Sql, lanes: QueueLanes, reports: ReportTable, messages: QueuedMessages, trace: TraceTable) {
    this.#window = queueWindow(sql)
    this.#lanes = lanes
    this.#reports = reports
    this.#messages = messages
    this.#trace = trace
    // The attempt of a lease that ran out is over when somebody acts in its stead.
    this.#makeDue = sql.run('UPDATE queue_entry SET due_at = min(due_at, ?), attempt = NULL WHERE id = ?')
    this.#makeEarly = sql.run(
      'UPDATE queue_entry SET held = 0, queued_at = min(queued_at, ?), due_at = min(due_at, ?), attempt = NULL WHERE id = ?',
    )
    this.#setHeld = sql.run('UPDATE queue_entry SET held = ? WHERE id = ?')
    this.#delete = sql.run('DELETE FROM queue_entry WHERE id = ?')
    this.#redirect = sql.run(
      `UPDATE queue_entry SET recipient = ?, domain = ?, original = ifnull(original, recipient), due_at = max(queued_at, ?), attempt = NULL, attempts = 0
       WHERE id = ?`,
    )
  }

  /** One step, of the entries after `after`. */
  act(act: Act, filter: QueueFilter, wanted: QueueAct, after: number): { done: number; next: number | undefined } {
    const { rows, next } = this.#window(filter, after, act.now)
    const lanes = new TouchedLanes()
    const ended = new Set<string>()
    const meant = rows.filter((row) => applies(wanted, row, act.now))
    for (const row of meant) {
      lanes.touch(row)
      this.#do(act, wanted, row)
      if (wanted.kind === 'redirect') lanes.touch({ account: row.account, domain: wanted.domain })
      if (wanted.kind === 'drop' || wanted.kind === 'bounce') ended.add(row.queueId)
    }
    this.#lanes.refresh(lanes)
    this.#messages.release(ended)
    if (meant.length > 0) act.queue = true
    return { done: meant.length, next }
  }

  #do(act: Act, wanted: QueueAct, row: ListedRow): void {
    const { id, queueId, recipient } = row
    const tell = (event: TraceKind, detail = ''): void => this.#trace.event(queueId, act.now, event, recipient, detail)
    switch (wanted.kind) {
      case 'retry':
        this.#makeDue(act.now, id)
        return tell('retried')
      case 'hold':
        this.#setHeld(1, id)
        return tell('held')
      case 'release':
        if (wanted.early === true && stateOf(row, act.now) !== 'active') this.#makeEarly(act.now, act.now, id)
        else this.#setHeld(0, id)
        return tell('released')
      case 'drop':
        this.#delete(id)
        return tell('dropped')
      case 'bounce':
        this.#bounce(act, row, wanted.diagnosis)
        return tell('bounced', inWords(wanted.diagnosis))
      case 'redirect':
        this.#redirect(wanted.recipient, wanted.domain, act.now, id)
        this.#trace.key(queueId, act.now, wanted.recipient)
        return tell('redirected', `to ${wanted.recipient}`)
    }
  }

  #bounce(act: Act, row: ListedRow, diagnosis: Extract<QueueAct, { kind: 'bounce' }>['diagnosis']): void {
    const { id, queueId, recipient, original, notify, orcpt, mailFrom } = row
    this.#delete(id)
    if (!tellsOfFailure(mailFrom, toParameters(row))) return
    this.#reports.owe(act.now, { queueId, recipient: original ?? recipient, notify, orcpt, action: 'failed', diagnosis })
  }
}

function applies(wanted: QueueAct, row: ListedRow, now: number): boolean {
  if (wanted.kind === 'hold') return row.held === 0
  const state = stateOf(row, now)
  if (wanted.kind === 'release') return row.held === 1 || (wanted.early === true && state === 'scheduled')
  return state === 'waiting' || (state !== 'active' && wanted.kind !== 'retry')
}
