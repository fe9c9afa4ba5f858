import type { KeyBatch, KeyName, MailboxId, MailStore } from '@mailstead/store'
import { Pace } from '../pace.ts'
import { KEYS_A_BATCH, KEYS_A_MERGE, OCTETS_A_MERGE } from './limits.ts'
import { inSlices, missingIn } from './slices.ts'

/** What a column is of. */
export interface KeySource {
  readonly mailbox: MailboxId
  readonly name: KeyName
}

/** One key's messages and their place among all that are compared: equal ones have equal ranks, below `count`. */
export interface Ranked {
  readonly uids: Uint32Array
  readonly ranks: Uint32Array
  readonly count: number
}

/** Reading is nobody's alone: it waits for no client. */
const NOBODY = { drain: () => undefined }

/**
 * One key of messages of a mailbox, as far as somebody asked for it. What a UID has never changes, so it only grows.
 * Its arrays are replaced and never written to: who has them may go on with them while others read more.
 */
export abstract class KeyColumn {
  readonly #source: KeySource
  #uids = new Uint32Array(0)
  #loading: Promise<void> = Promise.resolve()

  /** Messages whose keys are asked for at once. */
  protected readonly batch: number = KEYS_A_BATCH

  constructor(source: KeySource) {
    this.#source = source
  }

  /** Whose keys are known, ascending. */
  get uids(): Uint32Array {
    return this.#uids
  }

  /** What it takes, roughly. */
  abstract get octets(): number

  /** Nothing more is read. */
  get isFull(): boolean {
    return false
  }

  /** Makes room for `added`: the new place i has what `from[i]` had, and from the old length on what was added. Returns what puts it there. */
  protected abstract merge(added: KeyBatch, from: Uint32Array, pace: Pace): Promise<() => void>

  /** Reads what is not known yet of the UIDs (ascending); those that are gone for good stay unknown. */
  load(store: MailStore, uids: Uint32Array): Promise<void> {
    // One after the other: two sessions often want the same.
    const loaded = this.#loading.then(() => this.#load(store, uids))
    this.#loading = loaded.catch(() => {})
    return loaded
  }

  async #load(store: MailStore, uids: Uint32Array): Promise<void> {
    const pace = new Pace(NOBODY)
    const missing = await missingIn(this.#uids, uids, pace)
    for (let at = 0; at < missing.length && !this.isFull;) {
      const { asked, added } = await this.#read(store, missing.subarray(at), pace)
      at += asked
      if (added.uids.length === 0) continue
      const { uids: merged, from } = await interleave(this.#uids, added.uids, pace)
      const put = await this.merge(added, from, pace)
      put()
      this.#uids = merged
    }
  }

  /** As many of the first UIDs as are merged at once. The next batch is read while one is looked at. */
  async #read(store: MailStore, uids: Uint32Array, pace: Pace): Promise<{ asked: number; added: KeyBatch }> {
    const { mailbox, name } = this.#source
    const batches: KeyBatch[] = []
    let [asked, octets] = [0, 0]
    const read = (): Promise<KeyBatch> | undefined => {
      if (asked >= Math.min(uids.length, KEYS_A_MERGE) || octets >= OCTETS_A_MERGE) return undefined
      return store.keys(mailbox, uids.slice(asked, (asked += this.batch)), name)
    }
    for (let next = read(); next !== undefined;) {
      const ahead = read()
      // Who fails before it never waits for it.
      ahead?.catch(() => {})
      const batch = await next
      batches.push(batch)
      octets += batch.octets.length
      next = ahead
      await pace.pause()
    }
    return { asked, added: joined(batches) }
  }
}

function joined(batches: readonly KeyBatch[]): KeyBatch {
  const count = batches.reduce((sum, { uids }) => sum + uids.length, 0)
  const size = batches.reduce((sum, { octets }) => sum + octets.length, 0)
  const all = { uids: new Uint32Array(count), numbers: new Float64Array(count), ends: new Uint32Array(count), octets: Buffer.alloc(size) }
  let [at, end] = [0, 0]
  for (const { uids, numbers, ends, octets } of batches) {
    all.uids.set(uids, at)
    all.numbers.set(numbers, at)
    for (const [index, own] of ends.entries()) all.ends[at + index] = end + own
    all.octets.set(octets, end)
    at += uids.length
    end += octets.length
  }
  return all
}

/** Both, ascending, and where each comes from: `old`, or, from its length on, `added`. */
async function interleave(
  old: Uint32Array,
  added: Uint32Array,
  pace: Pace,
): Promise<{ uids: Uint32Array<ArrayBuffer>; from: Uint32Array }> {
  const uids = new Uint32Array(old.length + added.length)
  const from = new Uint32Array(uids.length)
  let [left, right] = [0, 0]
  await inSlices(uids.length, pace, (start, end) => {
    for (let at = start; at < end; at++) {
      const takeOld = left < old.length && (right >= added.length || (old[left] ?? 0) < (added[right] ?? 0))
      uids[at] = (takeOld ? old[left] : added[right]) ?? 0
      from[at] = takeOld ? left++ : old.length + right++
    }
  })
  return { uids, from }
}
