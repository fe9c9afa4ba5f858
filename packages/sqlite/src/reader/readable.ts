import { notFound, requireRight, rightsReader } from '../rights.ts'
import type { Sql } from '../sql.ts'

interface Head {
  readonly owner: number
  readonly seenMode: string
  readonly highest: number
  readonly pruned: number
  readonly uidNext: number
}

/** Where a mailbox stands, for who may read it. `ownSeen`: the actor's \\Seen is not the owner's. */
export function mailboxReader(sql: Sql) {
  const head = sql.get<Head>(
    `SELECT account_id AS owner, seen_mode AS seenMode, highest_modseq AS highest, pruned_modseq AS pruned, uidnext AS uidNext
     FROM mailbox WHERE id = ? AND name IS NOT NULL`,
  )
  const rightsOf = rightsReader(sql)
  return (actor: number, id: number): Head & { readonly ownSeen: boolean } => {
    const row = head(id)
    if (row?.owner !== actor) requireRight(rightsOf(row === undefined ? 0 : id, actor), 'read')
    if (row === undefined) throw notFound()
    return { ...row, ownSeen: row.owner !== actor && row.seenMode === 'reader' }
  }
}
