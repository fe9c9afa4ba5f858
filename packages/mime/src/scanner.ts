import { renderBodyStructure } from './body-structure.ts'
import { BoundaryTable } from './boundaries.ts'
import { commonFields } from './common-fields.ts'
import { envelopeFields, renderEnvelope } from './envelope.ts'
import { fieldSpans, type FieldSpan } from './header.ts'
import { MAX_DELIMITER_LINE, MAX_DEPTH, MAX_HEADER_OCTETS, MAX_PARTS, MAX_TOTAL_HEADER_OCTETS } from './limits.ts'
import { threadIds, type ThreadIds } from './message-ids.ts'
import { isBlank, toOctets, toText, view } from './octets.ts'
import { makeOpaque, newPart, takeHeader, type PartBuilder } from './part-builder.ts'
import { readPartHeader } from './part-header.ts'
import { RENDERER_VERSION, type Rendered } from './rendered.ts'
import { NO_SORT_KEYS, sortKeys } from './sort-keys.ts'
import { encodeStructure } from './structure.ts'

const LF = 10
const CR = 13
const DASH = 45
const LINE_AND_DASHES = Buffer.from('\n--')

/** A line's octets that are looked at one by one; native search takes over behind them. */
const SHORT_LINE = 160

const EMPTY = Buffer.alloc(0)

/**
 * Reads a message once, in any slices, and renders what is kept beside it. Takes anything for a message and throws
 * nothing. Time is linear in the octets; memory is that of the headers within MAX_TOTAL_HEADER_OCTETS and of at most
 * MAX_PARTS parts. Lines end with CRLF or LF, also mixed; a header ends at its first empty line.
 */
export class MessageScanner {
  readonly #root = newPart(0, 0, true, false)
  /** The open parts, root first. */
  readonly #open: PartBuilder[] = [this.#root]
  #top: PartBuilder = this.#root
  readonly #boundaries = new BoundaryTable()
  #parts = 1

  /** Offset in the message of the octet at index 0 of the chunk at hand. */
  #base = 0
  /** The last two octets before the chunk at hand. */
  #before1 = 0
  #before2 = 0
  #atLineStart = true
  /** A line's beginning that cannot be judged before more of it comes. */
  #carry: Buffer = EMPTY
  /** Line feeds, as far as they were counted: only while an open part wants to know. */
  #feeds = 0
  #counting = 0

  #inHeader = true
  /** Pieces of the header at hand from earlier chunks. */
  #headerPieces: Buffer[] = []
  #headerKept = 0
  #headersTotal = 0
  /** Index in the chunk at hand from where the header is not yet kept. */
  #headerFrom = 0

  /** The message's own header, once it is whole. */
  #rootHeader: { readonly text: string; readonly spans: readonly FieldSpan[] } | undefined
  #ids: ThreadIds = { messageId: undefined, references: [] }

  /** The next octets; nothing of `chunk` is kept. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    const octets = this.#carry.length === 0 ? view(chunk) : Buffer.concat([this.#carry, chunk])
    this.#carry = EMPTY
    this.#consume(octets, false)
  }

  /** After the last octet; the scanner is then used up. What is rendered is made when it is asked for: of mail that only passes nobody asks. */
  end(): Rendered {
    const octets = this.#carry
    this.#carry = EMPTY
    this.#consume(octets, true)
    this.#closeDownTo(0, this.#base, 0)
    const root = this.#root
    const header = this.#rootHeader
    // A header cut off at the limit would answer HEADER.FIELDS wrongly.
    const whole = root.body > MAX_HEADER_OCTETS ? undefined : header
    return {
      version: RENDERER_VERSION,
      headerSize: root.body,
      get envelope() {
        return toOctets(root.envelope)
      },
      get bodyStructure() {
        return toOctets(renderBodyStructure(root))
      },
      get headers() {
        return toOctets(whole === undefined ? '' : commonFields(whole.text, whole.spans))
      },
      get structure() {
        return encodeStructure(root)
      },
      get sortKeys() {
        return header === undefined ? NO_SORT_KEYS : sortKeys(toOctets(root.envelope), header.text, header.spans)
      },
      ...this.#ids,
    }
  }

  /** Goes as far as the octets can be judged; the rest becomes the carry, unless it is the `last`. */
  #consume(octets: Buffer, last: boolean): void {
    let at = 0
    this.#headerFrom = 0
    while (at < octets.length) {
      const next = this.#inHeader ? this.#header(octets, at, last) : this.#body(octets, at, last)
      if (next < 0) {
        // Copied, since the caller may use the chunk again.
        this.#carry = Buffer.from(octets.subarray(~next))
        at = ~next
        break
      }
      at = next
    }
    if (this.#inHeader) this.#keepHeader(octets, at)
    if (at >= 2) this.#before2 = octets[at - 2] ?? 0
    else if (at === 1) this.#before2 = this.#before1
    if (at >= 1) this.#before1 = octets[at - 1] ?? 0
    this.#base += at
  }

