import type { QueueId } from '@mailstead/store'
import type { Sql } from '../sql.ts'
import type { Act } from './act.ts'
import type { WireCopied } from './messages.ts'
import type { QueueActs } from './queue-acts.ts'

/** Cancels scheduled mail that its sender makes a draft again. */
export class Recall {
  readonly #queueActs: QueueActs
  readonly #isDrafts
  readonly #scheduled

  constructor(sql: Sql, queueActs: QueueActs) {
    this.#queueActs = queueActs
    this.#isDrafts = sql.get<{ id: number }>("SELECT id FROM mailbox WHERE id = ? AND account_id = ? AND special_use = '\\Drafts'")
    // The copy that the server keeps as sent has the octets of what is queued, the same row of them.
    this.#scheduled = sql.all<{ queueId: QueueId }>(
      `SELECT DISTINCT a.queue_id AS queueId FROM message AS m JOIN email AS e ON e.id = m.email_id
       JOIN queue_entry AS q ON q.account_id = ? AND q.held = 0 AND q.queued_at > ?
       JOIN acceptance AS a ON a.queue_id = q.queue_id AND a.blob_id = e.blob_id WHERE m.mailbox_id = ? AND m.uid = ?`,
    )
  }

  /** Behind a move of `actor` to `target`: of the messages that came there. Recipients who have been sent to are not asked back. */
  moved(act: Act, actor: number, { from, firstTo }: WireCopied, target: number): void {
    if (this.#isDrafts(target, actor) === undefined) return
    for (let index = 0; index < from.length; index++) {
      for (const { queueId } of this.#scheduled(actor, act.now, target, firstTo + index)) {
        for (let after: number | undefined = 0; after !== undefined;)
          after = this.#queueActs.act(act, { queueId, state: 'scheduled' }, { kind: 'drop' }, after).next
      }
    }
  }
}
