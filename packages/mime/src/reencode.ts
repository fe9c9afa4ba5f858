import { makeField, readHeader, writeHeader } from './header.ts'
import { MAX_REENCODED_HEADER } from './limits.ts'
import { LineCheck, NulCheck, type OctetCheck } from './octet-check.ts'
import type { Part } from './part.ts'

/** A message that can be read again and again. */
export interface OctetSource {
  readonly size: number
  /** Octets from `offset`, `length` at most and one at least. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** Which parts have to be written as base64. */
export interface ReencodeRule {
  /** Of a part's content, and of everything that stays as it is. */
  readonly check: () => OctetCheck
  /** Parts that call themselves binary are encoded whatever they hold. */
  readonly binary: boolean
}

/** No other item of FETCH than BINARY can give NUL back (RFC 3516 section 4.4). */
export const WITHOUT_NUL: ReencodeRule = { check: () => new NulCheck(), binary: false }

/** A binary message (RFC 3030) as one that every mail program takes; no line longer than `maxLine`. */
export const asLines = (maxLine: number): ReencodeRule => ({ check: () => new LineCheck(maxLine), binary: true })

/** `sealed`: it stands inside of what is signed or encrypted; `malformed`: in headers, in encoded text, or between the parts. */
export class CannotReencode extends Error {
  override name = 'CannotReencode'
  readonly reason: 'sealed' | 'malformed'

  constructor(reason: CannotReencode['reason']) {
    super(`What has to be encoded is ${reason}`)
    this.reason = reason
  }
}

/** A stretch of the message that is written otherwise: a header with another encoding, or a body as base64. */
interface Edit {
  readonly start: number
  readonly end: number
  readonly encoding: 'base64' | '8bit'
  readonly what: 'header' | 'body' | 'last-body'
}

/** Octets of a line of base64, RFC 2045 section 6.8: 76 characters. */
const LINE = 57

/** Lines encoded at once. */
const LINES = 512

/** Octets read at once. */
const STEP = 256 * 1024

/** Encodings that leave octets as they are. */
const IDENTITY = new Set(['7bit', '8bit', 'binary'])

/** What happens between two steps of some thousand octets; the work may be ended by throwing. */
export type Pause = () => Promise<void> | undefined

/** A message and what must not hold the thread for long. */
export interface Reencoding {
  readonly source: OctetSource
  readonly root: Part
  readonly rule: ReencodeRule
  readonly pause: Pause
}

/**
 * The octets of the message with those parts as base64 that the rule asks for, everything else as it is: their content can be had
 * from them as it was. `undefined`: nothing has to be written anew. Throws `CannotReencode` where that would lose something,
 * also while the octets are read; those before are then of no use.
 */
export async function reencode(work: Reencoding): Promise<AsyncIterable<Uint8Array> | undefined> {
  const edits = await editsOf(work)
  if (edits.length > 0) return written(work, edits)
  if (await isBroken(work, 0, work.source.size)) throw new CannotReencode('malformed')
  return undefined
}

async function* written(work: Reencoding, edits: readonly Edit[]): AsyncGenerator<Uint8Array> {
  const { source, rule } = work
  let at = 0
  let check = rule.check()
  const checked = (octets: Uint8Array): Uint8Array => {
    check.push(octets)
    return octets
  }
  for (const { start, end, encoding, what } of edits) {
    for await (const octets of octetsOf(work, at, start)) yield checked(octets)
    if (what === 'header') yield checked(withEncoding(await gather(octetsOf(work, start, end)), encoding))
    else {
      if (check.broken) throw new CannotReencode('malformed')
      check = rule.check()
      yield* toBase64(octetsOf(work, start, end), what === 'last-body')
    }
    at = end
  }
  for await (const octets of octetsOf(work, at, source.size)) yield checked(octets)
  if (check.broken) throw new CannotReencode('malformed')
}

async function* octetsOf({ source, pause }: Reencoding, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end;) {
    const octets = await source.read(at, Math.min(STEP, end - at))
    yield octets
    at += octets.length
    await pause()
  }
}

