import type { Sql } from '../sql.ts'

/** A lane by its columns: `account` is NOBODY for what nobody submitted. */
export interface LaneKey {
  readonly account: number
  readonly domain: string
}

interface Head {
  readonly rank: number
  readonly dueAt: number
}

/** Below all ranks. */
export const BEFORE_ALL = -1000

/** When something is due in each lane. What an act does to entries it tells here, each lane once. */
export class QueueLanes {
  readonly #offer
  readonly #set
  readonly #remove
  readonly #head

  constructor(sql: Sql) {
    this.#offer = sql.run(
      `INSERT INTO queue_lane (account_id, domain, due_at) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET due_at = excluded.due_at WHERE excluded.due_at < due_at`,
    )
    this.#set = sql.run(
      `INSERT INTO queue_lane (account_id, domain, due_at) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET due_at = excluded.due_at WHERE excluded.due_at <> due_at`,
    )
    this.#remove = sql.run('DELETE FROM queue_lane WHERE account_id = ? AND domain = ?')
    this.#head = sql.get<Head>(
      `SELECT rank, due_at AS dueAt FROM queue_entry WHERE account_id = ? AND domain = ? AND held = 0 AND rank > ?
       ORDER BY rank, due_at LIMIT 1`,
    )
  }

  /** Something new is due in the lane at `dueAt`. */
  offer({ account, domain }: LaneKey, dueAt: number): void {
    this.#offer(account, domain, dueAt)
  }

  /** Entries of these lanes have moved, or gone. */
  refresh(lanes: ReadonlyMap<string, LaneKey>): void {
    for (const lane of lanes.values()) {
      let dueAt = Number.POSITIVE_INFINITY
      for (const head of this.heads(lane)) dueAt = Math.min(dueAt, head.dueAt)
      if (dueAt === Number.POSITIVE_INFINITY) this.#remove(lane.account, lane.domain)
      else this.#set(lane.account, lane.domain, dueAt)
    }
  }

  /** The earliest entry of each rank, the first rank first. */
  *heads({ account, domain }: LaneKey): Generator<Head> {
    let head = this.#head(account, domain, BEFORE_ALL)
    while (head !== undefined) {
      yield head
      head = this.#head(account, domain, head.rank)
    }
  }
}

/** Lanes that an act touches, none twice. */
export class TouchedLanes extends Map<string, LaneKey> {
  touch({ account, domain }: LaneKey): void {
    const key = `${account} ${domain}`
    if (!this.has(key)) this.set(key, { account, domain })
  }
}
