import { decodeStructure, makeField, readHeader, writeHeader, type Part } from '@mailstead/mime'
import { CHUNK_SIZE, type BlobWriter, type StagedBlob } from '@mailstead/store'
import { ImapNo } from './errors.ts'
import { MAX_HEADER_READ } from './fetch/limits.ts'
import type { Pace } from './pace.ts'

/** A stretch of the message that is written otherwise: a header with another encoding, or a body as base64. */
interface Edit {
  readonly start: number
  readonly end: number
  readonly write: (octets: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>
}

/** Octets of a line of base64, RFC 2045 section 6.8: 76 characters. */
const LINE = 57

/** Lines encoded at once. */
const LINES = 512

/** Encodings that leave octets as they are. */
const IDENTITY = new Set(['7bit', '8bit', 'binary'])

/**
 * Writes a staged message whose parts hold NUL anew, those parts as base64, everything else as it is: no other item of
 * FETCH can give NUL back, and BODY must agree with BODYSTRUCTURE (RFC 3516 sections 4.4 and 6). Throws `ImapNo`
 * UNKNOWN-CTE where that would lose something: NUL in headers, in encoded text, or in what is signed.
 */
export async function encodeNul(blob: StagedBlob, writer: BlobWriter, pace: Pace): Promise<StagedBlob> {
  const root = decodeStructure(blob.rendered.structure)
  if (root === undefined) throw new Error('the scanner made a structure that cannot be read')
  const edits = await editsOf(blob, root, pace)
  let at = 0
  for (const { start, end, write } of edits) {
    await copy(octetsOf(blob, at, start, pace), writer)
    await copy(write(octetsOf(blob, start, end, pace)), writer)
    at = end
  }
  await copy(octetsOf(blob, at, blob.size, pace), writer)
  return writer.finish()
}

async function copy(octets: AsyncIterable<Uint8Array>, writer: BlobWriter): Promise<void> {
  for await (const piece of octets) await writer.write(piece)
}

async function* octetsOf(blob: StagedBlob, start: number, end: number, pace: Pace): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end;) {
    const octets = await blob.read(at, Math.min(CHUNK_SIZE, end - at))
    yield octets
    at += octets.length
    await pace.pause()
  }
}

/** What has to be written otherwise, in the order of the octets. */
async function editsOf(blob: StagedBlob, root: Part, pace: Pace): Promise<Edit[]> {
  const edits = new Map<Part, Edit[]>()
  for (const { part, above } of leaves(root, [])) {
    if (!(await holdsNul(blob, part.body, part.end, pace))) continue
    if (!canEncode(part, above)) throw unknownEncoding()
    edits.set(part, [headerEdit(part, 'base64'), { start: part.body, end: part.end, write: (octets) => toBase64(octets, part === root) }])
    // RFC 2045 section 6.4: a multipart or message is binary only while something in it is.
    for (const each of above) if (each.encoding === 'binary') edits.set(each, [headerEdit(each, '8bit')])
  }
  const sorted = [...edits.values()].flat().sort((a, b) => a.start - b.start)
  let at = 0
  for (const { start, end } of [...sorted.filter((edit) => edit.end - edit.start > 0), { start: blob.size, end: blob.size }]) {
    if (await holdsNul(blob, at, start, pace)) throw unknownEncoding()
    at = end
  }
  return sorted
}

function* leaves(part: Part, above: readonly Part[]): Generator<{ part: Part; above: readonly Part[] }> {
  if (part.children.length === 0) yield { part, above }
  for (const child of part.children) yield* leaves(child, [...above, part])
}

/** What has no header at all is the whole of a multipart without parts, which the scanner takes for one. */
function canEncode({ kind, type, encoding, header, body }: Part, above: readonly Part[]): boolean {
  const isSealed = above.some(({ kind: outer, subtype }) => outer === 'multipart' && (subtype === 'signed' || subtype === 'encrypted'))
  return kind === 'leaf' && body > header && type !== 'message' && type !== 'multipart' && IDENTITY.has(encoding) && !isSealed
}

function unknownEncoding(): ImapNo {
  return new ImapNo('NUL stands where it cannot be encoded', 'UNKNOWN-CTE')
}

async function holdsNul(blob: StagedBlob, start: number, end: number, pace: Pace): Promise<boolean> {
  for await (const octets of octetsOf(blob, start, end, pace)) if (octets.includes(0)) return true
  return false
}

function headerEdit({ header, body }: Part, encoding: string): Edit {
  if (body - header > MAX_HEADER_READ) throw unknownEncoding()
  return {
    start: header,
    end: body,
    async *write(octets) {
      const pieces: Uint8Array[] = []
      for await (const piece of octets) pieces.push(piece)
      yield withEncoding(Buffer.concat(pieces), encoding)
    },
  }
}

/** The header with this Content-Transfer-Encoding in the place of the first one, and without others. */
function withEncoding(header: Uint8Array, encoding: string): Uint8Array {
  if (header.includes(0)) throw unknownEncoding()
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
