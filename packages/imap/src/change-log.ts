import type { ModSeq } from '@mailstead/store'
import { indexOf } from './ascending.ts'

export interface FlagsEntry {
  readonly kind: 'flags'
  readonly uids: Uint32Array
  /** The act that did it; `undefined` when it is not known, or may be several. */
  readonly modSeq: ModSeq | undefined
}

/** Messages that are gone, with the flags and modseqs they had. Ascending; keywords are KEYWORD_WORDS a message. */
export interface Ghosts {
  readonly uids: Uint32Array
  readonly modSeqs: Float64Array
  readonly system: Uint8Array
  readonly keywords: Uint32Array | undefined
}

/** One of them. */
export interface Ghost {
  readonly ghosts: Ghosts
  readonly at: number
}

export type LogEntry = FlagsEntry | ({ readonly kind: 'expunged' } & Ghosts)

/** UIDs that all entries together may name; beyond it a view is better off comparing. */
const MAX_UIDS = 200_000

/**
 * What has happened to a mailbox's messages, for views that have not told their clients yet. Entries have ever-growing
 * numbers; the oldest are dropped, and a view that needed them sees so by `start`. Arrivals need no entry: they are
 * what stands behind a view's last UID.
 */
export class ChangeLog {
  readonly #limit: number
  #entries: LogEntry[] = []
  #start = 0
  #uids = 0
  #expunges = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The number of the oldest entry that is still here. */
  get start(): number {
    return this.#start
  }

  /** The number the next entry will get. */
  get end(): number {
    return this.#start + this.#entries.length
  }

  /** How many entries of expunged messages there ever were. */
  get expunges(): number {
    return this.#expunges
  }

  at(number: number): LogEntry | undefined {
    return this.#entries[number - this.#start]
  }

  /** The message as it was when it left; `undefined` when no entry from number `from` on knows of it. */
  ghost(uid: number, from: number): Ghost | undefined {
    for (let number = this.end - 1; number >= Math.max(this.#start, from); number--) {
      const entry = this.at(number)
      if (entry?.kind !== 'expunged') continue
      const at = indexOf(entry.uids, entry.uids.length, uid)
      if (at !== -1) return { ghosts: entry, at }
    }
    return undefined
  }

  /** Changes of flags from number `from` on. */
  *flagsFrom(from: number): Iterable<FlagsEntry> {
    for (let number = from; number < this.end; number++) {
      const entry = this.at(number)
      if (entry?.kind === 'flags') yield entry
    }
  }

  /** UIDs of the messages that left, from number `from` on; ascending. */
  goneFrom(from: number): Uint32Array {
    const acts = this.#entries.slice(Math.max(0, from - this.#start)).flatMap((entry) => (entry.kind === 'expunged' ? [entry.uids] : []))
    const [only] = acts
    if (only !== undefined && acts.length === 1) return only
    const all = new Uint32Array(acts.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const uids of acts) {
      all.set(uids, at)
      at += uids.length
    }
    return all.sort()
  }

  addFlags(uids: Uint32Array, modSeq: ModSeq | undefined): void {
    this.#add({ kind: 'flags', uids, modSeq })
  }

  addExpunged(ghosts: Ghosts): void {
    this.#expunges++
    this.#add({ kind: 'expunged', ...ghosts })
  }

  /** Forgets everything; numbers go on. */
  clear(): void {
    this.#start = this.end
    this.#entries = []
    this.#uids = 0
  }

  #add(entry: LogEntry): void {
    this.#entries.push(entry)
    this.#uids += entry.uids.length
    if (this.#entries.length <= this.#limit && this.#uids <= MAX_UIDS) return
    // A good piece at once, so that not every change moves the whole list.
    const dropped = this.#entries.splice(0, Math.ceil(this.#entries.length / 4))
    for (const { uids } of dropped) this.#uids -= uids.length
    this.#start += dropped.length
  }
}
