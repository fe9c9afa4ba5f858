import type { MessageRow } from '@mailstead/store'
import { owned } from './transfer.ts'

/**
 * uid, size, at, zone, saved, email, thread, uidl, blob, blob size, expunged, renderer's version (-1: nothing rendered was
 * asked for); octets of prefix, envelope, body structure, headers, structure (-1: not asked for); these octets, one behind the other
 */
export type SelectedRow = readonly [...numbers: number[], octets: Uint8Array]

/** With the chunks of the body, and the header, when they are wanted. */
export interface WideRow {
  readonly row: SelectedRow
  readonly body: readonly Uint8Array[] | undefined
  readonly header: Uint8Array | undefined
}

const NUMBERS = 12
const BLOBS = 7
const WIDTH = NUMBERS + BLOBS
const ABSENT = -1
const BODY = 5
const HEADER = 6
/** Columns of a row that are numbers: the octets stand behind them. */
const COLUMNS = NUMBERS + BODY
/** Octets of a body that changes hands in its own buffer: fewer cost less to copy. */
const APART = 16 * 1024

/**
 * Rows between threads: numbers in one array, all octets in another, so that two buffers change hands instead of
 * five a message being copied one by one.
 */
export interface PackedRows {
  readonly numbers: Float64Array<ArrayBuffer>
  readonly octets: Uint8Array<ArrayBuffer>
  /** Of APART octets and more. */
  readonly bodies: readonly Uint8Array<ArrayBuffer>[]
}

export function packRows(rows: readonly WideRow[]): PackedRows {
  const numbers = new Float64Array(rows.length * WIDTH)
  const bodies: Uint8Array<ArrayBuffer>[] = []
  const parts: Uint8Array[] = []
  let total = 0
  const put = (part: Uint8Array): void => {
    parts.push(part)
    total += part.length
  }
  for (const [index, { row, body, header }] of rows.entries()) {
    const start = index * WIDTH
    for (let column = 0; column < COLUMNS; column++) numbers[start + column] = row[column] as number
    put(octetsOf(row))
    const length = body === undefined ? ABSENT : body.reduce((sum, part) => sum + part.length, 0)
    numbers[start + NUMBERS + BODY] = length
    if (body !== undefined && length >= APART) bodies.push(owned(body))
    else body?.forEach(put)
    numbers[start + NUMBERS + HEADER] = header?.length ?? ABSENT
    if (header !== undefined) put(header)
  }
  return { numbers, octets: joined(parts, total), bodies }
}

export const blobOf = (row: SelectedRow): number => row[8] as number
export const blobSizeOf = (row: SelectedRow): number => row[9] as number
const octetsOf = (row: SelectedRow): Uint8Array => row[COLUMNS] as Uint8Array

function joined(parts: readonly Uint8Array[], total: number): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(total)
  let at = 0
  for (const part of parts) {
    octets.set(part, at)
    at += part.length
  }
  return octets
}

/** Blobs of `rows` that were rendered by an older program than `version`. */
export function outdatedIn({ numbers }: PackedRows, version: number): number[] {
  const blobs = new Set<number>()
  for (let start = 0; start < numbers.length; start += WIDTH) {
    const made = numbers[start + 11] as number
    if (made !== ABSENT && made < version) blobs.add(numbers[start + 8] as number)
  }
  return [...blobs]
}

export function unpackRows({ numbers, octets, bodies }: PackedRows): MessageRow[] {
  const rows: MessageRow[] = []
  let at = 0
  let apart = 0
  for (let start = 0; start < numbers.length; start += WIDTH) {
    const number = (column: number): never => numbers[start + column] as never
    const blob = (column: number): Uint8Array | undefined => {
      const length = numbers[start + NUMBERS + column] as number
      if (column === BODY && length >= APART) return bodies[apart++]
      return length === ABSENT ? undefined : octets.subarray(at, (at += length))
    }
    const prefix = blob(0) as Uint8Array
    const envelope = blob(1)
    const bodyStructure = blob(2)
    const headers = blob(3)
    const structure = blob(4)
    const body = blob(BODY)
    const header = blob(HEADER)
    rows.push({
      uid: number(0),
      size: number(1),
      internalDate: { at: number(2), zone: number(3) },
      saveDate: number(4),
      emailId: number(5),
      threadId: number(6),
      uidl: number(7),
      blob: number(8),
      blobSize: number(9),
      expunged: numbers[start + 10] === 1,
      prefix,
      ...(envelope === undefined ? {} : { envelope }),
      ...(bodyStructure === undefined ? {} : { bodyStructure }),
      ...(headers === undefined ? {} : { headers }),
      ...(structure === undefined ? {} : { structure }),
      ...(body === undefined ? {} : { body }),
      ...(header === undefined ? {} : { header }),
    })
  }
  return rows
}
