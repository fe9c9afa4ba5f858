import { FoldReader, foldCase, readHeader, TextReader, type Part } from '@mailstead/mime'
import type { FetchedMessage } from '../fetch/message.ts'
import type { Pace } from '../pace.ts'
import { fieldText } from './field-text.ts'
import { FIELDS_A_STEP, MAX_HEADER, SLICE } from './limits.ts'
import { Finder, type Needle } from './needle.ts'

/** A stretch of the blob that holds text. */
interface Passage {
  readonly kind: 'header' | 'text'
  readonly part: Part
  /** Outside of the body: only needles for the whole `message` are looked for. */
  readonly outside: boolean
}

/** Which of the needles stand in the message. Reads it once, in slices, only where there is text, and only until all are found. */
export async function findNeedles(message: FetchedMessage, needles: readonly Needle[], pace: Pace): Promise<ReadonlySet<Needle>> {
  const search = new NeedleSearch(needles)
  const structure = await message.structure()
  search.begin(true)
  await search.header(message.row.prefix, pace)
  const octets = new Window(message)
  for (const { kind, part, outside } of passages(structure, true)) {
    if (search.done) break
    search.begin(outside)
    if (search.idle) continue
    if (kind === 'header') await search.header(await octets.gather(part.header, Math.min(part.body, part.header + MAX_HEADER)), pace)
    else await readText(part, octets, search, pace)
    await pace.pause()
  }
  return search.found
}

/** In the order of their octets. */
function* passages(part: Part, outside: boolean): Generator<Passage> {
  if (part.body > part.header) yield { kind: 'header', part, outside }
  if (isText(part)) yield { kind: 'text', part, outside: false }
  for (const child of part.children) {
    // The header of an attached message is content, that of a part is wrapping.
    yield* passages(child, part.kind !== 'message')
  }
}

/** Text, the reports of message/delivery-status and the like, and what was too deep or too much to be taken apart. */
function isText(part: Part): boolean {
  if (part.kind === 'opaque') return part.type === 'text' || part.type === 'message' || part.type === 'multipart'
  return part.kind === 'leaf' && (part.type === 'text' || part.type === 'message')
}

async function readText(part: Part, octets: Window, search: NeedleSearch, pace: Pace): Promise<void> {
  const reader = new TextReader(part)
  const fold = new FoldReader()
  for (let at = part.body; at < part.end && !search.idle;) {
    const slice = await octets.slice(at, Math.min(part.end, at + SLICE))
    at += slice.length
    search.text(fold.write(reader.write(slice)))
    await pace.pause()
  }
  search.text(fold.write(reader.end()) + fold.end())
}

/** The chunk of the blob that was read last: neighbouring parts do not each ask the store. */
class Window {
  readonly #message: FetchedMessage
  #chunk: Awaited<ReturnType<FetchedMessage['chunkAt']>> = { start: 0, octets: new Uint8Array(0) }

  constructor(message: FetchedMessage) {
    this.#message = message
  }

  /** Octets from `start` on, at least one and none from `end` on. */
  async slice(start: number, end: number): Promise<Uint8Array> {
    if (start < this.#chunk.start || start >= this.#chunk.start + this.#chunk.octets.length) {
      this.#chunk = await this.#message.chunkAt(start)
    }
    return this.#chunk.octets.subarray(start - this.#chunk.start, end - this.#chunk.start)
  }

  async gather(start: number, end: number): Promise<Uint8Array> {
    const slices: Uint8Array[] = []
    for (let at = start; at < end;) {
      const slice = await this.slice(at, end)
      slices.push(slice)
      at += slice.length
    }
    return slices.length === 1 ? (slices[0] ?? new Uint8Array(0)) : Buffer.concat(slices)
  }
}

/** The needles, and which of them were found so far. */
class NeedleSearch {
  readonly found = new Set<Needle>()
  readonly #finders: ReadonlyMap<Needle, Finder>
  #wanted: readonly Needle[] = []

  constructor(needles: readonly Needle[]) {
    this.#finders = new Map(needles.map((needle) => [needle, new Finder(needle.text)]))
    for (const needle of needles) if (needle.text === '') this.found.add(needle)
  }

  get done(): boolean {
    return this.found.size === this.#finders.size
  }

  /** Nothing that is still looked for can stand in the passage at hand. */
  get idle(): boolean {
    return this.#wanted.every((needle) => this.found.has(needle))
  }

  /** Another passage, in which nothing continues. */
  begin(outside: boolean): void {
    this.#wanted = [...this.#finders.keys()].filter((needle) => !this.found.has(needle) && (!outside || needle.place === 'message'))
    for (const needle of this.#wanted) this.#finders.get(needle)?.restart()
  }

  text(slice: string): void {
    if (slice === '') return
    for (const needle of this.#wanted) {
      if (!this.found.has(needle) && this.#finders.get(needle)?.found(slice) === true) this.found.add(needle)
    }
  }

  async header(octets: Uint8Array, pace: Pace): Promise<void> {
    for (const [index, field] of readHeader(octets).entries()) {
      this.text(foldCase(`${field.name}: ${fieldText(field)}\n`))
      if (index % FIELDS_A_STEP === FIELDS_A_STEP - 1) await pace.pause()
    }
  }
}
