import { editsOf } from './reencode/edits.ts'
import { CannotReencode } from './reencode/rules.ts'
import { checked, type Reencoding } from './reencode/work.ts'
import { written } from './reencode/write.ts'

export { asLines, CannotReencode, inSevenBits, WITHOUT_NUL, type ReencodeRule } from './reencode/rules.ts'
export { planRewriting, rewrittenSource, type Rewriting } from './reencode/seven-bits.ts'
export { type OctetSource, type Pause, type Reencoding } from './reencode/work.ts'

/**
 * The octets of the message with those parts encoded that the rule asks for, everything else as it is: their content can be had
 * from them as it was. `undefined`: nothing has to be written anew. Throws `CannotReencode` where that would lose something,
 * also while the octets are read; those before are then of no use.
 */
export async function reencode(work: Reencoding): Promise<AsyncIterable<Uint8Array> | undefined> {
  const edits = await editsOf(work)
  if (edits.length > 0) return written(work, edits)
  if ((await checked(work, 0, work.source.size)).broken) throw new CannotReencode('malformed')
  return undefined
}
