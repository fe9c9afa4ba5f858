import { COMMON_FIELDS, hasBody, hasEmptyLine, headerFieldsText, sectionRange, selectHeaderFields } from '@mailstead/mime'
import type { FetchWants, MessageRow } from '@mailstead/store'
import type { FetchAttribute, FetchValue, MadePiece, Piece } from './item.ts'
import { BODY_INLINE, MAX_HEADER_READ, WHOLE_INLINE } from './limits.ts'
import type { FetchedMessage } from './message.ts'
import { formatSection, type Partial, type Section } from './section.ts'

/** A piece whose octets are at hand or in the store. */
export type StoredPiece = Exclude<Piece, MadePiece>

const CRLF = Buffer.from('\r\n')

/** BODY[section]<partial> under the name that the client used. */
export function bodyAttribute(name: string, section: Section, partial: Partial | undefined, setsSeen: boolean): FetchAttribute {
  const names = partial === undefined && isCommon(section) ? namesIn(section.text) : undefined
  return {
    label: name + formatSection(section, partial),
    wants: wantsOf(section, partial),
    setsSeen,
    ...(names === undefined ? {} : { lasting: true }),
    value: (message) =>
      (names === undefined ? undefined : listedFields(message.row, names)) ??
      wholeAtHand(message.row, section, partial) ??
      sectionValue(message, section, partial),
  }
}

/** RFC822, RFC822.HEADER and RFC822.TEXT: other names of the same. */
export function namedBody(label: string, section: Section, setsSeen: boolean): FetchAttribute {
  return {
    label,
    wants: wantsOf(section),
    setsSeen,
    value: (message) => wholeAtHand(message.row, section, undefined) ?? sectionValue(message, section, undefined),
  }
}

/** Columns that the section needs. */
export function wantsOf(section: Section, partial?: Partial): FetchWants {
  const { numbers, text } = section
  if (isWhole(section)) return { bodyUpTo: partial === undefined ? WHOLE_INLINE : BODY_INLINE }
  if (isCommon(section)) return { headers: true, structure: true }
  if (numbers.length === 0 && text !== undefined && text.kind !== 'text') return { structure: true, headerUpTo: BODY_INLINE }
  return { structure: true, bodyUpTo: BODY_INLINE }
}

function isWhole({ numbers, text }: Section): boolean {
  return numbers.length === 0 && text === undefined
}

type Fields = Extract<Section['text'], { kind: 'fields' }>

/** Whether the header fields kept beside the message answer it. */
function isCommon(section: Section): section is Section & { readonly text: Fields } {
  const { numbers, text } = section
  if (numbers.length > 0 || text?.kind !== 'fields' || text.not) return false
  return text.names.every((name) => COMMON_FIELDS.has(name.toLowerCase()))
}

function namesIn(text: Fields): ReadonlySet<string> {
  return new Set(text.names.map((name) => name.toLowerCase()))
}

/**
 * What clients ask for of every message in a list, out of what is kept beside it and without waiting: a literal with its octets. `undefined`:
 * the message has to be looked into.
 */
function listedFields({ prefix, headers, structure }: MessageRow, names: ReadonlySet<string>): string | undefined {
  // What has a body has an empty line before it; the fields kept beside the message do not tell.
  if (headers === undefined || headers.length === 0 || structure === undefined || hasBody(structure) !== true) return undefined
  const fields = headerFieldsText([prefix, headers], names)
  return `{${fields.length + CRLF.length}}\r\n${fields}\r\n`
}

/** The whole message, if it came along with its row. */
function wholeAtHand({ prefix, body }: MessageRow, section: Section, partial: Partial | undefined): FetchValue | undefined {
  if (body === undefined || !isWhole(section)) return undefined
  return { pieces: partial === undefined ? [prefix, body] : cut([prefix, body], partial) }
}

async function sectionValue(message: FetchedMessage, section: Section, partial: Partial | undefined): Promise<FetchValue> {
  const pieces = await sectionPieces(message, section)
  // RFC 3501 section 7.4.2: body sections are nstrings; a part that is not there is NIL.
  return pieces === undefined ? 'NIL' : { pieces: partial === undefined ? pieces : cut(pieces, partial) }
}

/** Part numbers and their offsets mean the blob; the whole message has its prefix in front. `undefined`: the part is not there. */
export async function sectionPieces(message: FetchedMessage, section: Section): Promise<readonly StoredPiece[] | undefined> {
  const { numbers, text } = section
  const { prefix, blobSize } = message.row
  if (isWhole(section)) return [prefix, { start: 0, end: blobSize }]
  if (text?.kind === 'fields') return fieldPieces(message, section, text)
  const range = sectionRange(await message.structure(), numbers, text?.kind)
  if (range === undefined) return undefined
  return numbers.length === 0 && text?.kind === 'header' ? [prefix, range] : [range]
}

async function fieldPieces(message: FetchedMessage, section: Section, text: Fields): Promise<readonly StoredPiece[] | undefined> {
  const { numbers } = section
  const names = namesIn(text)
  const root = await message.structure()
  if (isCommon(section) && root.body < root.end) return [selectHeaderFields(await message.commonHeader(), names), CRLF]
  const range = sectionRange(root, numbers, 'header')
  if (range === undefined) return undefined
  const header = numbers.length === 0 ? await message.fullHeader() : await message.readHeader(range.start, range.end)
  const fields = selectHeaderFields(header, names, text.not)
  // RFC 3501 section 6.4.5: the empty line is always part of it, unless the message has neither that nor a body.
  const isCut = header.length >= MAX_HEADER_READ
  return isCut || hasEmptyLine(header) ? [fields, CRLF] : [fields]
}

export function pieceSize(piece: Piece): number {
  if (piece instanceof Uint8Array) return piece.length
  return 'size' in piece ? piece.size : piece.end - piece.start
}

/** The octets of a partial; beyond the end there are none. */
export function cut(pieces: readonly StoredPiece[], { origin, length }: Partial): StoredPiece[] {
  const kept: StoredPiece[] = []
  let offset = 0
  for (const piece of pieces) {
    const size = pieceSize(piece)
    const from = Math.max(0, origin - offset)
    const to = Math.min(size, origin + length - offset)
    if (from < to) {
      kept.push(piece instanceof Uint8Array ? piece.subarray(from, to) : { start: piece.start + from, end: piece.start + to })
    }
    offset += size
  }
  return kept
}
