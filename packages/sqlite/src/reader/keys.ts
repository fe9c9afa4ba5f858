import type { FieldName, KeyBatch, KeyName } from '@mailstead/store'
import type { Sql } from '../sql.ts'
import { fieldTexts } from './field-texts.ts'
import type { KeyRow, KeySelect } from './key-row.ts'
import { mailboxReader } from './readable.ts'
import { spansOf } from './spans.ts'

/** The keys of the blobs `outdated` were made by an older program, or are not there and stand here as empty. */
export interface FoundKeys extends KeyBatch {
  readonly outdated: readonly number[]
}

/** Number and text, of tables m (message or tombstone), e (email) and k (sort_key). */
const COLUMNS: Readonly<Record<Exclude<KeyName, FieldName>, readonly [number: string, text: string]>> = {
  'internal-date': ['m.internal_at', "''"],
  'internal-local': ['m.internal_at + m.internal_zone * 60000', "''"],
  'save-date': ['m.saved_at', "''"],
  sent: ['ifnull(k.sent, m.internal_at)', "''"],
  size: ['m.size', "''"],
  subject: ['k.is_reply', 'k.subject'],
  from: ['0', 'k.from_mailbox'],
  to: ['0', 'k.to_mailbox'],
  cc: ['0', 'k.cc_mailbox'],
  'display-from': ['0', 'k.from_display'],
  'display-to': ['0', 'k.to_display'],
  ancestry: ['0', 'k.ancestry'],
}

/** What messages are sorted by. */
export function keyReads(sql: Sql) {
  const mailbox = mailboxReader(sql)
  const fields = fieldTexts(sql)
  const made = new Map<string, Readonly<Record<'message' | 'tombstone', KeySelect>>>()
  const selects = (name: KeyName, version: number) => {
    const known = made.get(`${name} ${version}`)
    if (known !== undefined) return known
    const of = (table: 'message' | 'tombstone'): KeySelect =>
      isField(name) ? fields(table, name, version) : select(sql, table, name, version)
    const selected = { message: of('message'), tombstone: of('tombstone') }
    made.set(`${name} ${version}`, selected)
    return selected
  }

  return {
    /** `version`: of the renderer. */
    keys(actor: number, id: number, uids: Uint32Array, name: KeyName, version: number): FoundKeys {
      mailbox(actor, id)
      const { message, tombstone } = selects(name, version)
      const rows: KeyRow[] = []
      for (const span of spansOf(uids)) {
        const there = message(id, span[0] ?? 0, span.at(-1) ?? 0)
        let next = 0
        for (const uid of span) {
          while (next < there.length && (there[next] as KeyRow)[0] < uid) next++
          const row = there[next]?.[0] === uid ? there[next] : tombstone(id, uid, uid)[0]
          if (row !== undefined) rows.push(row)
        }
      }
      return pack(rows)
    },
  }
}

function isField(name: KeyName): name is FieldName {
  return name.startsWith('all-')
}

function select(sql: Sql, table: 'message' | 'tombstone', name: Exclude<KeyName, FieldName>, version: number): KeySelect {
  const [number, text] = COLUMNS[name]
  const stored = `${number} ${text}`.includes('k.')
  // A tombstone that has lost its email is gone for good, whatever is asked of it.
  const from = stored
    ? 'JOIN email AS e ON e.id = m.email_id LEFT JOIN sort_key AS k ON k.blob_id = e.blob_id'
    : 'JOIN email AS e ON e.id = m.email_id'
  const outdated = stored ? `iif(ifnull(k.version, 0) < ${version}, e.blob_id, 0)` : '0'
  return sql.raw<KeyRow>(
    `SELECT m.uid, ${number}, ${text}, ${outdated} FROM ${table} AS m ${from} WHERE m.mailbox_id = ? AND m.uid BETWEEN ? AND ? ORDER BY m.uid`,
  )
}

function pack(rows: readonly KeyRow[]): FoundKeys {
  const ends = new Uint32Array(rows.length)
  let total = 0
  for (const [index, [, , text]] of rows.entries()) ends[index] = total += lengthOf(text)
  const octets = Buffer.from(new ArrayBuffer(total))
  let at = 0
  for (const [, , text] of rows) {
    if (typeof text === 'string') octets.write(text, at)
    else if (text !== null) octets.set(text, at)
    at += lengthOf(text)
  }
  return {
    uids: Uint32Array.from(rows, ([uid]) => uid),
    numbers: Float64Array.from(rows, ([, number]) => number ?? 0),
    ends,
    octets,
    outdated: rows.flatMap(([, , , blob]) => (blob === 0 ? [] : [blob])),
  }
}

function lengthOf(text: KeyRow[2]): number {
  return text === null ? 0 : Buffer.byteLength(text)
}
