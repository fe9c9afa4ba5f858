import { CHUNK_SIZE, SEEN, type ChangeBatch, type FetchWants, type MaildropBatch, type MessageBatch, type ModSeq } from '@mailstead/store'
import { toBatch, type NarrowRow } from '../batch.ts'
import { CHANGES_WINDOW, LIST_ROWS, ROWS_WITH_BODIES } from '../limits.ts'
import type { Sql } from '../sql.ts'
import { blobOf, blobSizeOf, packRows, type PackedRows, type SelectedRow, type WideRow } from '../packed-rows.ts'
import { CHUNKS } from '../writer/blobs.ts'
import { mailboxReader } from './readable.ts'
import { spansOf } from './spans.ts'

/** What one window of `changesSince` found. `next`: where the following window begins, if there is one. */
export interface ChangeWindow {
  readonly changed: MessageBatch
  /** Of all keywords in `changed`, and maybe more. */
  readonly keywordNames: readonly string[]
  readonly next: number | undefined
}

export type ChangeHead = Omit<ChangeBatch, 'changed' | 'keywordNames'>

/** Messages: listing, changes, and the wide rows of FETCH. */
export function messageReads(sql: Sql) {
  const narrow = 'SELECT uid, modseq, flags, kw0, kw1, kw2, kw3 FROM message'
  const list = sql.raw<NarrowRow>(`${narrow} WHERE mailbox_id = ? AND uid > ? ORDER BY uid LIMIT ${LIST_ROWS}`)
  const maildrop = sql.raw<[uid: number, size: number, uidl: number]>(
    `SELECT uid, size, uidl FROM message WHERE mailbox_id = ? AND uid > ? ORDER BY uid LIMIT ${LIST_ROWS}`,
  )
  const changed = sql.raw<NarrowRow>(`${narrow} WHERE mailbox_id = ? AND uid BETWEEN ? AND ? AND modseq > ? ORDER BY uid`)
  // The same as a reader sees them whose \Seen is his own.
  const asReader = `SELECT m.uid, max(m.modseq, ifnull(s.modseq, 0)), (m.flags & ~${SEEN}) | (ifnull(s.seen, 0) * ${SEEN}), m.kw0, m.kw1, m.kw2, m.kw3
    FROM message AS m LEFT JOIN reader_seen AS s ON s.mailbox_id = m.mailbox_id AND s.account_id = ? AND s.uid = m.uid`
  const listAsReader = sql.raw<NarrowRow>(`${asReader} WHERE m.mailbox_id = ? AND m.uid > ? ORDER BY m.uid LIMIT ${LIST_ROWS}`)
  const changedAsReader = sql.raw<NarrowRow>(
    `${asReader} WHERE m.mailbox_id = ? AND m.uid BETWEEN ? AND ? AND max(m.modseq, ifnull(s.modseq, 0)) > ? ORDER BY m.uid`,
  )
  const mailbox = mailboxReader(sql)
  const vanished = sql.raw<[number]>('SELECT uid FROM tombstone WHERE mailbox_id = ? AND modseq > ? ORDER BY uid')
  const keywords = sql.raw<[string]>('SELECT name FROM mailbox_keyword WHERE mailbox_id = ? ORDER BY bit')
  const wide = wideSelects(sql)
  const chunks = sql.raw<[Buffer]>('SELECT data FROM blob_chunk WHERE id BETWEEN ? AND ? ORDER BY id')

  // A header begins with its blob, and one that is wanted does not reach beyond the first chunk.
  const header = sql.raw<[Buffer]>(
    `SELECT substr(c.data, 1, b.header_size) FROM blob AS b JOIN blob_chunk AS c ON c.id = b.id * ${CHUNKS}
     WHERE b.id = ? AND b.header_size <= min(?, ${CHUNK_SIZE})`,
  )

  const snapshot = sql.db.transaction((read: () => PackedRows) => read())

  return {
    listMessages(actor: number, id: number, after: number): MessageBatch {
      return toBatch(mailbox(actor, id).ownSeen ? listAsReader(actor, id, after) : list(id, after))
    },

    listMaildrop(actor: number, id: number, after: number): MaildropBatch {
      mailbox(actor, id)
      const rows = maildrop(id, after)
      return {
        uids: Uint32Array.from(rows, ([uid]) => uid),
        sizes: Float64Array.from(rows, ([, size]) => size),
        uidls: Float64Array.from(rows, ([, , uidl]) => uidl),
      }
    },

    changesHead(actor: number, id: number, modSeq: number): ChangeHead {
      const { highest, pruned } = mailbox(actor, id)
      return {
        vanished: Uint32Array.from(vanished(id, modSeq), ([uid]) => uid),
        incomplete: modSeq < pruned,
        highestModSeq: highest as ModSeq,
      }
    },

    changesWindow(actor: number, id: number, modSeq: number, from: number): ChangeWindow {
      const { uidNext, ownSeen } = mailbox(actor, id)
      const last = from + CHANGES_WINDOW - 1
      const rows = ownSeen ? changedAsReader(actor, id, from, last, modSeq) : changed(id, from, last, modSeq)
      // Behind the rows: a keyword that came meanwhile has a name.
      const keywordNames = keywords(id).map(([name]) => name)
      return { changed: toBatch(rows), keywordNames, next: last + 1 < uidNext ? last + 1 : undefined }
    },

    fetch(actor: number, id: number, uids: Uint32Array, wants: FetchWants): PackedRows {
      const select = wide(wants)
      // One snapshot for the batch, so that no blob goes between a row and its octets.
      return snapshot(() => {
        mailbox(actor, id)
        const rows: WideRow[] = []
        let octets = 0
        for (const span of spansOf(uids, wants.enough === undefined ? undefined : ROWS_WITH_BODIES)) {
          const there = new Map(select.message(id, span[0] ?? 0, span.at(-1) ?? 0).map((row) => [row[0] as number, row]))
          for (const uid of span) {
            const row = there.get(uid) ?? select.tombstone(id, uid, uid)[0]
            if (row === undefined) continue
            const [blob, size] = [blobOf(row), blobSizeOf(row)]
            const body =
              wants.bodyUpTo !== undefined && size <= wants.bodyUpTo
                ? chunks(blob * CHUNKS, (blob + 1) * CHUNKS - 1).map(([data]) => data)
                : undefined
            rows.push({ row, body, header: wants.headerUpTo === undefined ? undefined : header(blob, wants.headerUpTo)[0]?.[0] })
            if (body !== undefined) octets += size
            if (octets >= (wants.enough ?? Infinity)) return packRows(rows)
          }
        }
        return packRows(rows)
      })
    },
  }
}

