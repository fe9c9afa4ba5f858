import { findPart, partStructure } from '@mailstead/mime'
import { formatString, type ImapDecoder } from '@mailstead/wire'
import type { CommandContext, Registry } from '../command.ts'
import { ImapNo } from '../errors.ts'
import { checkEncoding, contentOf } from '../fetch/binary.ts'
import { pieceSize } from '../fetch/body.ts'
import type { FetchValue } from '../fetch/item.ts'
import type { FetchedMessage } from '../fetch/message.ts'
import type { Section } from '../fetch/section.ts'
import { prepareValue, writeValue } from '../fetch/write.ts'
import { Pace } from '../pace.ts'
import type { Authenticated, Selected } from '../session.ts'
import { authorize, type Authorized } from './authorize.ts'
import { isMissing, openMessage, readSection, sectionOf } from './open.ts'

type Context = CommandContext<Authenticated | Selected>

const PARAMETERS = ['BODYPARTSTRUCTURE', 'BINARY', 'BODY'] as const

type Parameter = (typeof PARAMETERS)[number]

/** A URL to fetch; without parameters as RFC 4467 has it. */
export interface UrlRequest {
  readonly text: string
  readonly parameters: ReadonlySet<Parameter>
}

// url-fetch-arg = url-full / "(" url-full *(SP url-fetch-param) ")"   RFC 5524 section 5
export function parseRequest(d: ImapDecoder, registry: Registry): UrlRequest {
  const parameters = new Set<Parameter>()
  if (!registry.has('URLAUTH=BINARY') || !d.skip('(')) return { text: d.astring(), parameters }
  const text = d.astring()
  while (d.skip(' ')) {
    const word = d.word()
    const parameter = PARAMETERS.find((name) => name === word) ?? d.fail('BODY, BINARY or BODYPARTSTRUCTURE before here')
    if (parameters.has(parameter)) d.fail('each parameter once')
    parameters.add(parameter)
  }
  d.expect(')')
  if (parameters.has('BODY') && parameters.has('BINARY')) d.fail('BODY or BINARY, not both,')
  return { text, parameters }
}

/** One URLFETCH response: what the URL gives access to, or NIL. */
export async function tellUrl(context: Context, { text, parameters }: UrlRequest): Promise<void> {
  const { respond } = context
  const found = await openAuthorized(context, text, parameters)
  const told = found === undefined ? undefined : await valuesOf(found, parameters, new Pace(respond))
  respond.write(`* URLFETCH ${formatString(text)}`)
  if (found === undefined || told === undefined) respond.write(' NIL')
  else await writeAll(context, found.message, told)
  respond.write('\r\n')
}

interface Found extends Authorized {
  readonly section: Section
  readonly message: FetchedMessage
}

async function openAuthorized(context: Context, text: string, parameters: UrlRequest['parameters']): Promise<Found | undefined> {
  const authorized = await authorize(context, text)
  const section = authorized === undefined ? undefined : sectionOf(authorized.url)
  if (authorized === undefined || section === undefined) return undefined
  const more = { structure: true, ...(parameters.has('BODYPARTSTRUCTURE') ? { bodyStructure: true } : {}) }
  const message = await openMessage(authorized.store, authorized.url, section, more)
  return message === undefined ? undefined : { ...authorized, section, message }
}

interface Told {
  /** What stands before the value, and behind it. */
  readonly before: string
  readonly value: FetchValue
  readonly after: string
}

/** `undefined`: NIL in the place of all. Nothing is written before it is sure that the octets are still there. */
async function valuesOf(found: Found, parameters: UrlRequest['parameters'], pace: Pace): Promise<readonly Told[] | undefined> {
  try {
    const told = parameters.size === 0 ? [await plain(found)] : await withMetadata(found, parameters, pace)
    for (const { value } of told ?? []) await prepareValue(found.message, value)
    return told
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** RFC 4467 section BASE.7.4.URLFETCH: a part that is not there is an empty string. */
async function plain({ message, section, url }: Found): Promise<Told> {
  const content = await readSection(message, section, url)
  return { before: ' ', value: content === undefined ? '""' : content, after: '' }
}

/** RFC 5524 section 3.2; a part that is not there is NIL. */
async function withMetadata(found: Found, parameters: UrlRequest['parameters'], pace: Pace): Promise<Told[] | undefined> {
  const { message, section, url } = found
  const body = await readSection(message, section, url)
  if (body === undefined) return undefined
  const binary = parameters.has('BINARY') ? await withoutEncoding(found, pace) : undefined
  const told: Told[] = []
  if (parameters.has('BODYPARTSTRUCTURE')) {
    const decoded = binary === undefined || binary === 'NIL' ? undefined : sizeOf(binary)
    const structure = partStructure(message.row.bodyStructure ?? new Uint8Array(), section.numbers, decoded) ?? 'NIL'
    told.push({ before: ' (BODYPARTSTRUCTURE ', value: structure, after: ')' })
  }
  if (binary !== undefined) told.push({ before: ' (BINARY ', value: binary, after: ')' })
  if (parameters.has('BODY')) told.push({ before: ' (BODY ', value: body, after: ')' })
  return told
}

/** `NIL` where the encoding is not known. Headers have none. */
async function withoutEncoding({ message, section, url }: Found, pace: Pace): Promise<FetchValue> {
  const isContent = section.text === undefined && findPart(await message.structure(), section.numbers) !== undefined
  if (!isContent) return (await readSection(message, section, url)) ?? 'NIL'
  try {
    await checkEncoding(message, section)
  } catch (error) {
    if (error instanceof ImapNo) return 'NIL'
    throw error
  }
  const { partial } = url
  const range = partial === undefined ? undefined : { origin: partial.origin, length: partial.length ?? Number.MAX_SAFE_INTEGER }
  return contentOf(message, section, range, pace)
}

function sizeOf(value: FetchValue): number {
  return typeof value === 'string' || value instanceof Uint8Array
    ? value.length
    : value.pieces.reduce((sum, piece) => sum + pieceSize(piece), 0)
}

async function writeAll(context: Context, message: FetchedMessage, told: readonly Told[]): Promise<void> {
  for (const { before, value, after } of told) {
    context.respond.write(before)
    await writeValue(context, message, value, { account: context.session.account })
    context.respond.write(after)
  }
}
