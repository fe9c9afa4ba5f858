import { DELETED, KEYWORD_WORDS, type MessageBatch } from '@mailstead/store'
import type { Param, Sql } from '../sql.ts'
import type { UidRange } from '../uid-ranges.ts'
import type { Words } from './keywords.ts'

/** What acts on many messages at once need of each, by columns and ascending by UID: an object for each would cost more than the act. */
export type SourceRows = Pick<MessageBatch, 'uids' | 'system' | 'keywords'>

/** Octets of messages, and of those among them with \Deleted. */
export interface Octets {
  readonly size: number
  readonly deletedSize: number
}

const HAS_WORDS = '(kw0 | kw1 | kw2 | kw3) <> 0'
/** One value that tells of a row all but its keywords. A value that comes out of SQLite costs more than looking at its row. */
const KEY = `(uid * 256 + flags) * 2 + (${HAS_WORDS})`

/** Reads the rows of `message` that `which` selects, for each of the lists of its parameters; these are ascending, too. */
export function rowsReader(sql: Sql, which: string): (runs: readonly (readonly Param[])[]) => SourceRows {
  const keys = sql.pluck<number>(`SELECT ${KEY} FROM message WHERE ${which} ORDER BY uid`)
  const words = sql.raw<readonly [uid: number, ...Words]>(
    `SELECT uid, kw0, kw1, kw2, kw3 FROM message WHERE ${which} AND ${HAS_WORDS} ORDER BY uid`,
  )
  return (runs) => {
    const { uids, system, haveWords } = unpack(runs.flatMap((params) => keys(...params)))
    if (!haveWords) return { uids, system, keywords: undefined }
    const keywords = new Uint32Array(uids.length * KEYWORD_WORDS)
    let at = 0
    for (const params of runs) {
      for (const [uid, ...set] of words(...params)) {
        while (uids[at] !== uid) at++
        keywords.set(set, at * KEYWORD_WORDS)
      }
    }
    return { uids, system, keywords }
  }
}

/** By index, as all that is done thousands of times by code that has hardly run yet. */
function unpack(keys: readonly number[]): { uids: Uint32Array; system: Uint8Array; haveWords: boolean } {
  const uids = new Uint32Array(keys.length)
  const system = new Uint8Array(keys.length)
  let all = 0
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] as number
    uids[at] = key / 512
    system[at] = key >>> 1
    all |= key
  }
  return { uids, system, haveWords: (all & 1) !== 0 }
}

/** Adds up the octets of the rows that `which` selects, for each of the lists of its parameters. */
export function octetsReader(sql: Sql, which: string): (runs: readonly (readonly Param[])[]) => Octets {
  const sum = sql.get<Octets>(
    `SELECT ifnull(sum(size), 0) AS size, ifnull(sum(size) FILTER (WHERE flags & ${DELETED}), 0) AS deletedSize FROM message WHERE ${which}`,
  )
  return (runs) => {
    let size = 0
    let deletedSize = 0
    for (const params of runs) {
      const found = sum(...params)
      size += found?.size ?? 0
      deletedSize += found?.deletedSize ?? 0
    }
    return { size, deletedSize }
  }
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
