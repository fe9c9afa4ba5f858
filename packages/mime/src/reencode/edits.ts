import { MAX_REENCODED_HEADER } from '../limits.ts'
import { SevenBitCheck, type OctetCheck } from '../octet-check.ts'
import type { Part } from '../part.ts'
import { CannotReencode } from './rules.ts'
import { checked, type Reencoding } from './work.ts'

export type Encoding = 'base64' | 'quoted-printable'

/** A stretch of the message that is written otherwise. */
export type Edit =
  /** A header with another encoding, or in ASCII. `isMessage`: of a message, not of a part. */
  | {
      readonly what: 'header'
      readonly start: number
      readonly end: number
      readonly encoding?: Encoding | '7bit' | '8bit'
      readonly inAscii: boolean
      readonly isMessage: boolean
    }
  | { readonly what: 'body'; readonly start: number; readonly end: number; readonly encoding: Encoding; readonly endsLine: boolean }

/** A part and those it stands in, the message first. */
interface Place {
  readonly part: Part
  readonly above: readonly Part[]
}

/** What has to be written otherwise, in the order of the octets. */
export async function editsOf(work: Reencoding): Promise<Edit[]> {
  const edits = new Map<Part, Edit[]>()
  for (const place of places(work.root, [])) {
    const { part, above } = place
    if (above.some((each) => edits.get(each)?.some(({ what }) => what === 'body'))) continue
    const changed = work.rule.sevenBits === undefined ? await editsInEight(work, place) : await editsInSeven(work, place)
    if (changed.length === 0) continue
    edits.set(part, changed)
    // RFC 2045 section 6.4: a multipart or message is binary only while something in it is.
    if (work.rule.sevenBits === undefined)
      for (const [depth, each] of above.entries())
        if (each.encoding === 'binary') edits.set(each, [headerEdit({ part: each, above: above.slice(0, depth) }, '8bit')])
  }
  return [...edits.values()].flat().sort((a, b) => a.start - b.start || a.end - b.end)
}

function* places(part: Part, above: readonly Part[]): Generator<Place> {
  yield { part, above }
  for (const child of part.children) yield* places(child, [...above, part])
}

/** Octets above 127 may stay. */
async function editsInEight(work: Reencoding, place: Place): Promise<Edit[]> {
  const { part, above } = place
  const { rule, source } = work
  const isContainer = part.children.length > 0
  const isBinary = rule.binary && part.encoding === 'binary'
  if (!isBinary && (isContainer || !(await checked(work, part.body, part.end)).broken)) return []
  if (above.some(isSeal)) throw new CannotReencode('sealed')
  if (isContainer) return [headerEdit(place, '8bit')]
  if (!canEncode(part)) throw new CannotReencode('malformed')
  return [headerEdit(place, 'base64'), bodyEdit(part, 'base64', source.size)]
}

async function editsInSeven(work: Reencoding, place: Place): Promise<Edit[]> {
  const { part, above } = place
  const isSealed = above.some(isSeal)
  const inAscii = (await checked(work, part.header, part.body)).broken
  const encoding = await encodingInSeven(work, part)
  // Who takes no octets above 127 need not be told that there might be some (RFC 2045 section 6.2); what is sealed may say so all the same.
  const label = encoding ?? (!isSealed && (part.encoding === '8bit' || part.encoding === 'binary') ? '7bit' : undefined)
  if (!inAscii && label === undefined) return []
  if (isSealed) throw new CannotReencode('sealed')
  const header = headerEdit(place, label, inAscii)
  return encoding === undefined ? [header] : [header, bodyEdit(part, encoding, work.source.size)]
}

/** `undefined`: the body stays, or what stands in it is looked at on its own. */
async function encodingInSeven(work: Reencoding, part: Part): Promise<Encoding | undefined> {
  const [child] = part.children
  if (child !== undefined) {
    // RFC 6532 section 3.7: a message with UTF-8 in its header is encoded as a whole.
    const isGlobal = part.kind === 'message' && part.subtype === 'global' && IDENTITY.has(part.encoding)
    return isGlobal && (await checked(work, child.header, child.body)).broken ? 'base64' : undefined
  }
  const check = await checked(work, part.body, part.end)
  if (!check.broken) return undefined
  if (!canEncode(part)) throw new CannotReencode('malformed')
  return part.type === 'text' && isShorterQuoted(check, part) ? 'quoted-printable' : 'base64'
}

/** A quoted octet takes two more; base64 takes a third of all. */
function isShorterQuoted(check: OctetCheck, { body, end }: Part): boolean {
  return check instanceof SevenBitCheck && check.quoted * 6 <= end - body
}

const isSeal = ({ kind, subtype }: Part): boolean => kind === 'multipart' && (subtype === 'signed' || subtype === 'encrypted')

/** Encodings that leave octets as they are. */
const IDENTITY = new Set(['7bit', '8bit', 'binary'])

/** RFC 6533 section 6: parts of reports in UTF-8, which may be encoded as no other kind of message may (RFC 2046 section 5.2). */
const GLOBAL = new Set(['global-headers', 'global-delivery-status', 'global-disposition-notification'])

/** What has no header at all is the whole of a multipart without parts, which the scanner takes for one. */
function canEncode({ kind, type, subtype, encoding, header, body }: Part): boolean {
  const mayBe = type === 'message' ? GLOBAL.has(subtype) : type !== 'multipart'
  return kind === 'leaf' && body > header && mayBe && IDENTITY.has(encoding)
}

function headerEdit({ part: { header, body }, above }: Place, encoding: (Edit & { what: 'header' })['encoding'], inAscii = false): Edit {
  if (body - header > MAX_REENCODED_HEADER) throw new CannotReencode('malformed')
  const parent = above.at(-1)
  return {
    what: 'header',
    start: header,
    end: body,
    ...(encoding === undefined ? {} : { encoding }),
    inAscii,
    isMessage: parent === undefined || parent.kind === 'message',
  }
}

const bodyEdit = ({ body, end }: Part, encoding: Encoding, size: number): Edit => ({
  what: 'body',
  start: body,
  end,
  encoding,
  endsLine: end === size,
})