/**
 * One pair of statements for each set of costly columns asked for, made when first needed. Octets of a row come as one value: each value
 * costs a buffer, which takes longer than what is in it. SQLite joins blobs as texts, octet by octet, and so they are cast back.
 */
function wideSelects(sql: Sql) {
  const made = new Map<string, { message: Select; tombstone: Select }>()
  return (wants: FetchWants) => {
    const { envelope = false, bodyStructure = false, headers = false, structure = false } = wants
    const columns = Object.entries({ envelope, body_structure: bodyStructure, headers, structure })
    const lengths = columns.map(([name, wanted]) => (wanted ? `length(r.${name})` : '-1')).join(', ')
    let pair = made.get(lengths)
    if (pair === undefined) {
      const rendered = columns.flatMap(([name, wanted]) => (wanted ? [`r.${name}`] : []))
      const isAsked = rendered.length > 0
      const octets = isAsked ? `CAST(${['e.prefix', ...rendered].join(' || ')} AS BLOB)` : 'e.prefix'
      const needed = isAsked ? 'JOIN rendered AS r ON r.blob_id = e.blob_id' : ''
      const from = (table: string, expunged: 0 | 1): string =>
        `SELECT m.uid, m.size, m.internal_at, m.internal_zone, m.saved_at, m.email_id, e.thread_id, m.uidl, e.blob_id,
          e.size - length(e.prefix), ${expunged}, ${isAsked ? 'r.version' : '-1'}, length(e.prefix), ${lengths}, ${octets}
         FROM ${table} AS m JOIN email AS e ON e.id = m.email_id ${needed} WHERE m.mailbox_id = ? AND m.uid BETWEEN ? AND ?`
      pair = { message: sql.raw<SelectedRow>(from('message', 0)), tombstone: sql.raw<SelectedRow>(from('tombstone', 1)) }
      made.set(lengths, pair)
    }
    return pair
  }
}

type Select = (mailbox: number, first: number, last: number) => SelectedRow[]
