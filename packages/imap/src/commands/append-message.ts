import { isShared, StoreError, type Mailbox, type NewMessage } from '@mailstead/store'
import type { DateTime, DecoderPlace, ImapDecoder, LiteralAnnouncement } from '@mailstead/wire'
import { Assembly, type Room } from '../catenate/assembly.ts'
import type { Assembling, CatPart } from '../catenate/part.ts'
import { assemblyOf, parseParts, takesLiteral } from '../catenate/parts.ts'
import type { Carried, CommandContext, LiteralSink, Registry } from '../command.ts'
import { ImapBad, ImapNo } from '../errors.ts'
import { flagsFrom } from '../flags.ts'
import { Pace } from '../pace.ts'
import type { Authenticated, Selected } from '../session.ts'
import { stageInto, type StagedMessage } from '../staged-message.ts'
import { openTarget } from './target.ts'

type Context = CommandContext<Authenticated | Selected>

/** What the client says of a message before its octets. */
interface MessageOptions {
  readonly flags: readonly string[]
  readonly internalDate: DateTime | undefined
  /** The octets stand in `UTF8 (…)`. */
  readonly utf8: boolean
}

/** A message of APPEND and its kin, as the parser gives it: one literal, or what CATENATE puts together. */
export interface AppendMessage {
  readonly options: MessageOptions
  readonly source: StagedMessage | readonly CatPart[]
}

// append-message = [SP flag-list] [SP date-time] SP append-data
export function parseMessage(d: ImapDecoder, registry: Registry): AppendMessage {
  const options = parseOptions(d, registry)
  if (!isCatenate(d, registry, options)) return { options, source: parseStaged(d, registry, options) }
  const { parts, announced } = parseParts(d, registry)
  return announced === undefined ? { options, source: parts } : d.fail('a message before here')
}

function isCatenate(d: ImapDecoder, registry: Registry, { utf8 }: MessageOptions): boolean {
  if (utf8 || !registry.has('CATENATE') || !d.skipWord('CATENATE')) return false
  d.space()
  return true
}

function parseStaged(d: ImapDecoder, registry: Registry, { utf8 }: MessageOptions): StagedMessage {
  const { value, binary } = d.literal()
  if (value.kind !== 'stream' || !takesLiteral(binary, utf8 ? 'utf8' : 'text', registry)) return d.fail('a message before here')
  if (utf8) d.expect(')')
  return value.handle as StagedMessage
}

/**
 * What stands before a message's octets, its last space included. RFC 6855 section 4 has a message with UTF-8 in its header
 * marked by `UTF8 (…)`; RFC 9051 does without. It would also have such a message refused from who has not enabled UTF-8: that
 * would keep old mail with octets of any kind in its headers from being brought here, so it is taken from everybody.
 */
