import { StoreError, type FetchWants, type Mailbox, type MailStore, type Uid } from '@mailstead/store'
import { ImapDecoder, ImapSyntaxError, parseImapUrl, type ImapUrl } from '@mailstead/wire'
import type { Registry } from '../command.ts'
import { cut, pieceSize, sectionPieces, wantsOf, type StoredPiece } from '../fetch/body.ts'
import { FetchedMessage } from '../fetch/message.ts'
import { parseSection, type Section } from '../fetch/section.ts'

/** The URL, if it is one that this session is offered. */
export function readUrl(text: string, registry: Pick<Registry, 'has'>): ImapUrl | undefined {
  const url = parseImapUrl(text)
  return url?.partial !== undefined && !registry.has('URL-PARTIAL') ? undefined : url
}

/** What a URL names: octets of a message that is there. */
export interface UrlContent {
  readonly message: FetchedMessage
  readonly pieces: readonly StoredPiece[]
  readonly size: number
}

/** The section that a URL asks for; `undefined`: there is no such one. */
export function sectionOf({ section }: ImapUrl): Section | undefined {
  const d = new ImapDecoder(Buffer.from(`[${section}]`))
  try {
    const parsed = parseSection(d)
    d.end()
    return parsed
  } catch (error) {
    if (error instanceof ImapSyntaxError) return undefined
    throw error
  }
}

/** The message that a URL names, with what `section` needs of it; `undefined`: there is none, or `store` may not see it. */
export async function openMessage(
  store: MailStore,
  url: ImapUrl,
  section: Section,
  more: FetchWants = {},
): Promise<FetchedMessage | undefined> {
  if (url.uid === undefined) return undefined
  try {
    const mailbox = await openMailbox(store, url)
    const [row] = mailbox === undefined ? [] : await store.fetch(mailbox.id, [url.uid as Uid], { ...wantsOf(section), ...more })
    return row === undefined || row.expunged ? undefined : new FetchedMessage(row.uid, row, store.blobs)
  } catch (error) {
    return isMissing(error) ? undefined : raise(error)
  }
}

/** BODY.PEEK[section]<partial> of the message that a URL names; `undefined` when anything of it is not there. */
export async function openUrl(store: MailStore, url: ImapUrl): Promise<UrlContent | undefined> {
  const section = sectionOf(url)
  const message = section === undefined ? undefined : await openMessage(store, url, section)
  return section === undefined || message === undefined ? undefined : readSection(message, section, url)
}

/** What the URL names of its message. */
export async function readSection(message: FetchedMessage, section: Section, url: ImapUrl): Promise<UrlContent | undefined> {
  try {
    const whole = await sectionPieces(message, section)
    return whole === undefined ? undefined : content(message, whole, url)
  } catch (error) {
    return isMissing(error) ? undefined : raise(error)
  }
}

/** The octets, piece by piece. Throws `StoreError` `message-not-found` when they are purged meanwhile. */
export async function* octetsOf({ message, pieces }: UrlContent): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) yield piece
    else yield* message.read(piece.start, piece.end)
  }
}

/** Whether what a URL names is not there, or not for this account to see. */
export function isMissing(error: unknown): boolean {
  return error instanceof StoreError && ['mailbox-not-found', 'message-not-found', 'not-permitted'].includes(error.code)
}

function content(message: FetchedMessage, whole: readonly StoredPiece[], { partial }: ImapUrl): UrlContent {
  const pieces = partial === undefined ? whole : cut(whole, { origin: partial.origin, length: partial.length ?? Number.MAX_SAFE_INTEGER })
  return { message, pieces, size: pieces.reduce((sum, piece) => sum + pieceSize(piece), 0) }
}

async function openMailbox(store: MailStore, { mailbox: name, uidValidity }: ImapUrl): Promise<Mailbox | undefined> {
  const mailbox = await store.openMailbox(name)
  return uidValidity === undefined || uidValidity === mailbox.uidValidity ? mailbox : undefined
}

function raise(error: unknown): never {
  throw error
}
