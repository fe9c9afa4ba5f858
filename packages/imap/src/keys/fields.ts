import type { FieldName, KeyBatch, MailStore } from '@mailstead/store'
import { lowerBound } from '../ascending.ts'
import type { Pace } from '../pace.ts'
import { KeyColumn, type KeySource } from './column.ts'
import { FIELD_OCTETS, FIELDS_A_BATCH, FIELDS_AT_ONCE, OCTETS_A_SCAN, SEARCHES_BEFORE } from './limits.ts'
import { inSlices, missingIn } from './slices.ts'
import { distinct } from './texts.ts'

/** Behind each field (see `KeyName`) and behind each text: no text has it, so that nothing is found across an end. */
const END = 255

/** A text that is looked for in a field, not empty and as `foldCase` leaves it. */
export interface FieldNeedle {
  readonly name: FieldName
  readonly text: string
}

/** What a field says in the messages of a mailbox, as SEARCH compares it. Reading it costs as much as a dozen searches by the index. */
export class FieldColumn extends KeyColumn {
  /** Each text, most of them once. */
  #texts: Buffer = Buffer.alloc(0)
  /** By text: behind it. */
  #ends = new Uint32Array(0)
  /** By the place of the message: its text. */
  #which = new Uint32Array(0)
  /** How many messages were asked about since they were read. */
  #asked: number
  #isCut = false

  protected override readonly batch = FIELDS_A_BATCH

  /** `unasked`: so many messages more have to be asked about before any are read. */
  constructor(source: KeySource, unasked = 0) {
    super(source)
    this.#asked = -unasked
  }

  override get octets(): number {
    return this.#texts.length + this.#ends.length * 4 + this.#which.length * 8
  }

  /** It is no use: more would be too much, or some text was. */
  override get isFull(): boolean {
    return this.#isCut || this.octets > FIELD_OCTETS
  }

  /** What a search of the UIDs (ascending) comes to: all are known, the few that are not are to be read first, or it goes without the column, which may be read meanwhile. */
  async due(uids: Uint32Array, pace: Pace): Promise<'known' | 'read' | 'read-meanwhile' | 'without'> {
    const { length: missing } = await missingIn(this.uids, uids, pace)
    if (missing === 0) return 'known'
    this.#asked += uids.length
    if (this.#asked < missing * SEARCHES_BEFORE) return 'without'
    return missing <= FIELDS_AT_ONCE ? 'read' : 'read-meanwhile'
  }

  override load(store: MailStore, uids: Uint32Array): Promise<void> {
    this.#asked = 0
    return super.load(store, uids)
  }

  /** UIDs of the messages that have `text`, which is not empty and as `foldCase` leaves it, in one such field. */
  async containing(text: string, pace: Pace): Promise<ReadonlySet<number>> {
    const [uids, which] = [this.uids, this.#which]
    const has = await this.#textsWith(Buffer.from(text), pace)
    const found = new Set<number>()
    await inSlices(uids.length, pace, (from, to) => {
      for (let at = from; at < to; at++) if (has[which[at] ?? 0] === 1) found.add(uids[at] ?? 0)
    })
    return found
  }

  /** By text: 1 where it has the octets. */
  async #textsWith(octets: Buffer, pace: Pace): Promise<Uint8Array> {
    const [texts, ends] = [this.#texts, this.#ends]
    const has = new Uint8Array(ends.length)
    let from = 0
    for (let start = 0; start < texts.length; start += OCTETS_A_SCAN) {
      // What begins within the slice may end behind it.
      const end = start + OCTETS_A_SCAN
      const slice = texts.subarray(0, end + octets.length - 1)
      for (let at = slice.indexOf(octets, Math.max(start, from)); at !== -1; at = slice.indexOf(octets, from)) {
        const found = lowerBound(ends, ends.length, at + 1)
        has[found] = 1
        from = ends[found] ?? texts.length
        if (from >= end) break
      }
      await pace.pause()
    }
    return has
  }

  protected override async merge(added: KeyBatch, from: Uint32Array, pace: Pace): Promise<() => void> {
    const fresh = await distinct(added, pace)
    const [old, count] = [this.#which, this.#ends.length]
    const { texts, ends } = await this.#joined(fresh.texts, pace)
    const which = new Uint32Array(from.length)
    await inSlices(from.length, pace, (start, end) => {
      for (let at = start; at < end; at++) {
        const place = from[at] ?? 0
        which[at] = place < old.length ? (old[place] ?? 0) : count + (fresh.which[place - old.length] ?? 0)
      }
    })
    return () => {
      this.#texts = texts
      this.#ends = ends
      this.#which = which
      this.#isCut ||= added.numbers.includes(1)
    }
  }

  /** With more texts behind those that there are. */
  async #joined(more: readonly string[], pace: Pace): Promise<{ texts: Buffer; ends: Uint32Array<ArrayBuffer> }> {
    const count = this.#ends.length
    const ends = new Uint32Array(count + more.length)
    ends.set(this.#ends)
    let size = this.#texts.length
    for (const [at, text] of more.entries()) ends[count + at] = size += text.length + 1
    const texts = Buffer.alloc(size, END)
    texts.set(this.#texts)
    await inSlices(more.length, pace, (from, to) => {
      for (let at = from; at < to; at++) texts.write(more[at] ?? '', ends[count + at - 1] ?? 0, 'latin1')
    })
    return { texts, ends }
  }
}
