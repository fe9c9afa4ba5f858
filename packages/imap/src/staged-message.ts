import { CannotReencode, WITHOUT_NUL } from '@mailstead/mime'
import { reencodeStaged, type Blobs, type Mailbox, type StagedBlob } from '@mailstead/store'
import type { LiteralSink } from './command.ts'
import { ImapBad, ImapNo } from './errors.ts'
import type { Pace } from './pace.ts'

/** A message's octets, staged for the mailbox that was open when it began. */
export interface StagedMessage {
  readonly mailbox: Mailbox
  readonly blob: StagedBlob
}

/** Takes a literal that is a whole message. `pace`: it is a literal8, which may hold NUL. */
export function stageInto(mailbox: Mailbox, blobs: Blobs, pace: Pace | undefined): LiteralSink {
  const writer = blobs.stage()
  let blob: StagedBlob | undefined
  let holdsNul = false
  return {
    write(bytes) {
      holdsNul ||= bytes.includes(0)
      // RFC 3501 section 9: the octets of a literal are CHAR8, which leaves NUL out.
      if (holdsNul && pace === undefined) throw new ImapBad('The message holds NUL')
      return writer.write(bytes)
    },
    async finish(): Promise<StagedMessage> {
      blob = await writer.finish()
      if (holdsNul && pace !== undefined) blob = await withoutNul(blob, blobs, pace)
      return { mailbox, blob }
    },
    async abort() {
      await (blob === undefined ? writer.abort() : blob.release())
    },
  }
}

/**
 * The same message in the place of `source`, which is given back, with the parts that hold NUL as base64: no other item of FETCH can
 * give NUL back, and BODY must agree with BODYSTRUCTURE (RFC 3516 sections 4.4 and 6). Throws `ImapNo` UNKNOWN-CTE where that
 * would lose something: NUL in headers, in encoded text, or in what is signed.
 */
export async function withoutNul(source: StagedBlob, blobs: Blobs, pace: Pace): Promise<StagedBlob> {
  try {
    return await reencodeStaged(
      source,
      () => blobs.stage(),
      WITHOUT_NUL,
      () => pace.pause(),
    )
  } catch (error) {
    if (error instanceof CannotReencode) throw new ImapNo('NUL stands where it cannot be encoded', 'UNKNOWN-CTE')
    throw error
  }
}
