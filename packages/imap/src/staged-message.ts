import type { Blobs, BlobWriter, Mailbox, StagedBlob } from '@mailstead/store'
import type { LiteralSink } from './command.ts'
import { encodeNul } from './encode-nul.ts'
import { ImapBad } from './errors.ts'
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

/** The same message with what holds NUL encoded, in the place of `blob`, which is given back. */
export async function withoutNul(blob: StagedBlob, blobs: Blobs, pace: Pace): Promise<StagedBlob> {
  const writer: BlobWriter = blobs.stage()
  try {
    return await encodeNul(blob, writer, pace)
  } finally {
    await writer.abort()
    await blob.release()
  }
}
