/** What the shim wrote down, and the files as they were, or may have been, at any point of it. */
import { readFileSync } from 'node:fs'

export interface JournalRecord {
  readonly kind: 'write' | 'truncate' | 'remove' | 'sync'
  readonly path: string
  /** Of a write, -1: at the end; of a truncation the new length. */
  readonly offset: number
  readonly data: Buffer
}

const KINDS = { W: 'write', T: 'truncate', U: 'remove', S: 'sync' } as const
const HEAD = 15

export function readJournal(file: string): JournalRecord[] {
  const octets = readFileSync(file)
  const records: JournalRecord[] = []
  for (let at = 0; at < octets.length;) {
    const pathEnd = at + HEAD + octets.readUInt16LE(at + 1)
    const end = pathEnd + octets.readUInt32LE(at + 3)
    records.push({
      kind: KINDS[octets.toString('latin1', at, at + 1) as keyof typeof KINDS],
      path: octets.toString('utf8', at + HEAD, pathEnd),
      offset: Number(octets.readBigInt64LE(at + 7)),
      data: octets.subarray(pathEnd, end),
    })
    at = end
  }
  return records
}

/** Files by their path; absent: not there. */
export type Files = ReadonlyMap<string, Buffer>

/** How much of a write that was not synced is on disk: all, none or a part of its octets, 0 to 1. */
export type Survives = (write: JournalRecord) => number

export const EVERYTHING: Survives = () => 1
export const NOTHING: Survives = () => 0

/**
 * The files after the first `count` records, when of what was not synced only that is left which `survives`.
 * Truncations and removals hold as soon as they are made.
 */
export function filesAfter(start: Files, records: readonly JournalRecord[], count: number, survives: Survives): Files {
  const synced = new Map<string, number>()
  for (let n = 0; n < count; n++) if (records[n]?.kind === 'sync') synced.set(records[n]?.path ?? '', n)
  const files = new Map<string, Buffer>(start)
  for (const [n, record] of records.slice(0, count).entries()) {
    const { kind, path, offset, data } = record
    const before = files.get(path) ?? Buffer.alloc(0)
    if (kind === 'remove') files.delete(path)
    else if (kind === 'truncate') files.set(path, resized(before, offset))
    else if (kind === 'write') {
      const share = n < (synced.get(path) ?? -1) ? 1 : survives(record)
      files.set(path, written(before, offset < 0 ? before.length : offset, data.subarray(0, Math.round(data.length * share))))
    }
  }
  return files
}

function written(file: Buffer, offset: number, data: Buffer): Buffer {
  if (data.length === 0) return file
  const longer = resized(file, Math.max(file.length, offset + data.length), true)
  data.copy(longer, offset)
  return longer
}

function resized(file: Buffer, length: number, copy = false): Buffer {
  if (length <= file.length) return copy ? Buffer.from(file) : file.subarray(0, length)
  return Buffer.concat([file, Buffer.alloc(length - file.length)])
}
