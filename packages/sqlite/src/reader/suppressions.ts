import type { Suppression } from '@mailstead/store'
import type { Sql } from '../sql.ts'

interface Row {
  readonly address: string
  readonly failures: number
  readonly firstAt: number | null
  readonly lastAt: number | null
  readonly status: string | null
  readonly diagnosis: string | null
  readonly peer: string | null
  readonly enteredAt: number | null
  readonly note: string | null
  readonly until: number | null
}

const COLUMNS = `SELECT address, failures, first_at AS firstAt, last_at AS lastAt, status, diagnosis, peer, entered_at AS enteredAt, note, until
  FROM suppression`

/** Addresses elsewhere that mail came back from, or must not go to. */
export function suppressionReads(sql: Sql) {
  const one = sql.get<Row>(`${COLUMNS} WHERE address = ?`)
  const after = sql.all<Row>(`${COLUMNS} WHERE address > ? ORDER BY address LIMIT ?`)
  const any = sql.get<{ any: 0 | 1 }>("SELECT EXISTS (SELECT 1 FROM suppression WHERE address > '') AS any")

  return {
    /** `none`: nothing is remembered of any address. */
    suppression(address: string): { found: Suppression | undefined; none: boolean } {
      const row = one(address)
      return { found: row && toSuppression(row), none: row === undefined && any()?.any === 0 }
    },

    suppressions: (address: string, limit: number): Suppression[] => after(address, limit).map(toSuppression),
  }
}

function toSuppression({ address, failures, firstAt, lastAt, status, diagnosis, peer, enteredAt, note, until }: Row): Suppression {
  const words = { status: status ?? '', text: diagnosis ?? '', ...(peer === null ? {} : { peer }) }
  return {
    address,
    ...(firstAt === null || lastAt === null ? {} : { failed: { messages: failures, firstAt, lastAt, diagnosis: words } }),
    ...(enteredAt === null ? {} : { entered: { at: enteredAt, note: note ?? '', ...(until === null ? {} : { until }) } }),
  }
}
