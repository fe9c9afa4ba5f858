import { createHmac } from 'node:crypto'
import type { Purpose } from '@mailstead/store'
import type { Sql } from '../sql.ts'

/** Mailbox access keys. `open` throws for a mailbox that the actor may not read. */
export function urlKeyReads(sql: Sql, open: (actor: number, mailbox: number, purpose: Purpose) => unknown) {
  const seed = sql.get<{ readonly seed: Uint8Array; readonly secret: Uint8Array }>(
    "SELECT k.seed, s.value AS secret FROM url_key AS k JOIN secret AS s ON s.name = 'url-keys' WHERE k.account_id = ? AND k.mailbox_id = ?",
  )

  return {
    urlKey(actor: number, mailbox: number): Uint8Array | undefined {
      open(actor, mailbox, 'read')
      const row = seed(actor, mailbox)
      return row === undefined ? undefined : Uint8Array.from(createHmac('sha256', row.secret).update(row.seed).digest())
    },
  }
}
