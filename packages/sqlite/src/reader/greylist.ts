import type { EpochMs } from '@mailstead/base'
import type { GreylistMark, GreylistMemory } from '@mailstead/store'
import type { Sql } from '../sql.ts'

/** What is remembered of those who had to come again. */
export function greylistReads(sql: Sql) {
  const first = sql.get<{ readonly at: EpochMs }>(
    'SELECT first_at AS at FROM greylist_mark WHERE network = ? AND sender = ? AND recipient = ?',
  )
  const allowed = sql.get<{ readonly at: EpochMs }>('SELECT allowed_at AS at FROM greylist_network WHERE network = ?')

  return {
    recallGreylist({ network, sender, recipient }: GreylistMark): GreylistMemory {
      const [firstAt, allowedAt] = [first(network, sender, recipient)?.at, allowed(network)?.at]
      return { ...(firstAt === undefined ? {} : { firstAt }), ...(allowedAt === undefined ? {} : { allowedAt }) }
    },
  }
}