  /** Header lines from `at`. Returns where to go on, or the complement of where more octets are needed. */
  #header(octets: Buffer, at: number, last: boolean): number {
    const length = octets.length
    while (at < length) {
      if (this.#atLineStart) {
        const first = octets[at]
        if (first === LF) return this.#headerEnds(octets, at + 1)
        if (first === CR) {
          if (at + 1 >= length && !last) return ~at
          if (octets[at + 1] === LF) return this.#headerEnds(octets, at + 2)
        } else if (first === DASH && this.#boundaries.size > 0) {
          const behind = this.#delimiter(octets, at, last)
          if (behind !== 0) return behind
        }
        this.#atLineStart = false
      }
      const feed = findFeed(octets, at)
      if (feed < 0) return length
      if (this.#counting > 0) this.#feeds++
      this.#atLineStart = true
      at = feed + 1
    }
    return at
  }

  /** The empty line that ends the header stands before `at`. */
  #headerEnds(octets: Buffer, at: number): number {
    if (this.#counting > 0) this.#feeds++
    this.#finishHeader(this.#headerText(octets, at), this.#base + at)
    this.#headerFrom = at
    this.#atLineStart = true
    return at
  }

  #body(octets: Buffer, at: number, last: boolean): number {
    const length = octets.length
    const delimited = this.#boundaries.size > 0
    if (!delimited && this.#counting === 0) return length
    while (at < length) {
      if (this.#atLineStart) {
        if (delimited && octets[at] === DASH) {
          const behind = this.#delimiter(octets, at, last)
          if (behind !== 0) return behind
        }
        this.#atLineStart = false
      }
      if (this.#counting > 0) {
        const feed = findFeed(octets, at)
        if (feed < 0) return length
        this.#feeds++
        at = feed + 1
      } else {
        const found = octets.indexOf(LINE_AND_DASHES, at)
        if (found < 0) return this.#tail(octets, at, last)
        at = found + 1
      }
      this.#atLineStart = true
    }
    return at
  }

