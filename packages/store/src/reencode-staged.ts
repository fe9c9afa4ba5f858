import { decodeStructure, reencode, type ReencodeRule } from '@mailstead/mime'
import type { BlobWriter, StagedBlob } from './blobs.ts'

/**
 * The staged message in the form that the rule asks for, in the place of `source`, which is given back, or `source` itself where it has
 * that form. Throws `CannotReencode` of the mime package where that would lose something; nothing is staged then.
 */
export async function reencodeStaged(
  source: StagedBlob,
  stage: () => BlobWriter,
  rule: ReencodeRule,
  pause: () => Promise<void> | undefined,
): Promise<StagedBlob> {
  const root = decodeStructure(source.rendered.structure)
  if (root === undefined) throw new Error('the scanner made a structure that cannot be read')
  let writer: BlobWriter | undefined
  let blob: StagedBlob | undefined
  try {
    const octets = await reencode({ source, root, rule, pause })
    if (octets === undefined) return (blob = source)
    writer = stage()
    for await (const piece of octets) await writer.write(piece)
    return (blob = await writer.finish())
  } finally {
    await writer?.abort()
    if (blob !== source) await source.release()
  }
}
