import { fieldText } from './field-text.ts'
import { FoldReader, foldCase } from './fold.ts'
import { readHeader, type HeaderField } from './header.ts'
import { MAX_HEADER_OCTETS } from './limits.ts'
import type { Part } from './part.ts'
import { TextReader } from './text-reader.ts'

/** Changes whenever the same message gives another text: what an index holds of it is then made again. */
export const TEXT_VERSION = 3

/** A stored message to read the text of. */
export interface TextSource {
  /** What stands in front of the blob. */
  readonly prefix: Uint8Array
  readonly structure: Part
  /** The octets around `offset`, which lies within the blob, and where they begin: as many as one read gives. */
  chunkAt(offset: number): { readonly start: number; readonly octets: Uint8Array }
}

/** `header`: the message's own; `wrapping`: the headers of its parts; `content`: its texts, and headers of attached messages. */
export type TextPlace = 'header' | 'wrapping' | 'content'

/** Some of a message's text, as `foldCase` leaves it. */
export interface TextSlice {
  readonly text: string
  readonly place: TextPlace
  /** Nothing of the slice before goes on in this one. */
  readonly begins: boolean
  /** Of the message's own header: the field that `text` shows, its name as it is folded. */
  readonly field?: { readonly name: string; readonly value: string }
}

/** Octets of text that are decoded and folded at once. */
const SLICE = 16 * 1024

interface Passage {
  readonly part: Part
  readonly isHeader: boolean
  readonly place: TextPlace
}

/** All text of a message in the order of its octets, in slices; of what `wants` says no to nothing is read. Throws what `chunkAt` throws. */
export function* readTexts(source: TextSource, wants: (place: TextPlace) => boolean = () => true): Generator<TextSlice> {
  const octets = new Octets(source)
  if (wants('header')) yield* headerSlices(source.prefix, 'header', true)
  for (const { part, isHeader, place } of passages(source.structure, 'header')) {
    if (!wants(place)) continue
    if (!isHeader) {
      yield* textSlices(part, octets, wants)
      continue
    }
    const header = octets.gather(part.header, Math.min(part.body, part.header + MAX_HEADER_OCTETS))
    yield* headerSlices(header, place, part !== source.structure)
  }
}

function* passages(part: Part, place: TextPlace): Generator<Passage> {
  if (part.body > part.header) yield { part, isHeader: true, place }
  if (isText(part)) yield { part, isHeader: false, place: 'content' }
  // The header of an attached message is content, that of a part is wrapping.
  for (const child of part.children) yield* passages(child, part.kind === 'message' ? 'content' : 'wrapping')
}

/** Text, the reports of message/delivery-status and the like, and what was too deep or too much to be taken apart. */
function isText(part: Part): boolean {
  if (part.kind === 'opaque') return part.type === 'text' || part.type === 'message' || part.type === 'multipart'
  return part.kind === 'leaf' && (part.type === 'text' || part.type === 'message')
}

function* headerSlices(header: Uint8Array, place: TextPlace, begins: boolean): Generator<TextSlice> {
  for (const field of readHeader(header)) {
    yield { ...slice(field, place), begins }
    begins = false
  }
}

function slice(field: HeaderField, place: TextPlace): Omit<TextSlice, 'begins'> {
  const name = foldCase(field.name)
  const value = foldCase(fieldText(field))
  const text = `${name}: ${value}\n`
  return place === 'header' ? { text, place, field: { name, value } } : { text, place }
}

function* textSlices(part: Part, octets: Octets, wants: (place: TextPlace) => boolean): Generator<TextSlice> {
  const reader = new TextReader(part)
  const fold = new FoldReader()
  let begins = true
  for (let at = part.body; at < part.end;) {
    const piece = octets.at(at, Math.min(part.end, at + SLICE))
    at += piece.length
    yield { text: fold.write(reader.write(piece)), place: 'content', begins }
    begins = false
    if (!wants('content')) return
  }
  yield { text: fold.write(reader.end()) + fold.end(), place: 'content', begins }
}

/** The chunk of the blob that was read last: neighbouring parts do not each ask for it. */
class Octets {
  readonly #source: TextSource
  #chunk: ReturnType<TextSource['chunkAt']> = { start: 0, octets: new Uint8Array(0) }

  constructor(source: TextSource) {
    this.#source = source
  }

  /** Octets from `start` on, at least one and none from `end` on. */
  at(start: number, end: number): Uint8Array {
    if (start < this.#chunk.start || start >= this.#chunk.start + this.#chunk.octets.length) this.#chunk = this.#source.chunkAt(start)
    return this.#chunk.octets.subarray(start - this.#chunk.start, end - this.#chunk.start)
  }

  gather(start: number, end: number): Uint8Array {
    const pieces: Uint8Array[] = []
    for (let at = start; at < end;) {
      const piece = this.at(at, end)
      pieces.push(piece)
      at += piece.length
    }
    return pieces.length === 1 ? (pieces[0] ?? new Uint8Array(0)) : Buffer.concat(pieces)
  }
}