  /** No line with two dashes from `at` to the end: unless one begins in the last two octets. */
  #tail(octets: Buffer, at: number, last: boolean): number {
    const length = octets.length
    if (octets[length - 1] === LF) this.#atLineStart = true
    else if (!last && length - 2 >= at && octets[length - 1] === DASH && octets[length - 2] === LF) {
      this.#atLineStart = true
      return ~(length - 1)
    }
    return length
  }

  /**
   * The line at `at` begins with a dash. Returns 0 when it is no delimiter; else acts on it and returns the place
   * behind it; or the complement of `at` when more octets are needed.
   */
  #delimiter(octets: Buffer, at: number, last: boolean): number {
    if (at + 1 < octets.length && octets[at + 1] !== DASH) return 0
    const window = Math.min(octets.length, at + MAX_DELIMITER_LINE)
    let feed = at
    while (feed < window && octets[feed] !== LF) feed++
    if (feed === window) {
      if (window === at + MAX_DELIMITER_LINE) return 0
      if (!last) return ~at
    }
    let end = feed
    while (end > at && isBlank(octets[end - 1] ?? 0)) end--
    const match = this.#boundaries.match(octets, at + 2, end)
    if (match === undefined) return 0
    const behind = Math.min(feed + 1, octets.length)
    this.#keepHeader(octets, at)
    this.#closeDownTo(match.level + 1, this.#base + at, this.#breakBefore(octets, at))
    if (feed < octets.length && this.#counting > 0) this.#feeds++
    const multipart = this.#top
    // A delimiter that the message ends in was to be the last one: what is cut off there is no part.
    if (match.closes || feed >= octets.length) {
      this.#boundaries.close(match.boundary)
      multipart.boundary = undefined
      this.#inHeader = false
    } else {
      if (multipart.children.length === 0) this.#counting--
      this.#startPart(multipart, this.#base + behind)
      this.#headerFrom = behind
    }
    this.#atLineStart = true
    return behind
  }

  /** Octets of the line end that stands before `at`. */
  #breakBefore(octets: Buffer, at: number): number {
    const feed = at >= 1 ? octets[at - 1] : this.#before1
    if (feed !== LF) return 0
    const before = at >= 2 ? octets[at - 2] : at === 1 ? this.#before1 : this.#before2
    return before === CR ? 2 : 1
  }

  #startPart(multipart: PartBuilder, offset: number): void {
    const part = newPart(offset, multipart.depth + 1, false, multipart.subtype === 'digest')
    this.#enter(multipart, part)
    if (this.#parts < MAX_PARTS) return
    // The last part allowed: from here on nothing is looked at.
    makeOpaque(part)
    this.#inHeader = false
    this.#boundaries.clear()
  }

  #enter(parent: PartBuilder, part: PartBuilder): void {
    parent.children.push(part)
    this.#open.push(part)
    this.#top = part
    this.#parts++
    this.#inHeader = true
    this.#headerPieces = []
    this.#headerKept = 0
  }

  /** Copies what the header has in this chunk, up to `end`. */
  #keepHeader(octets: Buffer, end: number): void {
    if (!this.#inHeader) return
    const room = Math.min(MAX_HEADER_OCTETS - this.#headerKept, MAX_TOTAL_HEADER_OCTETS - this.#headersTotal)
    const length = Math.min(end - this.#headerFrom, room)
    if (length > 0) {
      this.#headerPieces.push(Buffer.from(octets.subarray(this.#headerFrom, this.#headerFrom + length)))
      this.#headerKept += length
      this.#headersTotal += length
    }
    this.#headerFrom = end
  }

  /** The text of the header that ends at `end` of the chunk at hand. */
  #headerText(octets: Buffer, end: number): string {
    if (this.#headerPieces.length > 0) {
      this.#keepHeader(octets, end)
      return toText(Buffer.concat(this.#headerPieces))
    }
    const room = Math.min(MAX_HEADER_OCTETS, MAX_TOTAL_HEADER_OCTETS - this.#headersTotal)
    const length = Math.max(0, Math.min(end - this.#headerFrom, room))
    this.#headersTotal += length
    return toText(octets, this.#headerFrom, this.#headerFrom + length)
  }

  /** `text` is the header of the innermost part, whose body begins at `offset`. */
  #finishHeader(text: string, offset: number): void {
    const part = this.#top
    this.#headerPieces = []
    this.#inHeader = false
    part.body = offset
    part.linesBefore = this.#feeds
    const spans = fieldSpans(text)
    takeHeader(part, readPartHeader(text, spans, part.inDigest))
    if (part.isMessage) part.envelope = renderEnvelope(envelopeFields(text, spans))
    if (part === this.#root) {
      this.#rootHeader = { text, spans }
      this.#ids = threadIds(text, spans)
    }
    this.#begin(part)
  }

  #begin(part: PartBuilder): void {
    if (this.#headersTotal >= MAX_TOTAL_HEADER_OCTETS) return makeOpaque(part)
    const boundary = part.boundary
    const isMessage = part.type === 'message' && (part.subtype === 'rfc822' || part.subtype === 'global')
    if (part.type === 'text') this.#counting++
    if (boundary === undefined && !isMessage) return
    if (part.depth >= MAX_DEPTH || this.#parts >= MAX_PARTS) return makeOpaque(part)
    this.#counting++
    if (boundary !== undefined) {
      part.kind = 'multipart'
      this.#boundaries.open(boundary, this.#open.length - 1)
    } else {
      part.kind = 'message'
      this.#enter(part, newPart(part.body, part.depth + 1, true, false))
    }
  }

  /** Ends the open parts from level `level` on at `offset`, before which a line end of `lineBreak` octets stands. */
  #closeDownTo(level: number, offset: number, lineBreak: number): void {
    // An unfinished header ends here; that of a message part begins another.
    while (this.#inHeader && this.#open.length > level) this.#finishHeader(toText(Buffer.concat(this.#headerPieces)), offset)
    let inner = 0
    while (this.#open.length > level) {
      const part = this.#open.pop() ?? this.#root
      part.end = Math.max(part.body, offset - lineBreak, inner)
      part.lines = this.#feeds - part.linesBefore - (lineBreak > 0 && part.end < offset ? 1 : 0)
      inner = part.end
      this.#close(part)
    }
    this.#top = this.#open[this.#open.length - 1] ?? this.#root
  }

  #close(part: PartBuilder): void {
    if (part.kind === 'message' || part.type === 'text') {
      this.#counting--
      return
    }
    if (part.kind === 'multipart' && part.children.length === 0) {
      // `body` of RFC 3501 section 9 needs a part, and a reader wants to see what is there.
      this.#counting--
      part.children.push(this.#plainChild(part))
    }
    if (part.boundary !== undefined) this.#boundaries.close(part.boundary)
    part.lines = 0
  }

  #plainChild(multipart: PartBuilder): PartBuilder {
    const child = newPart(multipart.body, multipart.depth + 1, false, false)
    takeHeader(child, readPartHeader('', [], false))
    child.end = multipart.end
    child.lines = multipart.lines
    return child
  }
}

function findFeed(octets: Buffer, at: number): number {
  const soft = Math.min(octets.length, at + SHORT_LINE)
  while (at < soft && octets[at] !== LF) at++
  if (at < soft) return at
  return at < octets.length ? octets.indexOf(LF, at) : -1
}
