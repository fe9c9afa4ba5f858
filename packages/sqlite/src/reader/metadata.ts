import { isPrivate, type Metadata, type MetadataSize, type Purpose } from '@mailstead/store'
import { SHARED } from '../names.ts'
import type { Sql } from '../sql.ts'

/** Annotations. `open` throws for a mailbox of which the actor may not know them. */
export function metadataReads(sql: Sql, open: (actor: number, mailbox: number, purpose: Purpose) => unknown) {
  const sizes = sql.all<MetadataSize>(
    `SELECT name, size FROM mailbox_metadata WHERE mailbox_id = ? AND account_id IN (${SHARED}, ?) ORDER BY account_id = ${SHARED}, name`,
  )
  const value = sql.get<Metadata>('SELECT name, value FROM mailbox_metadata WHERE mailbox_id = ? AND account_id = ? AND name = ?')
  const ownSizes = sql.all<MetadataSize>('SELECT name, size FROM account_metadata WHERE account_id = ? ORDER BY name')
  const ownValue = sql.get<Metadata>('SELECT name, value FROM account_metadata WHERE account_id = ? AND name = ?')

  return {
    listMetadata(actor: number, mailbox: number | undefined): MetadataSize[] {
      if (mailbox === undefined) return ownSizes(actor)
      open(actor, mailbox, 'annotate')
      return sizes(mailbox, actor)
    },
    metadata(actor: number, mailbox: number | undefined, names: readonly string[]): Metadata[] {
      if (mailbox === undefined) return names.flatMap((name) => ownValue(actor, name) ?? [])
      open(actor, mailbox, 'annotate')
      return names.flatMap((name) => value(mailbox, isPrivate(name) ? actor : SHARED, name) ?? [])
    },
  }
}