function parseOptions(d: ImapDecoder, registry: Registry): MessageOptions {
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

/** `freed`: octets that are about to leave the account. */
interface Bounds {
  readonly freed?: number
}

/** What was read of a command at its literal before: messages that are whole, and where the next one begins. */
interface Begun {
  readonly earlier: AppendMessage[]
  readonly place: DecoderPlace
}

/**
 * Takes the literal that is announced in `prefix`, which is read up to the name of the mailbox: a message, a text of CATENATE,
 * or a URL, which is kept in memory. `several`: other messages may stand before it.
 */
export async function takeLiteral(
  context: Context,
  name: string,
  prefix: ImapDecoder,
  literal: LiteralAnnouncement,
  carried: Carried,
  { several, ...bounds }: Bounds & { readonly several: boolean },
): Promise<LiteralSink | undefined> {
  const { registry } = context.peer
  const { earlier, place } = (carried.value as Begun | undefined) ?? { earlier: [], place: prefix.place }
  for (prefix.place = place; ;) {
    carried.value = { earlier, place: prefix.place } satisfies Begun
    const options = parseOptions(prefix, registry)
    let source: AppendMessage['source']
    if (isCatenate(prefix, registry, options)) {
      const { parts, announced } = parseParts(prefix, registry)
      if (announced === 'url') return undefined
      if (announced !== undefined) {
        checkLiteral(context, literal, announced)
        const assembly = assemblyOf(parts) ?? (await beginAssembly(context, name, earlier, bounds))
        return takeText(assembly, parts, literal)
      }
      source = parts
    } else if (prefix.atAnnounced) {
      checkLiteral(context, literal, options.utf8 ? 'utf8' : 'text')
      return openSink(context, name, literal, earlier, bounds)
    } else {
      source = parseStaged(prefix, registry, options)
    }
    if (!several) prefix.fail('one message before here')
    earlier.push({ options, source })
  }
}

function checkLiteral({ session, peer }: Context, { binary }: LiteralAnnouncement, kind: 'text' | 'utf8'): void {
  if (kind === 'utf8' && !session.enabled.has('UTF8=ACCEPT')) throw new ImapBad('ENABLE UTF8=ACCEPT first')
  if (takesLiteral(binary, kind, peer.registry)) return
  throw new ImapBad(binary ? 'literal8 needs BINARY, which is not offered' : 'UTF8 needs a literal8')
}

async function takeText(assembly: Assembling, parts: readonly CatPart[], { size, binary }: LiteralAnnouncement): Promise<LiteralSink> {
  try {
    await assembly.include(parts)
    return assembly.sink(size, binary)
  } catch (error) {
    await assembly.abort()
    throw error
  }
}

async function openSink(
  context: Context,
  name: string,
  { size, binary }: LiteralAnnouncement,
  earlier: readonly AppendMessage[],
  bounds: Bounds,
): Promise<LiteralSink> {
  // RFC 3502: a message of no octets takes the messages before it back.
  if (size === 0) throw new ImapNo('A message of no octets is not stored', 'CANNOT')
  const { session, services, respond } = context
  const { message } = services.limits
  if (size > message) throw new ImapNo(`Messages are limited to ${message} octets`, 'TOOBIG')
  const { mailbox, room } = await target(context, name, earlier, bounds)
  if (size > room.message) throw tooMuch(message)
  if (size > room.quota) throw new StoreError('over-quota', 'The account is full')
  return stageInto(mailbox, session.store.blobs, binary ? new Pace(respond) : undefined)
}

async function beginAssembly(context: Context, name: string, earlier: readonly AppendMessage[], bounds: Bounds): Promise<Assembly> {
  const { mailbox, room } = await target(context, name, earlier, bounds)
  return new Assembly(mailbox, context.session.store, context.peer.registry, room, new Pace(context.respond))
}

/** Where the next message goes, and how large it may be. What URLs bring along later is counted when it comes. */
async function target(
  { session, services }: Context,
  name: string,
  earlier: readonly AppendMessage[],
  { freed = 0 }: Bounds,
): Promise<{ mailbox: Mailbox; room: Room }> {
  const { message, literalCount } = services.limits
  if (earlier.length >= literalCount) throw new ImapNo(`One command takes ${literalCount} messages`, 'LIMIT')
  const mailbox = earlier.map(mailboxOf).find((found) => found !== undefined) ?? (await openTarget(session.store, name))
  const before = earlier.reduce((sum, { source }) => sum + sizeOf(source), 0)
  const { octets, octetLimit, messages, messageLimit } = await session.store.quota(isShared(mailbox) ? mailbox.id : undefined, 'insert')
  if (messageLimit !== undefined && messages - (freed > 0 ? 1 : 0) + earlier.length + 1 > messageLimit) {
    throw new StoreError('over-quota', 'The account has too many messages')
  }
  return { mailbox, room: { message: message - before, quota: octetLimit === undefined ? Infinity : octetLimit - octets + freed - before } }
}

function mailboxOf({ source }: AppendMessage): Mailbox | undefined {
  return 'mailbox' in source ? source.mailbox : assemblyOf(source)?.mailbox
}

function sizeOf(source: AppendMessage['source']): number {
  return 'mailbox' in source ? source.blob.size : (assemblyOf(source)?.size ?? 0)
}

function tooMuch(limit: number): ImapNo {
  return new ImapNo(`The messages of one command are limited to ${limit} octets`, 'TOOBIG')
}

/** Messages ready to be stored. */
interface Ready {
  readonly mailbox: Mailbox
  /** As many as there were messages. */
  readonly list: readonly [NewMessage, ...NewMessage[]]
  /** Gives back what was not used. */
  readonly release: () => Promise<void>
}

/** What comes there is what the server has saved itself, or will. */
function isSentMail({ session, services }: Context, mailbox: Mailbox): boolean {
  const keeps = mailbox.specialUse === '\\Sent' || (mailbox.specialUse === undefined && mailbox.name === 'Sent')
  return keeps && !isShared(mailbox) && services.savesSent(session.identity.address)
}

/** Puts together what still waits for its URLs. Throws `ImapBad` for flags that are nobody's to set. */
export async function makeReady(
  context: Context,
  name: string,
  messages: readonly [AppendMessage, ...AppendMessage[]],
  bounds: Bounds = {},
): Promise<Ready> {
  const now = context.services.clock.now()
  const begun: Assembling[] = []
  const done: AppendMessage[] = []
  const release = async (): Promise<void> => {
    await Promise.all(begun.map((assembly) => assembly.abort()))
  }
  const ready = async ({ options, source }: AppendMessage): Promise<NewMessage> => {
    const staged = 'mailbox' in source ? source : await assembled(context, name, done, source, begun, bounds)
    done.push({ options, source: staged })
    return {
      blob: staged.blob,
      flags: flagsFrom(options.flags),
      internalDate: options.internalDate ?? { at: now, zone: 0 },
      ...(isSentMail(context, staged.mailbox) ? { sent: true } : {}),
    }
  }
  try {
    const [first, ...others] = messages
    const list: [NewMessage, ...NewMessage[]] = [await ready(first)]
    for (const message of others) list.push(await ready(message))
    const { message: limit } = context.services.limits
    if (done.reduce((sum, { source }) => sum + sizeOf(source), 0) > limit) throw tooMuch(limit)
    return { mailbox: (done[0] as AppendMessage & { source: StagedMessage }).source.mailbox, list, release }
  } catch (error) {
    await release()
    throw error
  }
}

async function assembled(
  context: Context,
  name: string,
  earlier: readonly AppendMessage[],
  parts: readonly CatPart[],
  begun: Assembling[],
  bounds: Bounds,
): Promise<StagedMessage> {
  let assembly = assemblyOf(parts)
  if (assembly === undefined) begun.push((assembly = await beginAssembly(context, name, earlier, bounds)))
  await assembly.include(parts)
  return { mailbox: assembly.mailbox, blob: await assembly.finish() }
}
