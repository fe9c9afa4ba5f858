import type { Diagnosis, HeardReport, TraceKind } from '@mailstead/store'
import { MAX_DIAGNOSIS, MAX_HEARD, SLOT_KEYS } from '../limits.ts'
import type { Sql } from '../sql.ts'
import { keyHash, SLOT_MS } from '../trace-keys.ts'

/** What became of each message, and what it is found by. */
export class TraceTable {
  readonly #event
  readonly #key
  readonly #known
  /** The slot that is filled, and how many keys it got from here. */
  #slot = -SLOT_MS
  #keys = 0

  constructor(sql: Sql) {
    this.#event = sql.run(
      `INSERT INTO trace_event (queue_id, seq, at, event, recipient, detail)
       VALUES (?, (SELECT ifnull(max(seq), -1) + 1 FROM trace_event WHERE queue_id = ?), ?, ?, ?, ?)`,
    )
    this.#known = sql.get<{ known: 0 | 1; heard: number }>(
      `SELECT EXISTS (SELECT 1 FROM acceptance WHERE queue_id = ?) AS known,
        (SELECT count(*) FROM trace_event WHERE queue_id = ? AND event = 'heard' AND recipient = ?) AS heard`,
    )
    this.#key = sql.run('INSERT OR IGNORE INTO trace_key (slot, hash, queue_id) VALUES (?, ?, ?)')
  }

  event(queueId: string, at: number, event: TraceKind, recipient: string, detail: string): void {
    this.#event(queueId, queueId, at, event, recipient, detail)
  }

  /** What `report` says, as long as anybody may want to know; whether it does. */
  heard(at: number, { queueId, recipient, action, diagnosis, proven }: HeardReport, report: string): boolean {
    const { known, heard } = this.#known(queueId, queueId, recipient) ?? { known: 0, heard: 0 }
    if (known === 0 || heard >= MAX_HEARD) return false
    this.event(queueId, at, 'heard', recipient, `${proven ? '' : 'unproven: '}${action}, ${inWords(diagnosis)}; in ${report}`)
    return true
  }

  /** Lets the acceptance be found by `text`: an address or a Message-ID. */
  key(queueId: string, at: number, text: string): void {
    if (at < this.#slot || at >= this.#slot + SLOT_MS || this.#keys === SLOT_KEYS) {
      this.#slot = at
      this.#keys = 0
    }
    this.#keys++
    this.#key(this.#slot, keyHash(text), queueId)
  }
}

/** A diagnosis as the trace tells it. */
export function inWords({ status, text, peer }: Diagnosis): string {
  const words = text.includes(status) ? text : `${status} ${text}`.trimEnd()
  return (peer === undefined ? words : `${peer}: ${words}`).slice(0, MAX_DIAGNOSIS)
}
