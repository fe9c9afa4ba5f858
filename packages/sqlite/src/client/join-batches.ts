import { KEYWORD_WORDS, type MessageBatch } from '@mailstead/store'

/** Batches of ascending UIDs, one after the other. */
export function joinBatches(batches: readonly MessageBatch[]): MessageBatch {
  const [only] = batches
  if (only !== undefined && batches.length === 1) return only
  const total = batches.reduce((sum, { uids }) => sum + uids.length, 0)
  const uids = new Uint32Array(total)
  const modSeqs = new Float64Array(total)
  const system = new Uint8Array(total)
  const keywords = batches.some((batch) => batch.keywords !== undefined) ? new Uint32Array(total * KEYWORD_WORDS) : undefined
  let at = 0
  for (const batch of batches) {
    uids.set(batch.uids, at)
    modSeqs.set(batch.modSeqs, at)
    system.set(batch.system, at)
    if (batch.keywords !== undefined) keywords?.set(batch.keywords, at * KEYWORD_WORDS)
    at += batch.uids.length
  }
  return { uids, modSeqs, system, keywords }
}
