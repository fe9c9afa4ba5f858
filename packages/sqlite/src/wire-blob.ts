import type { Rendered, SortKeys } from '@mailstead/mime'

/** A staged blob on its way to the writer, its octets packed into one buffer that changes hands without a copy. */
export interface WireBlob {
  /** The row when its full chunks are in the database already; then `data` are the octets behind them. */
  readonly id: number | undefined
  readonly size: number
  readonly version: number
  readonly headerSize: number
  readonly messageId: string | undefined
  readonly references: readonly string[]
  readonly sortKeys: SortKeys
  readonly lengths: readonly number[]
  readonly pack: Uint8Array<ArrayBuffer>
}

export interface BlobParts {
  readonly sha256: Uint8Array
  readonly envelope: Uint8Array
  readonly bodyStructure: Uint8Array
  readonly structure: Uint8Array
  readonly headers: Uint8Array
  readonly data: Uint8Array
}

export function packBlob(id: number | undefined, size: number, sha256: Uint8Array, rendered: Rendered, data: Uint8Array): WireBlob {
  const parts = [sha256, rendered.envelope, rendered.bodyStructure, rendered.structure, rendered.headers, data]
  const pack = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    pack.set(part, at)
    at += part.length
  }
  return {
    id,
    size,
    version: rendered.version,
    headerSize: rendered.headerSize,
    messageId: rendered.messageId,
    references: rendered.references,
    sortKeys: rendered.sortKeys,
    lengths: parts.map((part) => part.length),
    pack,
  }
}

export function unpackBlob({ pack, lengths }: WireBlob): BlobParts {
  let at = 0
  const next = (index: number): Uint8Array => pack.subarray(at, (at += lengths[index] ?? 0))
  return { sha256: next(0), envelope: next(1), bodyStructure: next(2), structure: next(3), headers: next(4), data: next(5) }
}
