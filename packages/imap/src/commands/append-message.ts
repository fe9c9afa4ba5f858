import { StoreError, type Blobs, type BlobWriter, type Mailbox, type NewMessage, type StagedBlob } from '@mailstead/store'
import type { DateTime, ImapDecoder, LiteralAnnouncement } from '@mailstead/wire'
import type { CommandContext, LiteralSink, Registry } from '../command.ts'
import { encodeNul } from '../encode-nul.ts'
import { ImapBad, ImapNo } from '../errors.ts'
import { flagsFrom } from '../flags.ts'
import { Pace } from '../pace.ts'
import type { Authenticated, Selected } from '../session.ts'
import { openTarget } from './target.ts'

/** What the client says of a message before its octets. */
interface MessageOptions {
  readonly flags: readonly string[]
  readonly internalDate: DateTime | undefined
  /** The octets stand in `UTF8 (…)`. */
  readonly utf8: boolean
}

/** The literal's octets, staged for the mailbox that was open when it began. */
interface StagedMessage {
  readonly mailbox: Mailbox
  readonly blob: StagedBlob
}

/** A message of APPEND and its kin, as the parser gives it. */
export interface AppendMessage {
  readonly options: MessageOptions
  readonly staged: StagedMessage
}

// append-message = [SP flag-list] [SP date-time] SP literal
export function parseMessage(d: ImapDecoder, registry: Registry): AppendMessage {
  return parseStaged(d, registry, parseOptions(d, registry))
}

/** The octets, behind the options. */
export function parseStaged(d: ImapDecoder, registry: Registry, options: MessageOptions): AppendMessage {
  const { value, binary } = d.literal()
  if (value.kind !== 'stream' || !isTaken(binary, options, registry)) return d.fail('a message before here')
  if (options.utf8) d.expect(')')
  return { options, staged: value.handle as StagedMessage }
}

/** Throws `ImapBad` for flags that are nobody's to set. `now`: its date, if it has none. Milliseconds. */
export function newMessage({ options, staged }: AppendMessage, now: number): NewMessage {
  return { blob: staged.blob, flags: flagsFrom(options.flags), internalDate: options.internalDate ?? { at: now, zone: 0 } }
}

/** literal8 is RFC 3516's, and what stands in `UTF8 (…)`. */
function isTaken(binary: boolean, { utf8 }: Pick<MessageOptions, 'utf8'>, registry: Registry): boolean {
  return utf8 ? binary : !binary || registry.has('BINARY')
}

/**
 * What stands before a message's octets, its last space included. RFC 6855 section 4 has a message with UTF-8 in its header
 * marked by `UTF8 (…)`; RFC 9051 does without. It would also have such a message refused from who has not enabled UTF-8: that
 * would keep old mail with octets of any kind in its headers from being brought here, so it is taken from everybody.
 */
export function parseOptions(d: ImapDecoder, registry: Registry): MessageOptions {
  d.space()
  let flags: string[] = []
  if (d.peek() === '(') {
    // \Recent is nobody's to set, but clients that copy from server to server send what they fetched.
    flags = d.listOrNone(() => d.flagFetch()).filter((flag) => flag.toLowerCase() !== '\\recent')
    d.space()
  }
  let internalDate: DateTime | undefined
  if (d.peek() === '"') {
    internalDate = d.dateTime()
    d.space()
  }
  const utf8 = registry.has('UTF8=ACCEPT') && d.skipWord('UTF8')
  if (utf8) {
    d.space()
    d.expect('(')
  }
  return { flags, internalDate, utf8 }
}

/** A message that is about to be sent. */
interface Announced {
  readonly options: MessageOptions
  /** Messages before it in the same command. */
  readonly earlier?: readonly AppendMessage[]
  /** Octets that are about to leave the account. */
  readonly freed?: number
}

/** Takes the message that is announced. */
export async function openSink(
  { session, services, peer, respond }: CommandContext<Authenticated | Selected>,
  name: string,
  { size, binary }: LiteralAnnouncement,
  { options, earlier = [], freed = 0 }: Announced,
): Promise<LiteralSink> {
  const { message, literalCount } = services.limits
  if (options.utf8 && !session.enabled.has('UTF8=ACCEPT')) throw new ImapBad('ENABLE UTF8=ACCEPT first')
  if (!isTaken(binary, options, peer.registry))
    throw new ImapBad(binary ? 'literal8 needs BINARY, which is not offered' : 'UTF8 needs a literal8')
  // RFC 3502: a message of no octets takes the messages before it back.
  if (size === 0) throw new ImapNo('A message of no octets is not stored', 'CANNOT')
  if (size > message) throw new ImapNo(`Messages are limited to ${message} octets`, 'TOOBIG')
  const before = earlier.reduce((sum, { staged }) => sum + staged.blob.size, 0)
  if (before + size > message) throw new ImapNo(`The messages of one command are limited to ${message} octets`, 'TOOBIG')
  if (earlier.length >= literalCount) throw new ImapNo(`One command takes ${literalCount} messages`, 'LIMIT')
  const mailbox = earlier[0]?.staged.mailbox ?? (await openTarget(session.store, name))
  const { octets, octetLimit } = await session.store.quota()
  if (octetLimit !== undefined && octets - freed + before + size > octetLimit) throw new StoreError('over-quota', 'The account is full')
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
    async finish(): Promise<StagedMessage> {
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