async function gather(octets: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of octets) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function isBroken(work: Reencoding, start: number, end: number): Promise<boolean> {
  const check = work.rule.check()
  for await (const octets of octetsOf(work, start, end)) check.push(octets)
  return check.broken
}

/** What has to be written otherwise, in the order of the octets. */
async function editsOf(work: Reencoding): Promise<Edit[]> {
  const { root, rule } = work
  const edits = new Map<Part, Edit[]>()
  for (const { part, above } of allParts(root, [])) {
    const isContainer = part.children.length > 0
    const isBinary = rule.binary && part.encoding === 'binary'
    if (!isBinary && (isContainer || !(await isBroken(work, part.body, part.end)))) continue
    if (above.some(isSeal)) throw new CannotReencode('sealed')
    if (isContainer) edits.set(part, [headerEdit(part, '8bit')])
    else {
      if (!canEncode(part)) throw new CannotReencode('malformed')
      const what = part === root ? 'last-body' : 'body'
      edits.set(part, [headerEdit(part, 'base64'), { start: part.body, end: part.end, encoding: 'base64', what }])
    }
    // RFC 2045 section 6.4: a multipart or message is binary only while something in it is.
    for (const each of above) if (each.encoding === 'binary') edits.set(each, [headerEdit(each, '8bit')])
  }
  return [...edits.values()].flat().sort((a, b) => a.start - b.start || a.end - b.end)
}

function* allParts(part: Part, above: readonly Part[]): Generator<{ part: Part; above: readonly Part[] }> {
  yield { part, above }
  for (const child of part.children) yield* allParts(child, [...above, part])
}

const isSeal = ({ kind, subtype }: Part): boolean => kind === 'multipart' && (subtype === 'signed' || subtype === 'encrypted')

/** What has no header at all is the whole of a multipart without parts, which the scanner takes for one. */
function canEncode({ kind, type, encoding, header, body }: Part): boolean {
  return kind === 'leaf' && body > header && type !== 'message' && type !== 'multipart' && IDENTITY.has(encoding)
}

function headerEdit({ header, body }: Part, encoding: Edit['encoding']): Edit {
  if (body - header > MAX_REENCODED_HEADER) throw new CannotReencode('malformed')
  return { start: header, end: body, encoding, what: 'header' }
}

/** The header with this Content-Transfer-Encoding in the place of the first one, and without others. */
function withEncoding(header: Uint8Array, encoding: string): Uint8Array {
  const field = makeField('Content-Transfer-Encoding', encoding)
  const fields = readHeader(header)
  const size = fields.reduce((sum, { raw }) => sum + raw.length, 0)
  const place = fields.findIndex(({ name }) => name.toLowerCase() === 'content-transfer-encoding')
  const kept = fields.filter(({ name }, index) => index === place || name.toLowerCase() !== 'content-transfer-encoding')
  const changed = place === -1 ? [...kept, field] : kept.with(place, field)
  return Buffer.concat([writeHeader(changed), header.subarray(size)])
}

/** Lines of base64 with line ends between them, and behind the last one when nothing else ends it. */
async function* toBase64(octets: AsyncIterable<Uint8Array>, endsLine: boolean): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0)
  let between = ''
  const encode = (piece: Uint8Array): Uint8Array => {
    const text = Buffer.from(piece.buffer, piece.byteOffset, piece.length)
      .toString('base64')
      .replace(/.{76}(?=.)/g, '$&\r\n')
    const lines = Buffer.from(between + text, 'latin1')
    between = '\r\n'
    return lines
  }
  for await (const piece of octets) {
    const all = Buffer.concat([rest, piece])
    const whole = all.length - (all.length % LINE)
    for (let at = 0; at < whole; at += LINE * LINES) yield encode(all.subarray(at, Math.min(whole, at + LINE * LINES)))
    rest = all.subarray(whole)
  }
  if (rest.length > 0) yield encode(rest)
  if (endsLine) yield Buffer.from('\r\n')
}
