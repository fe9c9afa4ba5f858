import { StoreError, type Blobs, type BlobWriter, type Flags, type Mailbox, type StagedBlob, type ZonedTime } from '@mailstead/store'
import type { ImapDecoder, LiteralAnnouncement } from '@mailstead/wire'
import { command, type CommandContext, type LiteralSink, type TableEntry } from '../command.ts'
import { encodeNul } from '../encode-nul.ts'
import { ImapBad, ImapNo } from '../errors.ts'
import { flagsFrom } from '../flags.ts'
import { Pace } from '../pace.ts'
import type { Authenticated, Selected } from '../session.ts'
import { asMissingTarget, openTarget } from './target.ts'

interface AppendArguments {
  readonly flags: Flags
  readonly internalDate: ZonedTime | undefined
  readonly message: AppendedMessage
}

/** The literal's octets, staged for the mailbox that was open when it began. */
interface AppendedMessage {
  readonly mailbox: Mailbox
  readonly blob: StagedBlob
}

/**
 * APPEND, RFC 3501 section 6.3.11. Whether the mailbox is there and the message fits is said before the client sends
 * it; its octets are stored exactly as they come, with or without a last line end.
 */
export const append: TableEntry = command({
  name: 'APPEND',
  state: 'authenticated',
  sync: 'everything',
  parse(d, registry): AppendArguments {
    const { flags, internalDate } = parseBefore(d)
    const { value, binary } = d.literal()
    if (value.kind !== 'stream' || (binary && !registry.has('BINARY'))) return d.fail('a message before here')
    return { flags: flagsFrom(flags), internalDate, message: value.handle as AppendedMessage }
  },
  async literal(context, prefix, literal) {
    prefix.space()
    if (prefix.atAnnounced) return undefined
    const name = prefix.mailbox()
    parseOptions(prefix)
    if (!prefix.atAnnounced) prefix.fail('the message')
    return openSink(context, name, literal)
  },
  async run({ session, services }, { flags, internalDate, message }) {
    const when = internalDate ?? { at: services.clock.now(), zone: 0 }
    const appending = session.store.append(message.mailbox.id, [{ blob: message.blob, flags, internalDate: when }])
    const { uidValidity, uids } = await appending.catch(asMissingTarget)
    return { code: `APPENDUID ${uidValidity} ${uids.join(',')}`, text: 'Appended' }
  },
})

// append = "APPEND" SP mailbox [SP flag-list] [SP date-time] SP literal
function parseBefore(d: ImapDecoder): { flags: string[]; internalDate: ZonedTime | undefined } {
  d.space()
  d.mailbox()
  return parseOptions(d)
}

function parseOptions(d: ImapDecoder): { flags: string[]; internalDate: ZonedTime | undefined } {
  d.space()
  let flags: string[] = []
  if (d.peek() === '(') {
    // \Recent is nobody's to set, but clients that copy from server to server send what they fetched.
    flags = d.listOrNone(() => d.flagFetch()).filter((flag) => flag.toLowerCase() !== '\\recent')
    d.space()
  }
  if (d.peek() !== '"') return { flags, internalDate: undefined }
  const internalDate = d.dateTime()
  d.space()
  return { flags, internalDate }
}

async function openSink(
  { session, services, peer, respond }: CommandContext<Authenticated | Selected>,
  name: string,
  { size, binary }: LiteralAnnouncement,
): Promise<LiteralSink> {
  if (binary && !peer.registry.has('BINARY')) throw new ImapBad('literal8 needs BINARY, which is not offered')
  if (size === 0) throw new ImapNo('A message of no octets is not stored', 'CANNOT')
  if (size > services.limits.message) throw new ImapNo(`Messages are limited to ${services.limits.message} octets`, 'TOOBIG')
  const mailbox = await openTarget(session.store, name)
  const { octets, octetLimit } = await session.store.quota()
  if (octetLimit !== undefined && octets + size > octetLimit) throw new StoreError('over-quota', 'The account is full')
  return stageInto(mailbox, session.store.blobs, binary ? new Pace(respond) : undefined)
}

/** `pace`: it is a literal8, which may hold NUL. */
function stageInto(mailbox: Mailbox, blobs: Blobs, pace: Pace | undefined): LiteralSink {
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
    async finish(): Promise<AppendedMessage> {
      blob = await writer.finish()
      if (holdsNul && pace !== undefined) blob = await encoded(blob, blobs.stage(), pace)
      return { mailbox, blob }
    },
    async abort() {
      await (blob === undefined ? writer.abort() : blob.release())
    },
  }
}

/** In the place of `blob`, which is given back. */
async function encoded(blob: StagedBlob, writer: BlobWriter, pace: Pace): Promise<StagedBlob> {
  try {
    return await encodeNul(blob, writer, pace)
  } finally {
    await writer.abort()
    await blob.release()
  }
}
