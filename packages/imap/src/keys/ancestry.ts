import type { KeyBatch } from '@mailstead/store'
import type { Pace } from '../pace.ts'
import { KeyColumn } from './column.ts'
import { IdNumbers, ID_WORDS } from './id-numbers.ts'
import { inSlices } from './slices.ts'

/** Ids of the messages `uids` by their numbers, 0 being none: each one's own, and from ends[i-1] to ends[i] those it refers to. */
export interface Ancestries {
  readonly uids: Uint32Array
  readonly own: Uint32Array
  readonly ends: Uint32Array
  readonly references: Uint32Array
}

const NOTHING: Omit<Ancestries, 'uids'> = { own: new Uint32Array(0), ends: new Uint32Array(0), references: new Uint32Array(0) }

/** Message-ID and References. */
export class AncestryColumn extends KeyColumn {
  readonly #numbers = new IdNumbers()
  #all = NOTHING

  override get octets(): number {
    return this.#all.own.length * 12 + this.#all.references.length * 4 + this.#numbers.octets
  }

  all(): Ancestries {
    return { uids: this.uids, ...this.#all }
  }

  protected override async merge(added: KeyBatch, from: Uint32Array, pace: Pace): Promise<() => void> {
    const old = this.#all
    const fresh = await this.#number(added, pace)
    const own = new Uint32Array(from.length)
    const ends = new Uint32Array(from.length)
    const references = new Uint32Array(old.references.length + fresh.references.length)
    let end = 0
    await inSlices(from.length, pace, (start, stop) => {
      for (let at = start; at < stop; at++) {
        const place = from[at] ?? 0
        const [source, index] = place < old.own.length ? [old, place] : [fresh, place - old.own.length]
        own[at] = source.own[index] ?? 0
        const first = index === 0 ? 0 : (source.ends[index - 1] ?? 0)
        for (let i = first; i < (source.ends[index] ?? 0); i++) references[end++] = source.references[i] ?? 0
        ends[at] = end
      }
    })
    return () => {
      this.#all = { own, ends, references }
    }
  }

  async #number({ ends: octetEnds, octets }: KeyBatch, pace: Pace): Promise<Omit<Ancestries, 'uids'>> {
    const words = new Uint32Array(octets.slice().buffer)
    const own = new Uint32Array(octetEnds.length)
    const ends = new Uint32Array(octetEnds.length)
    const references = new Uint32Array(words.length / ID_WORDS)
    let end = 0
    await inSlices(octetEnds.length, pace, (start, stop) => {
      for (let at = start; at < stop; at++) {
        const first = at === 0 ? 0 : (octetEnds[at - 1] ?? 0) / 4
        const behind = (octetEnds[at] ?? 0) / 4
        own[at] = first < behind ? this.#numbers.of(words, first) : 0
        for (let word = first + ID_WORDS; word < behind; word += ID_WORDS) {
          const number = this.#numbers.of(words, word)
          if (number !== 0) references[end++] = number
        }
        ends[at] = end
      }
    })
    return { own, ends, references: references.slice(0, end) }
  }
}
