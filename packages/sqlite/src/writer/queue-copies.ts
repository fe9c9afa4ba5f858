import type { Consignment, QueuedCopy } from '@mailstead/store'
import type { Sql } from '../sql.ts'

interface CopyRow {
  readonly id: number
  readonly mailFrom: string
  readonly prefix: Uint8Array
  readonly own: 0 | 1
  readonly domain: string | null
  readonly results: string | null
  readonly chain: 'none' | 'pass' | 'fail' | null
}

/** What is forwarded of queued messages: senders, and fields in front, that are not those of the acceptance. */
export class QueuedCopies {
  readonly #insert
  readonly #copy

  constructor(sql: Sql) {
    this.#insert = sql.run('INSERT INTO queue_copy (queue_id, mail_from, prefix, own, domain, results, chain) VALUES (?, ?, ?, ?, ?, ?, ?)')
    this.#copy = sql.get<CopyRow>('SELECT id, mail_from AS mailFrom, prefix, own, domain, results, chain FROM queue_copy WHERE id = ?')
  }

  /** Returns its number. */
  add(queueId: string, { mailFrom, prefix, own, arrival }: QueuedCopy): number {
    const { domain = null, results = null, chain = null } = arrival ?? {}
    return Number(this.#insert(queueId, mailFrom, prefix, own ? 1 : 0, domain, results, chain).lastInsertRowid)
  }

  get(number: number): NonNullable<Consignment['copy']> {
    const row = this.#copy(number)
    if (row === undefined) throw new Error('A queued recipient has no copy')
    const { id, mailFrom, prefix, own, domain, results, chain } = row
    const known = domain !== null && results !== null && chain !== null
    // As octets of their own: what is read from the database shares nothing.
    return { id, mailFrom, prefix: new Uint8Array(prefix), own: own === 1, ...(known ? { arrival: { domain, results, chain } } : {}) }
  }
}
