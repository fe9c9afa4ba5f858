import type { Diagnosis, TraceKind } from '@mailstead/store'
import { MAX_DIAGNOSIS } from '../limits.ts'
import type { Sql } from '../sql.ts'
import { hourOf, keyHash } from '../trace-keys.ts'

/** What became of each message, and what it is found by. */
export class TraceTable {
  readonly #event
  readonly #key

  constructor(sql: Sql) {
    this.#event = sql.run(
      `INSERT INTO trace_event (queue_id, seq, at, event, recipient, detail)
       VALUES (?, (SELECT ifnull(max(seq), -1) + 1 FROM trace_event WHERE queue_id = ?), ?, ?, ?, ?)`,
    )
    this.#key = sql.run('INSERT OR IGNORE INTO trace_key (hour, hash, queue_id) VALUES (?, ?, ?)')
  }

  event(queueId: string, at: number, event: TraceKind, recipient: string, detail: string): void {
    this.#event(queueId, queueId, at, event, recipient, detail)
  }

  /** Lets the acceptance be found by `text`: an address or a Message-ID. */
  key(queueId: string, at: number, text: string): void {
    this.#key(hourOf(at), keyHash(text), queueId)
  }
}

/** A diagnosis as the trace tells it. */
export function inWords({ status, text, peer }: Diagnosis): string {
  const words = text.includes(status) ? text : `${status} ${text}`
  return (peer === undefined ? words : `${peer}: ${words}`).slice(0, MAX_DIAGNOSIS)
}
