import type { MessageRow } from '@mailstead/store'
import { owned } from './transfer.ts'

/**
 * uid, size, at, zone, saved, email, thread, uidl, blob, blob size, expunged, renderer's version (-1: nothing rendered was
 * asked for); prefix, envelope, body structure, headers, structure
 */
export type SelectedRow = readonly [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  0 | 1,
  number,
  Uint8Array,
  Uint8Array | null,
  Uint8Array | null,
  Uint8Array | null,
  Uint8Array | null,
]

/** With the chunks of the body, and the header, when they are wanted. */
export type WideRow = readonly [...row: SelectedRow, body: readonly Uint8Array[] | undefined, header: Uint8Array | undefined]

const NUMBERS = 12
const BLOBS = 7
const WIDTH = NUMBERS + BLOBS
const ABSENT = -1
const BODY = 5
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
  let total = 0
  for (const [index, row] of rows.entries()) {
    for (let column = 0; column < NUMBERS; column++) numbers[index * WIDTH + column] = row[column] as number
    for (let column = 0; column < BLOBS; column++) {
      const blob = row[NUMBERS + column] as Uint8Array | readonly Uint8Array[] | null | undefined
      const length = blob === null || blob === undefined ? ABSENT : lengthOf(blob)
      numbers[index * WIDTH + NUMBERS + column] = length
      if (column === BODY && length >= APART) bodies.push(owned(blob as readonly Uint8Array[]))
      else if (length > 0) total += length
    }
  }
  const octets = new Uint8Array(total)
  let at = 0
  const put = (part: Uint8Array): void => {
    octets.set(part, at)
    at += part.length
  }
  for (const row of rows) {
    for (let column = NUMBERS; column < WIDTH; column++) {
      const blob = row[column] as Uint8Array | readonly Uint8Array[] | null | undefined
      if (blob instanceof Uint8Array) put(blob)
      else if (blob !== null && blob !== undefined && lengthOf(blob) < APART) for (const part of blob) put(part)
    }
  }
  return { numbers, octets, bodies }
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
    const header = blob(6)
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

function lengthOf(blob: Uint8Array | readonly Uint8Array[]): number {
  return blob instanceof Uint8Array ? blob.length : blob.reduce((sum, part) => sum + part.length, 0)
}
