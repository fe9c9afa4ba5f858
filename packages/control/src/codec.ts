import { MAX_LINE } from './limits.ts'

/** JSON knows no `undefined`, and `setQuota(id, undefined)` means something else than a missing argument. */
const UNDEFINED = { $: 'undefined' } as const

/** One line with its LF. Plain data only: no functions, dates or typed arrays. */
export function encode(value: unknown): string {
  return `${JSON.stringify(value, (_, inner: unknown) => (inner === undefined ? UNDEFINED : inner))}\n`
}

/** Throws `SyntaxError`. */
export function decode(line: string): unknown {
  return restore(JSON.parse(line))
}

function restore(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(restore)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  if (entries.length === 1 && entries[0]?.[0] === '$' && entries[0][1] === 'undefined') return undefined
  return Object.fromEntries(entries.map(([key, inner]) => [key, restore(inner)]))
}

/** A peer sent a line beyond the limit. */
export class LineTooLongError extends Error {
  override name = 'LineTooLongError'
}

/** Cuts a stream of octets into lines, without their LF. A part of a UTF-8 sequence at the end of a chunk waits for its rest. */
export class LineSplitter {
  #rest: Buffer[] = []
  #size = 0

  /** Throws `LineTooLongError`. */
  push(chunk: Buffer): string[] {
    const lines: string[] = []
    let from = 0
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      this.#keep(chunk.subarray(from, at))
      lines.push(Buffer.concat(this.#rest).toString('utf8'))
      this.#rest = []
      this.#size = 0
      from = at + 1
    }
    this.#keep(chunk.subarray(from))
    return lines
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return
    this.#size += piece.length
    if (this.#size > MAX_LINE) throw new LineTooLongError(`a line has more than ${MAX_LINE} octets`)
    this.#rest.push(piece)
  }
}
