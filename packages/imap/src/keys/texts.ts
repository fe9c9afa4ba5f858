import type { KeyBatch } from '@mailstead/store'
import { pacedSort } from '../paced-sort.ts'
import type { Pace } from '../pace.ts'
import { KeyColumn, type Ranked } from './column.ts'
import { inSlices } from './slices.ts'

/** What a string takes beside its octets. */
const STRING = 32

/** Subjects, names and addresses, each text once. */
export class TextColumn extends KeyColumn {
  /** In their order. UTF-8, an octet per character: so they compare as the collation wants it (RFC 5051 section 2). */
  #texts: readonly string[] = []
  #textOctets = 0
  #ranks = new Uint32Array(0)
  #marks = new Uint8Array(0)

  override get octets(): number {
    return this.#ranks.length * 9 + this.#textOctets
  }

  ranked(): Ranked {
    return { uids: this.uids, ranks: this.#ranks, count: this.#texts.length }
  }

  /** What is said beside the texts, by the place of the message in `uids`: 1 for a reply. */
  get marks(): Uint8Array {
    return this.#marks
  }

  /** Whether the messages of rank 0 have no text at all. */
  get hasEmpty(): boolean {
    return this.#texts[0] === ''
  }

  protected override async merge(added: KeyBatch, from: Uint32Array, pace: Pace): Promise<() => void> {
    const fresh = await distinct(added, pace)
    const { texts, moved, placed } = await joined(this.#texts, fresh.texts, pace)
    const [old, oldMarks] = [this.#ranks, this.#marks]
    const ranks = new Uint32Array(from.length)
    const marks = new Uint8Array(from.length)
    await inSlices(from.length, pace, (start, end) => {
      for (let at = start; at < end; at++) {
        const place = from[at] ?? 0
        const isOld = place < old.length
        ranks[at] = (isOld ? moved[old[place] ?? 0] : placed[fresh.which[place - old.length] ?? 0]) ?? 0
        marks[at] = (isOld ? oldMarks[place] : added.numbers[place - old.length]) ?? 0
      }
    })
    const octets = texts.reduce((sum, text) => sum + STRING + text.length, 0)
    return () => {
      this.#texts = texts
      this.#textOctets = octets
      this.#ranks = ranks
      this.#marks = marks
    }
  }
}

/** Each text once, and which of them each message has. */
export async function distinct({ ends, octets }: KeyBatch, pace: Pace): Promise<{ texts: string[]; which: Uint32Array }> {
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.length)
  const known = new Map<string, number>()
  const which = new Uint32Array(ends.length)
  await inSlices(ends.length, pace, (from, to) => {
    for (let at = from; at < to; at++) {
      const text = buffer.toString('latin1', at === 0 ? 0 : ends[at - 1], ends[at])
      let number = known.get(text)
      if (number === undefined) known.set(text, (number = known.size))
      which[at] = number
    }
  })
  return { texts: [...known.keys()], which }
}

/** The texts of both in order, and where those of `old` and of `fresh`, which is in no order, stand now. */
async function joined(
  old: readonly string[],
  fresh: readonly string[],
  pace: Pace,
): Promise<{ texts: string[]; moved: Uint32Array; placed: Uint32Array }> {
  const order = await pacedSort(Array.from(fresh.keys()), (a, b) => compare(fresh[a] ?? '', fresh[b] ?? ''), pace)
  const texts: string[] = []
  const moved = new Uint32Array(old.length)
  const placed = new Uint32Array(fresh.length)
  let [left, right] = [0, 0]
  await inSlices(old.length + fresh.length, pace, (start, end) => {
    for (let at = start; at < end && (left < old.length || right < fresh.length); at++) {
      const [a, b] = [old[left], fresh[order[right] ?? 0]]
      const side = left >= old.length ? 1 : right >= fresh.length ? -1 : compare(a ?? '', b ?? '')
      if (side <= 0) moved[left++] = texts.length
      if (side >= 0) placed[order[right++] ?? 0] = texts.length
      texts.push((side <= 0 ? a : b) ?? '')
    }
  })
  return { texts, moved, placed }
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
