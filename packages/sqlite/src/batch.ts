import { KEYWORD_WORDS, type MessageBatch } from '@mailstead/store'

/** uid, modseq, flags, kw0 … kw3 */
export type NarrowRow = readonly [number, number, number, number, number, number, number]

/** Narrow rows, ascending by UID, as the parallel arrays of the boundary. */
export function toBatch(rows: readonly NarrowRow[]): MessageBatch {
  const uids = new Uint32Array(rows.length)
  const modSeqs = new Float64Array(rows.length)
  const system = new Uint8Array(rows.length)
  let keywords: Uint32Array | undefined
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as NarrowRow
    uids[i] = row[0]
    modSeqs[i] = row[1]
    system[i] = row[2]
    if (row[3] !== 0 || row[4] !== 0 || row[5] !== 0 || row[6] !== 0) {
      keywords ??= new Uint32Array(rows.length * KEYWORD_WORDS)
      for (let word = 0; word < KEYWORD_WORDS; word++) keywords[i * KEYWORD_WORDS + word] = row[3 + word] as number
    }
  }
  return { uids, modSeqs, system, keywords }
}

/** The buffers behind a batch, to hand over between threads. */
export function buffersOf(batch: MessageBatch): ArrayBuffer[] {
  const arrays = [batch.uids, batch.modSeqs, batch.system, batch.keywords]
  return arrays.flatMap((array) => (array === undefined ? [] : [array.buffer as ArrayBuffer]))
}
