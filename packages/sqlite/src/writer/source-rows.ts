import type { UidRange } from '../uid-ranges.ts'
import type { Words } from './keywords.ts'

/** What acts on many messages at once need of each. */
export type SourceRow = readonly [uid: number, flags: number, ...words: Words, size: number, email: number]

/** Columns of `message` that `unpack` reads. A value that comes out of SQLite costs more than looking at its row: few have keywords. */
export const PACKED = `uid * 256 + flags, size, email_id, iif(kw0 | kw1 | kw2 | kw3, kw0 || ' ' || kw1 || ' ' || kw2 || ' ' || kw3, NULL)`
export type Packed = readonly [uidAndFlags: number, size: number, email: number, words: string | null]

/** By index, as all that is done thousands of times by code that has hardly run yet: taking an array apart costs as much as reading a row. */
export function unpack(row: Packed): SourceRow {
  const flags = row[0] % 256
  const uid = (row[0] - flags) / 256
  if (row[3] === null) return [uid, flags, 0, 0, 0, 0, row[1], row[2]]
  return [uid, flags, ...(row[3].split(' ').map(Number) as Words), row[1], row[2]]
}

/** One value that tells of a row all but its size, where it has no keywords. */
export const KEY = '(uid * 256 + flags) * 2 + ((kw0 | kw1 | kw2 | kw3) <> 0)'

/** The rows of KEYs, with sizes of 0; `undefined`: there are keywords. */
export function rowsOfKeys(keys: readonly number[]): SourceRow[] | undefined {
  const rows: SourceRow[] = []
  for (let at = 0; at < keys.length; at++) {
    const key = (keys[at] as number) / 2
    if (!Number.isInteger(key)) return undefined
    const flags = key % 256
    rows.push([(key - flags) / 256, flags, 0, 0, 0, 0, 0, 0])
  }
  return rows
}

/** A run of consecutive numbers, each of which stands `times` times. */
export interface Run extends UidRange {
  readonly times: number
}

export function runsOf(numbers: readonly number[]): Run[] {
  const sorted = Float64Array.from(numbers).sort()
  const runs: Run[] = []
  let run: { first: number; last: number; times: number } | undefined
  for (let at = 0; at < sorted.length;) {
    const number = sorted[at] as number
    let times = 1
    while (sorted[at + times] === number) times++
    at += times
    if (run !== undefined && number === run.last + 1 && times === run.times) run.last = number
    else runs.push((run = { first: number, last: number, times }))
  }
  return runs
}
