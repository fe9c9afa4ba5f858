import { findPart, transferDecoder, type Part } from '@mailstead/mime'
import type { ImapDecoder } from '@mailstead/wire'
import { ImapNo } from '../errors.ts'
import type { Pace } from '../pace.ts'
import { cut } from './body.ts'
import type { FetchAttribute, FetchValue } from './item.ts'
import { BODY_INLINE } from './limits.ts'
import type { FetchedMessage } from './message.ts'
import { formatSection, parsePartial, parseSection, type Partial, type Section } from './section.ts'

/** Octets decoded at once. */
const SLICE = 32 * 1024

/** Decoded octets that are kept from the pass that counts them; more are decoded once more while they are sent. */
const KEPT = 256 * 1024

const wants = { structure: true, bodyUpTo: BODY_INLINE }

/** BINARY[…]<…> and BINARY.PEEK[…]<…>, RFC 3516 section 4.2. */
export function binaryAttribute(d: ImapDecoder, setsSeen: boolean): FetchAttribute {
  const section = parseBinarySection(d)
  const partial = parsePartial(d)
  return {
    label: `BINARY${formatSection(section, partial)}`,
    wants,
    setsSeen,
    check: (message) => checkEncoding(message, section),
    value: (message, _, pace) => contentOf(message, section, partial, pace),
  }
}

/** BINARY.SIZE[…]: octets that BINARY[…] would give; of a part that is not there none. */
export function binarySizeAttribute(d: ImapDecoder): FetchAttribute {
  const section = parseBinarySection(d)
  return {
    label: `BINARY.SIZE${formatSection(section, undefined)}`,
    wants,
    check: (message) => checkEncoding(message, section),
    async value(message, _, pace) {
      if (section.numbers.length === 0) return String(message.row.size)
      const part = findPart(await message.structure(), section.numbers)
      if (part === undefined) return '0'
      return String(isEncoded(part) ? (await count(message, part, undefined, pace)).size : part.end - part.body)
    },
  }
}

// section-binary = "[" [section-part] "]"
function parseBinarySection(d: ImapDecoder): Section {
  const section = parseSection(d)
  return section.text === undefined ? section : d.fail('nothing but part numbers before here')
}

/** Encodings that are none: the part's octets are its content. */
const IDENTITY = new Set(['7bit', '8bit', 'binary'])
const CODES = new Set(['base64', 'quoted-printable'])

/** Multiparts and messages are never encoded, whatever their header says (RFC 2045 section 6.4). */
function isEncoded({ kind, encoding }: Part): boolean {
  return (kind === 'leaf' || kind === 'opaque') && CODES.has(encoding)
}

/** Throws `ImapNo` UNKNOWN-CTE for a part whose content cannot be told. */
export async function checkEncoding(message: FetchedMessage, { numbers }: Section): Promise<void> {
  if (numbers.length === 0) return
  const part = findPart(await message.structure(), numbers)
  if (part?.kind !== 'leaf' || IDENTITY.has(part.encoding) || CODES.has(part.encoding)) return
  throw new ImapNo('The encoding of some part is not known', 'UNKNOWN-CTE')
}

/** The content without its encoding; of a part that is not there 'NIL'. */
export async function contentOf(
  message: FetchedMessage,
  { numbers }: Section,
  partial: Partial | undefined,
  pace: Pace,
): Promise<FetchValue> {
  const whole = partial ?? { origin: 0, length: Number.MAX_SAFE_INTEGER }
  // The message itself has its header in it, which no encoding covers.
  if (numbers.length === 0) return { pieces: cut([message.row.prefix, { start: 0, end: message.row.blobSize }], whole) }
  const part = findPart(await message.structure(), numbers)
  if (part === undefined) return 'NIL'
  if (!isEncoded(part)) return { pieces: cut([{ start: part.body, end: part.end }], whole) }
  const { size, hasNul, kept } = await count(message, part, partial, pace)
  return { binary: hasNul, pieces: [kept ?? { size, octets: () => decoded(message, part, partial, pace) }] }
}

interface Counted {
  readonly size: number
  readonly hasNul: boolean
  /** The octets, when they are few. */
  readonly kept: Uint8Array | undefined
}

/** What a literal's announcement has to know before the first octet goes out. */
async function count(message: FetchedMessage, part: Part, partial: Partial | undefined, pace: Pace): Promise<Counted> {
  let size = 0
  let hasNul = false
  let kept: Uint8Array[] | undefined = []
  for await (const octets of decoded(message, part, partial, pace)) {
    size += octets.length
    hasNul ||= octets.includes(0)
    if (size <= KEPT) kept?.push(octets)
    else kept = undefined
  }
  return { size, hasNul, kept: kept === undefined ? undefined : Buffer.concat(kept) }
}

/** The part's content, or as much of it as is asked for. */
async function* decoded(message: FetchedMessage, part: Part, partial: Partial | undefined, pace: Pace): AsyncGenerator<Uint8Array> {
  let skip = partial?.origin ?? 0
  let left = partial?.length ?? Number.MAX_SAFE_INTEGER
  for await (const octets of decodedWhole(message, part, pace)) {
    const wanted = octets.subarray(Math.min(skip, octets.length)).subarray(0, left)
    skip -= Math.min(skip, octets.length)
    left -= wanted.length
    if (wanted.length > 0) yield wanted
    if (left === 0) return
  }
}

async function* decodedWhole(message: FetchedMessage, part: Part, pace: Pace): AsyncGenerator<Uint8Array> {
  const decoder = transferDecoder(part.encoding)
  for await (const octets of message.read(part.body, part.end)) {
    for (let at = 0; at < octets.length; at += SLICE) {
      yield decoder.write(octets.subarray(at, at + SLICE))
      await pace.pause()
    }
  }
  yield decoder.end()
}
