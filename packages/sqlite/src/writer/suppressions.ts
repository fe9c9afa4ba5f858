import { suppressionKey, tellsOfDeadAddress, type Diagnosis } from '@mailstead/store'
import { SUPPRESSIONS_FORGOTTEN } from '../limits.ts'
import type { Sql } from '../sql.ts'
import type { Act } from './act.ts'

/** One message that came back. */
export interface Failing {
  readonly address: string
  readonly queueId: string
  readonly diagnosis: Diagnosis
  /** A server had taken it, and reported later. */
  readonly reported: boolean
}

/** Addresses elsewhere that mail came back from, or must not go to. */
export class SuppressionTable {
  readonly #count
  readonly #taken
  readonly #enter
  readonly #remove
  readonly #forgetCounted
  readonly #forgetEntered

  constructor(sql: Sql) {
    // A message counts once, however often it is reported.
    this.#count = sql.run(
      `INSERT INTO suppression (address, failures, first_at, last_at, queue_id, reported, status, diagnosis, peer) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET failures = failures + 1, first_at = ifnull(first_at, excluded.first_at), last_at = excluded.last_at,
         queue_id = excluded.queue_id, reported = excluded.reported, status = excluded.status, diagnosis = excluded.diagnosis, peer = excluded.peer
       WHERE queue_id IS NOT excluded.queue_id`,
    )
    this.#taken = sql.run('DELETE FROM suppression WHERE address = ? AND reported = 0 AND entered_at IS NULL')
    this.#enter = sql.run(
      `INSERT INTO suppression (address, entered_at, note, until) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET entered_at = excluded.entered_at, note = excluded.note, until = excluded.until`,
    )
    this.#remove = sql.run('DELETE FROM suppression WHERE address = ?')
    this.#forgetCounted = sql.run(
      `DELETE FROM suppression WHERE address IN (
        SELECT address FROM suppression WHERE entered_at IS NULL AND last_at < ? ORDER BY last_at LIMIT ?)`,
    )
    this.#forgetEntered = sql.run(
      'DELETE FROM suppression WHERE address IN (SELECT address FROM suppression WHERE until IS NOT NULL AND until <= ? ORDER BY until LIMIT ?)',
    )
  }

  /** A recipient's mail failed; counted if that says that the address is gone. */
  failed(act: Act, recipient: string, domain: string, queueId: string, diagnosis: Diagnosis): void {
    const address = suppressionKey(recipient, domain)
    if (tellsOfDeadAddress(address, diagnosis.status)) this.count(act, { address, queueId, diagnosis, reported: false })
  }

  count(act: Act, { address, queueId, diagnosis: { status, text, peer }, reported }: Failing): void {
    this.#count(address, act.now, act.now, queueId, reported ? 1 : 0, status, text, peer ?? null)
    act.suppressions = true
  }

  /** A server took a recipient's mail: the address is there, unless its servers take everything and report later. */
  taken(recipient: string, domain: string): void {
    this.#taken(suppressionKey(recipient, domain))
  }

  enter(act: Act, address: string, note: string, until: number | undefined): void {
    this.#enter(address, act.now, note, until ?? null)
    act.suppressions = true
  }

  remove(address: string): boolean {
    return this.#remove(address).changes > 0
  }

  /** One step; `more`: there may be others. */
  forget(failed: number, now: number): { readonly forgotten: number; readonly more: boolean } {
    const counts = [this.#forgetCounted(failed, SUPPRESSIONS_FORGOTTEN), this.#forgetEntered(now, SUPPRESSIONS_FORGOTTEN)].map(
      ({ changes }) => changes,
    )
    return { forgotten: counts.reduce((a, b) => a + b, 0), more: counts.includes(SUPPRESSIONS_FORGOTTEN) }
  }
}
